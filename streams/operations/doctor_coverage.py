"""From what the probes found to the coverage matrix of a tenant. Layer: streams."""

from __future__ import annotations

from streams.operations.checks.inventory_parts import inventory_parts
from streams.operations.checks.tenant_context import TenantContext
from streams.operations.coverage import Coverage, coverage, inventory_coverage


def tenant_coverage(context: TenantContext) -> list[Coverage]:
    """A row per detector, and one for the inventory; from probes and roles that were asked for before."""
    probes = [context.probes.probe(name) for name in context.probed]
    parts = inventory_parts(context)
    return [*coverage({probe.feed: probe.state for probe in probes} | parts), inventory_coverage(parts)]

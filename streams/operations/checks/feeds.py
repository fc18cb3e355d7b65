"""Whether each enabled feed answers its smallest request. Layer: streams."""

from __future__ import annotations

from streams.operations.checks.check import Finding, Level, skip
from streams.operations.checks.inventory_parts import inventory_finding
from streams.operations.checks.tenant_context import INVENTORY, TenantContext


class Feeds:
    """One finding per feed; a content type without a subscription is told by the check of those."""

    name = "feeds"

    def run(self, context: TenantContext) -> list[Finding]:
        """Ask each feed."""
        findings = []
        for name in context.probed:
            probe = context.probes.probe(name)
            if probe.subscription is not None and probe.subscription != "enabled" and probe.level is not Level.OK:
                findings.append(skip(probe.feed, "not asked: see subscriptions"))
            else:
                findings.append(Finding(probe.level, probe.feed, probe.text, probe.remedy))
        return [*findings, inventory_finding(context)] if INVENTORY in context.feeds else findings

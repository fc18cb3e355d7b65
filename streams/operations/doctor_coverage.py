"""From what the probes found to the coverage matrix of a tenant. Layer: streams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from streams.cloud.seam import CloudError
from streams.operations.checks.needed_roles import (
    ADMINISTRATORS,
    APPLICATIONS,
    EXCHANGE,
    GRANTS,
    METHODS,
    RULES,
    USERS,
    RoleNeed,
)
from streams.operations.checks.tenant_context import TenantContext
from streams.operations.coverage import (
    FOUND_ADMINISTRATORS,
    FOUND_APPLICATIONS,
    FOUND_BY_EXCHANGE,
    FOUND_METHODS,
    FOUND_RULES,
    INVENTORY,
    Coverage,
    FeedState,
    coverage,
    inventory_coverage,
)

PARTS: Final[Mapping[str, tuple[RoleNeed, ...]]] = {
    FOUND_RULES: (RULES, USERS),
    FOUND_BY_EXCHANGE: (EXCHANGE,),
    FOUND_APPLICATIONS: (APPLICATIONS, GRANTS),
    FOUND_ADMINISTRATORS: (ADMINISTRATORS,),
    FOUND_METHODS: (METHODS, USERS),
}


def tenant_coverage(context: TenantContext) -> list[Coverage]:
    """A row per detector, and one for the inventory; from probes and roles that were asked for before."""
    probes = [context.probes.probe(name) for name in context.feeds]
    feeds = {probe.feed: probe.state for probe in probes}
    parts = {part: _part(context, part, needs) for part, needs in PARTS.items()}
    found = (parts[FOUND_RULES], parts[FOUND_BY_EXCHANGE])
    feeds[INVENTORY] = FeedState.WORKS if all(one is FeedState.WORKS for one in found) else FeedState.UNAVAILABLE
    return [*coverage(feeds), inventory_coverage(parts)]


def _part(context: TenantContext, part: str, needs: tuple[RoleNeed, ...]) -> FeedState:
    met = all(_met(context.roles(need.api), need) for need in needs)
    if part == FOUND_BY_EXCHANGE and isinstance(context.exchange_audit, CloudError):
        met = False  # the role alone is not enough: Exchange wants a role of its own
    return FeedState.WORKS if met else FeedState.UNAVAILABLE


def _met(roles: frozenset[str] | CloudError, need: RoleNeed) -> bool:
    return not isinstance(roles, CloudError) and need.met(roles)

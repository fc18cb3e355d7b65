"""From what the probes found to the coverage matrix of a tenant. Layer: streams."""

from __future__ import annotations

from streams.cloud.seam import CloudError
from streams.operations.checks.licences import SIGN_INS
from streams.operations.checks.needed_roles import (
    ADMINISTRATORS,
    APPLICATIONS,
    GRANTS,
    REGISTRATIONS,
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
    Coverage,
    FeedState,
    coverage,
    inventory_coverage,
)


def tenant_coverage(context: TenantContext) -> list[Coverage]:
    """A row per detector, and one for the inventory; from probes and roles that were asked for before."""
    probes = [context.probes.probe(name) for name in context.feeds]
    parts = _inventory(context)
    return [*coverage({probe.feed: probe.state for probe in probes} | parts), inventory_coverage(parts)]


def _inventory(context: TenantContext) -> dict[str, FeedState]:
    """What the inventory can look at, as its kinds ask."""
    exchange = context.exchange_answers
    found = {
        FOUND_RULES: exchange or _met(context, RULES, USERS),
        FOUND_BY_EXCHANGE: exchange,
        FOUND_APPLICATIONS: _met(context, APPLICATIONS, GRANTS),
        FOUND_ADMINISTRATORS: _met(context, ADMINISTRATORS),
        FOUND_METHODS: _met(context, REGISTRATIONS) and _premium(context),
    }
    return {part: FeedState.WORKS if works else FeedState.UNAVAILABLE for part, works in found.items()}


def _premium(context: TenantContext) -> bool:
    """The report of authentication methods needs the licence that sign-ins need."""
    return context.probes.probe(SIGN_INS).state is FeedState.WORKS


def _met(context: TenantContext, *needs: RoleNeed) -> bool:
    found = [(context.roles(need.api), need) for need in needs]
    return all(not isinstance(roles, CloudError) and need.met(roles) for roles, need in found)

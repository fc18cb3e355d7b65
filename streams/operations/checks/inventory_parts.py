"""What the inventory can look at in a tenant, as its kinds ask. Layer: streams."""

from __future__ import annotations

from typing import Final

from streams.cloud.seam import Api, CloudError
from streams.operations.checks.check import Finding, ok, skip, warn
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
from streams.operations.checks.tenant_context import INVENTORY, TenantContext
from streams.operations.coverage import (
    FOUND_ADMINISTRATORS,
    FOUND_APPLICATIONS,
    FOUND_BY_EXCHANGE,
    FOUND_METHODS,
    FOUND_RULES,
    FeedState,
    inventory_coverage,
)

_PARTS: Final = (FOUND_RULES, FOUND_BY_EXCHANGE, FOUND_APPLICATIONS, FOUND_ADMINISTRATORS, FOUND_METHODS)


def inventory_parts(context: TenantContext) -> dict[str, FeedState]:
    """State of each part; all off where the inventory is not among the feeds."""
    if INVENTORY not in context.feeds:
        return dict.fromkeys(_PARTS, FeedState.OFF)
    exchange = context.exchange_answers
    found = {
        FOUND_RULES: exchange or _graph(context, RULES, USERS),
        FOUND_BY_EXCHANGE: exchange,
        FOUND_APPLICATIONS: _graph(context, APPLICATIONS, GRANTS),
        FOUND_ADMINISTRATORS: _graph(context, ADMINISTRATORS),
        FOUND_METHODS: _graph(context, REGISTRATIONS) and _premium(context),
    }
    lost = FeedState.FAILING if _no_token(context) else FeedState.UNAVAILABLE
    return {part: FeedState.WORKS if works else lost for part, works in found.items()}


def inventory_finding(context: TenantContext) -> Finding:
    """The inventory among the feeds: what it may not look at."""
    if _no_token(context):
        return skip(INVENTORY, "not asked: there is no token for its APIs, see credentials")
    row = inventory_coverage(inventory_parts(context))
    if not row.missing:
        return ok(INVENTORY, "may look at everything")
    lost = "; ".join(lost for lost, _ in row.missing)
    return warn(INVENTORY, f"is not seen: {lost}", "The coverage says how to get each.")


def _no_token(context: TenantContext) -> bool:
    return all(isinstance(context.roles(api), CloudError) for api in (Api.GRAPH, Api.EXCHANGE))


def _premium(context: TenantContext) -> bool:
    """The report of authentication methods needs the licence that sign-ins need."""
    return context.probes.probe(SIGN_INS).state is FeedState.WORKS


def _graph(context: TenantContext, *needs: RoleNeed) -> bool:
    """Graph answers, and the roles are in its token."""
    roles = context.roles(Api.GRAPH)
    if isinstance(roles, CloudError) or context.cloud.silent(Api.GRAPH):
        return False
    return all(need.met(roles) for need in needs)

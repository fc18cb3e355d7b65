"""The app roles in the tokens against what the enabled feeds and the inventory need. Layer: streams."""

from __future__ import annotations

from streams.cloud.seam import Api, CloudError
from streams.operations.checks.check import Finding, Level, ok, skip
from streams.operations.checks.needed_roles import FEED_ROLES, INSTEAD_OF_EXCHANGE, INVENTORY_ROLES, OWN_ROLES, RoleNeed
from streams.operations.checks.tenant_context import INVENTORY, TenantContext


class Permissions:
    """Fails for a role that an enabled feed needs, warns for one that only the inventory needs."""

    name = "permissions"

    def run(self, context: TenantContext) -> list[Finding]:
        """Read the roles of each token."""
        by_feeds = [need for name in context.feeds for need in FEED_ROLES.get(name, ())]
        wanted = _wanted(context)
        findings: list[Finding] = []
        for api in Api:
            needs = [need for need in by_feeds if need.api is api]
            others = [need for need in wanted if need.api is api and need.any_of not in {one.any_of for one in needs}]
            roles = context.roles(api)
            if isinstance(roles, CloudError):
                findings += [skip(api.value, "there is no token to read roles from")] if needs else []
                continue
            missing = _missing(needs, roles, Level.FAIL) + _missing(others, roles, Level.WARN)
            findings += missing or [ok(api.value, _present([*needs, *others], roles))]
        return findings


def _wanted(context: TenantContext) -> list[RoleNeed]:
    """Roles without which less is seen, but every feed works."""
    if INVENTORY not in context.feeds:
        return list(OWN_ROLES)
    return [*OWN_ROLES, *INVENTORY_ROLES, *(() if context.exchange_answers else INSTEAD_OF_EXCHANGE)]


def _missing(needs: list[RoleNeed], roles: frozenset[str], level: Level) -> list[Finding]:
    """One finding per missing role, with all that is lost."""
    lost: dict[str, tuple[RoleNeed, list[str]]] = {}
    for need in needs:
        if not need.met(roles):
            held = lost.setdefault(need.any_of[0], (need, []))[1]
            if need.lost not in held:
                held.append(need.lost)
    return [
        Finding(level, f"{need.api.value}: {role}", f"missing; not seen without it: {'; '.join(texts)}", need.remedy)
        for role, (need, texts) in lost.items()
    ]


def _present(needs: list[RoleNeed], roles: frozenset[str]) -> str:
    names = dict.fromkeys(next(role for role in need.any_of if role in roles) for need in needs)
    return f"has what is needed: {', '.join(names)}" if names else "nothing is needed"

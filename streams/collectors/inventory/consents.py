"""What applications were allowed: delegated consents and roles of their own. Layer: streams."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from streams.collectors.inventory.calls import Row, listing, text_of
from streams.collectors.inventory.kind import Found, Round
from streams.collectors.inventory.unusual import Finding, consents

MICROSOFT = frozenset({"f8cdef31-a31e-4b4a-93e4-5f571e91255a", "72f988bf-86f1-41af-91ab-2d7cd011db47"})
LISTS = " principals"  # the first part, before every service principal's id
APPLICATIONS_MAX = 5_000
_FIELDS = "id,appId,displayName,appOwnerOrganizationId,verifiedPublisher,appRoles,servicePrincipalType"
USERS_MAX, SCOPES_MAX = 10, 100  # kept of each application


class Consents:
    """The kind "consents"."""

    name = "consents"
    title = "consents to applications"
    blind_spot = "what applications were allowed before the first record is not seen"
    remedy = (
        "Grant Directory.Read.All (or Application.Read.All and DelegatedPermissionGrant.Read.All) with admin consent."
    )

    def parts(self, held: Round) -> list[str]:
        """The listings, then each application that is not Microsoft's."""
        return [LISTS, *sorted(held.facts.get("applications", {}))]

    def look(self, held: Round, part: str) -> Any:
        """Service principals and consents; roles of one."""
        if part == LISTS:
            principals = listing(held.cloud, "servicePrincipals", {"$select": _FIELDS, "$top": "999"})
            return principals, listing(held.cloud, "oauth2PermissionGrants", {"$top": "999"})
        return listing(held.cloud, f"servicePrincipals/{quote(part, safe='')}/appRoleAssignments")

    def take(self, held: Round, part: str, answer: Any) -> Found:
        """Note applications with publisher, scopes, and who consented."""
        if part == LISTS:
            principals, grants = answer
            _note_applications(held, principals)
            _note_grants(held, grants)
            return Found(count=len(grants))
        names: dict[str, str] = held.facts.get("roles", {})
        roles = [text_of(row, "roleValue") or names.get(text_of(row, "appRoleId"), "") for row in answer]
        held.facts["applications"][part]["roles"] = sorted({role for role in roles if role})
        return Found(count=len(answer))

    def unusual(self, held: Round) -> list[Finding]:
        """Powerful applications of publishers that nobody else has."""
        names = held.names()
        applications = [
            {**one, "users": [names.get(user, user) for user in one["users"]]}
            for one in held.facts.get("applications", {}).values()
        ]
        return consents(applications, len(names))

    def limits(self, held: Round) -> tuple[str, str]:
        """All is seen."""
        return "", ""


def _note_applications(held: Round, principals: list[Row]) -> None:
    found: dict[str, Any] = {}
    roles: dict[str, str] = {}
    for row in principals:
        for role in row.get("appRoles") or ():
            if isinstance(role, dict) and text_of(role, "value"):
                roles[text_of(role, "id")] = text_of(role, "value")
        owner = text_of(row, "appOwnerOrganizationId").lower()
        if (
            owner in MICROSOFT
            or text_of(row, "servicePrincipalType") == "ManagedIdentity"
            or len(found) >= APPLICATIONS_MAX
        ):
            continue
        publisher = row.get("verifiedPublisher")
        found[text_of(row, "id")] = {
            "name": text_of(row, "displayName")[:120],
            "app": text_of(row, "appId"),
            "publisher": owner,
            "foreign": bool(owner) and owner != held.cloud.tenant,
            "verified": isinstance(publisher, dict) and bool(publisher.get("verifiedPublisherId")),
            "roles": [],
            "scopes": [],
            "users": [],
        }
    held.facts["applications"] = found
    held.facts["roles"] = dict(list(roles.items())[:APPLICATIONS_MAX])


def _note_grants(held: Round, grants: list[Row]) -> None:
    """Scopes that users gave each application beyond what an administrator gave it for everybody, and who they are."""
    applications, shared = held.facts["applications"], set[tuple[str, str]]()
    for row in grants:
        if text_of(row, "consentType") == "AllPrincipals":
            shared.update((text_of(row, "clientId"), scope) for scope in text_of(row, "scope").split())
    for row in grants:
        client = text_of(row, "clientId")
        beyond = {scope for scope in text_of(row, "scope").split() if (client, scope) not in shared}
        if client not in applications or not beyond or not text_of(row, "principalId"):
            continue
        one = applications[client]
        one["scopes"] = sorted({*one["scopes"], *beyond})[:SCOPES_MAX]
        if len(one["users"]) < USERS_MAX:
            one["users"] = sorted({*one["users"], text_of(row, "principalId").lower()})

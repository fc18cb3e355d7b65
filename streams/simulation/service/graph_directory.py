"""Graph's directory, read: accounts, rules, licences, applications, consents, roles, methods. Layer: streams."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from streams.simulation.clock import DAY, graph_time
from streams.simulation.service.directory import Directory
from streams.simulation.service.odata import BadQuery, parse_filter
from streams.simulation.service.pages import next_link
from streams.simulation.service.web import Reply, Request, json_reply
from streams.simulation.world.person import Person

_SKUS = {
    "P2": ("06ebc4ee-1bb5-47dd-8120-11324bc54e06", "SPE_E5", ("AAD_PREMIUM", "AAD_PREMIUM_P2", "EXCHANGE_S_ENTERPRISE",
                                                              "M365_ADVANCED_AUDITING")),
    "P1": ("05e9a617-0261-4cee-bb44-138d3ef5d965", "SPE_E3", ("AAD_PREMIUM", "EXCHANGE_S_ENTERPRISE")),
    "": ("3b555118-da6a-4418-894f-7df1e2096870", "O365_BUSINESS_ESSENTIALS", ("EXCHANGE_S_STANDARD",)),
}  # fmt: skip
_MOST = 999


@dataclass(frozen=True, slots=True)
class Query:
    """What a read asks of the directory."""

    directory: Directory
    request: Request
    licences: frozenset[str]
    base: str
    version: str
    now_ms: int
    names: tuple[str, ...] = ()
    roles: frozenset[str] = frozenset()


Rows = list[dict[str, Any]]
Reader = Callable[[Query], Rows | dict[str, Any] | None]


def sku_of(licences: frozenset[str]) -> tuple[str, str, tuple[str, ...]]:
    """The licence that the accounts have."""
    return _SKUS["P2" if "P2" in licences else "P1" if "P1" in licences else ""]


def user_body(query: Query, person: Person) -> dict[str, Any]:
    """An account as Graph shows it."""
    directory, tenant = query.directory, query.directory.tenant
    made = tenant.start - 400 * DAY if person.joins == 0 else tenant.start + person.joins * DAY
    valid = directory.sessions_from.get(person.index, made)
    return {
        "id": person.object_id,
        "displayName": person.display,
        "givenName": person.first,
        "surname": person.last,
        "userPrincipalName": person.upn,
        "mail": person.upn,
        "proxyAddresses": [f"SMTP:{person.upn}", f"smtp:{person.alias}@{tenant.org_name}"],
        "userType": "Member",
        "accountEnabled": directory.enabled(person, query.now_ms),
        "createdDateTime": graph_time(made),
        "signInSessionsValidFromDateTime": graph_time(valid),
        "onPremisesSyncEnabled": None,
        "assignedLicenses": [] if person.kind == "shared" else [{"skuId": sku_of(query.licences)[0],
                                                                 "disabledPlans": []}],
    }  # fmt: skip


def _people(query: Query) -> list[Person]:
    return [person for person in query.directory.people if query.directory.exists(person, query.now_ms)]


def users(query: Query) -> Rows:
    """All accounts."""
    return [user_body(query, person) for person in _people(query)]


def user(query: Query) -> dict[str, Any] | None:
    """One account by id or UPN."""
    person = query.directory.find(query.names[0])
    return None if person is None else user_body(query, person)


def message_rules(query: Query) -> Rows | None:
    """The rules that Graph shows: hidden ones it does not."""
    person = query.directory.find(query.names[0])
    if person is None:
        return None
    shown = [rule for rule in query.directory.mailbox(person).rules if not rule.hidden]
    return [rule.graph(number) for number, rule in enumerate(shown, 1)]


def message_rule(query: Query) -> dict[str, Any] | None:
    """One rule."""
    rows = message_rules(query)
    return None if rows is None else next((row for row in rows if row["id"] == query.names[1]), None)


def methods(query: Query) -> Rows | None:
    """Authentication methods of an account."""
    person = query.directory.find(query.names[0])
    return None if person is None else list(query.directory.methods[person.index])


def organization(query: Query) -> Rows:
    """The tenant itself."""
    tenant = query.directory.tenant
    domains = [(tenant.domain, True, False), (tenant.org_name, False, True)]
    return [{
        "id": tenant.org_id,
        "displayName": tenant.short.title(),
        "countryLetterCode": tenant.country,
        "tenantType": "AAD",
        "verifiedDomains": [
            {"name": name, "isDefault": default, "isInitial": initial, "type": "Managed",
             "capabilities": "Email, OfficeCommunicationsOnline"} for name, default, initial in domains
        ],
        "assignedPlans": [{"service": name, "capabilityStatus": "Enabled"} for name in sku_of(query.licences)[2]],
    }]  # fmt: skip


def subscribed_skus(query: Query) -> Rows:
    """The licences bought."""
    identity, name, plans = sku_of(query.licences)
    count = len(query.directory.people)
    return [{
        "id": f"{query.directory.tenant.org_id}_{identity}", "skuId": identity, "skuPartNumber": name,
        "capabilityStatus": "Enabled", "consumedUnits": count,
        "prepaidUnits": {"enabled": count + 5, "suspended": 0, "warning": 0},
        "servicePlans": [{"servicePlanName": plan, "provisioningStatus": "Success"} for plan in plans],
    }]  # fmt: skip


def principals(query: Query) -> Rows:
    """Service principals."""
    return query.directory.applications.principals


def principal(query: Query) -> dict[str, Any] | None:
    """One service principal."""
    return query.directory.principal(query.names[0])


def role_assignments(query: Query) -> Rows | None:
    """Application roles that a service principal holds."""
    if query.directory.principal(query.names[0]) is None:
        return None
    return [role for role in query.directory.applications.roles if role["principalId"] == query.names[0]]


def registered(query: Query) -> Rows:
    """Application objects, with their credentials."""
    return query.directory.applications.registered


def grants(query: Query) -> Rows:
    """Delegated consents."""
    resource = query.directory.resource_principal()
    return [grant.body(resource) for grant in query.directory.applications.grants]


def directory_roles(query: Query) -> Rows:
    """Roles that have been activated; their id is the template's here."""
    return [
        {"id": template, "displayName": name, "roleTemplateId": template} for template, name, _ in query.directory.roles
    ]


def role_members(query: Query) -> Rows | None:
    """Who holds a role."""
    for template, _, members in query.directory.roles:
        if template == query.names[0]:
            people = query.directory.people
            return [{"@odata.type": "#microsoft.graph.user"} | user_body(query, people[index]) for index in members]
    return None


def registrations(query: Query) -> Rows:
    """How each account may prove itself."""
    found: Rows = []
    for person in _people(query):
        kinds = [str(method["@odata.type"]).rpartition(".")[2].removesuffix("AuthenticationMethod")
                 for method in query.directory.methods[person.index]]  # fmt: skip
        strong = [kind for kind in kinds if kind != "password"]
        found.append({
            "id": person.object_id, "userPrincipalName": person.upn, "userDisplayName": person.display,
            "userType": "member", "isAdmin": person.kind == "admin", "isMfaRegistered": bool(strong),
            "isMfaCapable": bool(strong), "isPasswordlessCapable": False, "isSsprRegistered": bool(strong),
            "methodsRegistered": strong, "lastUpdatedDateTime": graph_time(query.now_ms),
        })  # fmt: skip
    return found


def listing(query: Query, rows: Rows, path: str) -> Reply:
    """A page of a list: `$filter`, `$select`, `$top`, `$skiptoken`; `BadQuery`."""
    asked = query.request.query
    conditions = parse_filter(asked.get("$filter", ""), "")
    rows = [row for row in rows if all(condition.holds(row) for condition in conditions.conditions)]
    text, token = asked.get("$top", "100"), asked.get("$skiptoken", "0")
    if not text.isdecimal() or not 1 <= int(text) <= _MOST or not token.isdecimal():
        raise BadQuery("Invalid page size or skip token.")
    top, index = int(text), int(token)
    body: dict[str, Any] = {"@odata.context": f"{query.base}/{query.version}/$metadata#{path}"}
    if index + top < len(rows):
        body["@odata.nextLink"] = next_link(query.base, query.request, str(index + top))
    body["value"] = [selected(row, asked.get("$select", "")) for row in rows[index : index + top]]
    return json_reply(200, body)


def selected(row: dict[str, Any], names: str) -> dict[str, Any]:
    """The members that `$select` names (all without it)."""
    wanted = {name.strip() for name in names.split(",") if name.strip()}
    return row if not wanted else {name: value for name, value in row.items() if name in wanted or name[0] == "@"}

"""Applications of the tenant as the directory shows them: principals, credentials, consents, roles. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from streams.simulation.chance import Chance, chance
from streams.simulation.clock import DAY, graph_time
from streams.simulation.life.applications import Application, tenant_applications
from streams.simulation.service.options import TenantOptions
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant

TRACE_APP = "8bd644d1-64a1-4d4b-ae52-2e0cbf64e373"
GRAPH_APP = "00000003-0000-0000-c000-000000000000"
OWN_NAME = "Watchpost"
_MICROSOFT = "f8cdef31-a31e-4b4a-93e4-5f571e91255a"


@dataclass(slots=True)
class Grant:
    """A delegated consent: the client's service principal, one user or all (`principal` empty), and its scopes."""

    id: str
    client: str
    principal: str
    scope: str

    def body(self, resource: str) -> dict[str, Any]:
        """As Graph shows it."""
        return {"id": self.id, "clientId": self.client, "consentType": "Principal" if self.principal else "AllPrincipals",
                "principalId": self.principal or None, "resourceId": resource, "scope": self.scope}  # fmt: skip


@dataclass(slots=True)
class Applications:
    """Service principals and application objects, application roles, delegated grants."""

    principals: list[dict[str, Any]] = field(default_factory=list)
    registered: list[dict[str, Any]] = field(default_factory=list)
    roles: list[dict[str, Any]] = field(default_factory=list)
    grants: list[Grant] = field(default_factory=list)


def draw_applications(
    tenant: Tenant, people: list[Person], options: TenantOptions, client_id: str, principal_id: str
) -> Applications:
    """The applications as they are when the data begins, our own among them."""
    rng = chance(tenant.seed, "principals")
    found = Applications()
    graph = principal_body(rng.guid(), GRAPH_APP, "Microsoft Graph", _MICROSOFT, tenant.start)
    own = principal_body(principal_id, client_id, OWN_NAME, tenant.org_id, tenant.start)
    trace = principal_body(rng.guid(), TRACE_APP, "Exchange message trace", _MICROSOFT, tenant.start)
    found.principals = [graph, own, *([trace] if options.trace_principal else [])]
    _register(found, own, rng, [_password(rng, "collector", tenant.start - 20 * DAY, 365)], [])
    for application in tenant_applications(tenant):
        _add(found, tenant, application, rng, str(graph["id"]))
    crm = tenant_applications(tenant)[0].principal.object_id
    found.grants.append(Grant(rng.token(), crm, "", "User.Read Contacts.Read"))
    for person in people:
        if person.kind == "user" and rng.happens(0.1):
            found.grants.append(Grant(rng.token(), crm, person.object_id, "Mail.Read offline_access"))
    return found


def _add(found: Applications, tenant: Tenant, application: Application, rng: Chance, resource: str) -> None:
    who = application.principal
    body = principal_body(who.object_id, who.app_id, who.name, tenant.org_id, tenant.start)
    found.principals.append(body)
    if application.credential == "managedIdentity":
        body["servicePrincipalType"] = "ManagedIdentity"
    elif application.credential == "certificate":
        _register(found, body, rng, [], [_certificate(rng, who.name, tenant.start - 90 * DAY)])
    else:
        _register(found, body, rng, [_password(rng, "key", tenant.start - 200 * DAY, 730)], [])
    for role in application.roles:
        found.roles.append({
            "id": rng.token(), "appRoleId": rng.guid(), "principalId": who.object_id, "principalDisplayName": who.name,
            "principalType": "ServicePrincipal", "resourceDisplayName": "Microsoft Graph", "resourceId": resource,
            "roleValue": role, "createdDateTime": graph_time(tenant.start - 200 * DAY),
        })  # fmt: skip


def _register(
    found: Applications, body: dict[str, Any], rng: Chance, passwords: list[dict[str, Any]], keys: list[dict[str, Any]]
) -> None:
    """The application object behind a service principal of this tenant; the credentials are there, as in Entra."""
    found.registered.append({
        "id": rng.guid(), "appId": body["appId"], "displayName": body["displayName"], "signInAudience": "AzureADMyOrg",
        "createdDateTime": body["createdDateTime"], "publisherDomain": None, "passwordCredentials": passwords,
        "keyCredentials": keys,
    })  # fmt: skip


def _password(rng: Chance, name: str, start: int, days: int) -> dict[str, Any]:
    return {"keyId": rng.guid(), "displayName": name, "hint": rng.token()[:3], "startDateTime": graph_time(start),
            "endDateTime": graph_time(start + days * DAY), "customKeyIdentifier": None, "secretText": None}  # fmt: skip


def _certificate(rng: Chance, name: str, start: int) -> dict[str, Any]:
    return {"keyId": rng.guid(), "displayName": f"CN={name}", "type": "AsymmetricX509Cert", "usage": "Verify",
            "customKeyIdentifier": rng.hexadecimal(40), "startDateTime": graph_time(start),
            "endDateTime": graph_time(start + 365 * DAY), "key": None}  # fmt: skip


def principal_body(identity: str, app_id: str, name: str, owner: str, start: int) -> dict[str, Any]:
    """A service principal as Graph shows it."""
    return {
        "id": identity,
        "appId": app_id,
        "displayName": name,
        "appOwnerOrganizationId": owner,
        "accountEnabled": True,
        "createdDateTime": graph_time(start - 300 * DAY),
        "servicePrincipalType": "Application",
        "signInAudience": "AzureADMyOrg",
        "verifiedPublisher": {"displayName": None, "verifiedPublisherId": None, "addedDateTime": None},
        "tags": ["WindowsAzureActiveDirectoryIntegratedApp"],
        "keyCredentials": [],
        "passwordCredentials": [],
    }

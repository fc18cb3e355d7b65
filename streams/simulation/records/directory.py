"""Entra directory audits (record type 8). Layer: streams."""

from __future__ import annotations

from streams.simulation.chance import Chance
from streams.simulation.record import MANAGEMENT, Body, Record
from streams.simulation.records.common import envelope
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant

Changes = list[tuple[str, str, str]]


def _identities(who: Person, target: bool) -> list[Body]:
    ids: list[Body] = [{"ID": f"User_{who.object_id}", "Type": 2}, {"ID": who.object_id, "Type": 2},
                       {"ID": "User", "Type": 2}]  # fmt: skip
    names: list[Body] = [{"ID": who.upn, "Type": 5}, {"ID": who.puid, "Type": 3}]
    return ids + names if target else names + ids


def directory_record(
    tenant: Tenant, who: Person, rng: Chance, at: int, operation: str, target: Person, changes: Changes, agent: str = ""
) -> Record:
    """A directory change by a person to an account (possibly the own one)."""
    key = (f"{who.puid}@{tenant.domain}", 0, "AzureActiveDirectory", "")
    body = envelope(tenant, at, rng.guid(), operation, 8, "Success", key)
    body["ObjectId"] = target.upn
    body["UserId"] = who.upn
    body["AzureActiveDirectoryEventType"] = 1
    detail = f'{{"User-Agent":"{agent}"}}' if agent else "{}"
    body["ExtendedProperties"] = [
        {"Name": "additionalDetails", "Value": detail},
        {"Name": "extendedAuditEventCategory", "Value": "User"},
    ]
    body["ModifiedProperties"] = [{"Name": n, "NewValue": new, "OldValue": old} for n, new, old in changes]
    body["Actor"] = _identities(who, False)
    body["ActorContextId"] = tenant.org_id
    body["InterSystemsId"] = rng.guid()
    body["IntraSystemId"] = rng.guid()
    body["SupportTicketId"] = ""
    body["Target"] = _identities(target, True)
    body["TargetContextId"] = tenant.org_id
    return Record(MANAGEMENT, at, body["Id"], body)


def consent_records(
    tenant: Tenant, who: Person, rng: Chance, at: int, app: tuple[str, str, str], scopes: str, admin: bool
) -> list[Record]:
    """The cluster that one consent leaves: ``app`` is application id, service principal id and name."""
    app_id, principal, name = app
    inter, intra = rng.guid(), rng.guid()
    kind = "AllPrincipals" if admin else "Principal"
    granted = (
        f"[] => [[Id: {rng.token()}, ClientId: {principal}, PrincipalId: {'' if admin else who.object_id}, "
        f"ResourceId: {rng.guid()}, ConsentType: {kind}, Scope: {scopes}]]; "
    )
    consent: Changes = [
        ("ConsentContext.IsAdminConsent", str(admin), ""),
        ("ConsentContext.IsAppOnly", "False", ""),
        ("ConsentContext.OnBehalfOfAll", str(admin), ""),
        ("ConsentContext.Tags", "WindowsAzureActiveDirectoryIntegratedApp", ""),
        ("ConsentAction.Permissions", granted, ""),
        ("TargetId.ServicePrincipalNames", app_id, ""),
    ]
    grant: Changes = [
        ("DelegatedPermissionGrant.Scope", scopes, ""),
        ("DelegatedPermissionGrant.ConsentType", kind, ""),
        ("ServicePrincipal.ObjectID", principal, ""),
        ("ServicePrincipal.DisplayName", "", ""),
        ("ServicePrincipal.AppId", "", ""),
        ("ServicePrincipal.Name", "", ""),
    ]
    found: list[Record] = []
    for operation, object_id, changes in (
        ("Add service principal.", app_id, []),
        ("Add delegated permission grant.", "00000003-0000-0000-c000-000000000000", grant),
        ("Consent to application.", app_id, consent),
    ):
        record = directory_record(tenant, who, rng, at + len(found) * 900, operation, who, changes)
        body = record.body
        body["ObjectId"] = object_id
        body["ExtendedProperties"][1]["Value"] = "ServicePrincipal"
        body["InterSystemsId"], body["IntraSystemId"] = inter, intra
        body["Target"] = [{"ID": f"ServicePrincipal_{principal}", "Type": 2}, {"ID": principal, "Type": 2},
                          {"ID": "ServicePrincipal", "Type": 2}, {"ID": name, "Type": 1}, {"ID": app_id, "Type": 2},
                          {"ID": app_id, "Type": 4}]  # fmt: skip
        found.append(record)
    return found

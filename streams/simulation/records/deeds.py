"""Records of what an application does with its own token: directory changes and Exchange cmdlets. Layer: streams."""

from __future__ import annotations

from streams.simulation.chance import Chance
from streams.simulation.record import MANAGEMENT, Body, Record
from streams.simulation.records.cmdlets import Parameters, with_port
from streams.simulation.records.common import day_of, envelope
from streams.simulation.records.directory import Changes, directory_record
from streams.simulation.records.principals import Principal
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant


def app_directory_record(
    tenant: Tenant, who: Principal, rng: Chance, at: int, operation: str, target: Person, changes: Changes
) -> Record:
    """A directory change by an application to an account."""
    record = directory_record(tenant, target, rng, at, operation, target, changes)
    body = record.body
    body["UserId"] = f"ServicePrincipal_{who.object_id}"
    body["UserKey"] = "Not Available"
    body["Actor"] = [
        {"ID": who.name, "Type": 1},
        {"ID": who.app_id, "Type": 2},
        {"ID": f"ServicePrincipal_{who.object_id}", "Type": 2},
        {"ID": who.object_id, "Type": 2},
        {"ID": "ServicePrincipal", "Type": 2},
    ]
    return record


def app_principal_record(
    tenant: Tenant,
    who: Principal,
    rng: Chance,
    at: int,
    operation: str,
    target: Principal,
    changes: Changes,
    by: Person,
) -> Record:
    """A directory change by an application to a service principal; `by` is any account (its members are replaced)."""
    record = app_directory_record(tenant, who, rng, at, operation, by, changes)
    body = record.body
    body["ObjectId"] = target.app_id
    body["ExtendedProperties"][1]["Value"] = "ServicePrincipal"
    body["Target"] = [
        {"ID": f"ServicePrincipal_{target.object_id}", "Type": 2},
        {"ID": target.object_id, "Type": 2},
        {"ID": "ServicePrincipal", "Type": 2},
        {"ID": target.name, "Type": 1},
        {"ID": target.app_id, "Type": 2},
        {"ID": target.app_id, "Type": 4},
    ]
    return record


def app_cmdlet_record(
    tenant: Tenant, who: Principal, rng: Chance, at: int, ip: str, operation: str, target: str, parameters: Parameters
) -> Record:
    """An Exchange cmdlet (or its equal through Graph) run by an application."""
    principal = f"ServicePrincipal_{who.object_id}"
    body: Body = envelope(tenant, at, rng.guid(), operation, 1, "True", (who.object_id, 6, "Exchange", ""))
    body["ClientIP"] = with_port(ip, rng)
    body["ObjectId"] = target
    body["UserId"] = principal
    body["AppId"] = who.app_id
    body["ClientAppId"] = who.app_id
    body["AppPoolName"] = "MSExchangeAdminApiNetCore"
    body["ExternalAccess"] = False
    body["OrganizationName"] = tenant.org_name
    body["OriginatingServer"] = f"{tenant.server(rng)} ({tenant.build(day_of(tenant, at))})"
    body["Parameters"] = [{"Name": name, "Value": value} for name, value in parameters]
    return Record(MANAGEMENT, at, body["Id"], body)

"""Exchange cmdlets (record type 1): by users, administrators and the service itself. Layer: streams."""

from __future__ import annotations

from streams.simulation.chance import Chance
from streams.simulation.record import MANAGEMENT, Body, Record
from streams.simulation.records.common import EXCHANGE_APP, Use, day_of, envelope
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant

Parameters = list[tuple[str, str]]


def with_port(ip: str, rng: Chance) -> str:
    """The address with a port, as cmdlet records show it."""
    port = rng.whole(1025, 65_000)
    return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"


def directory_name(tenant: Tenant, alias: str) -> str:
    """Canonical name of a mailbox in the service's directory."""
    return f"{tenant.forest}.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations/{tenant.org_name}/{alias}"


def cmdlet_record(
    tenant: Tenant, who: Person, rng: Chance, at: int, use: Use, operation: str, target: str, parameters: Parameters
) -> Record:
    """A cmdlet run by a person (an owner in Outlook on the web shows UserType 2 as well)."""
    body = envelope(tenant, at, rng.guid(), operation, 1, "True", (who.puid, 2, "Exchange", ""))
    body["ClientIP"] = with_port(use.ip, rng)
    body["ObjectId"] = target
    body["UserId"] = who.mailbox_upn
    body["AppId"] = {"shell": "", "portal": "00000006-0000-0ff1-ce00-000000000000"}.get(use.client, EXCHANGE_APP)
    body["ClientAppId"] = ""
    body["ExternalAccess"] = False
    body["OrganizationName"] = tenant.org_name
    body["OriginatingServer"] = f"{tenant.server(rng)} ({tenant.build(day_of(tenant, at))})"
    body["Parameters"] = [{"Name": name, "Value": value} for name, value in parameters]
    if use.client != "shell":
        body["SessionId"] = use.session
    if use.session and use.token:
        body["AppAccessContext"] = {
            "AADSessionId": use.session,
            "CorrelationId": "",
            "IssuedAtTime": use.issued,
            "UniqueTokenId": use.token,
        }
    return Record(MANAGEMENT, at, body["Id"], body)


_SYSTEM = "NT AUTHORITY\\SYSTEM (Microsoft.Exchange.ServiceHost)"
_SYNC = "NT AUTHORITY\\SYSTEM (Microsoft.Exchange.Management.ForwardSync)"


def system_record(
    tenant: Tenant, rng: Chance, at: int, operation: str, target: str, parameters: Parameters, sync: bool = False
) -> Record:
    """A cmdlet run by Microsoft's datacentre: no client address."""
    name = _SYNC if sync else _SYSTEM
    body = envelope(tenant, at, rng.guid(), operation, 1, "True", (name, 3, "Exchange", ""))
    body["ObjectId"] = target
    body["UserId"] = name
    body["AppId"], body["ClientAppId"] = "", ""
    body["ExternalAccess"] = True
    body["OrganizationName"] = tenant.org_name
    body["OriginatingServer"] = f"{tenant.server(rng)} ({tenant.build(day_of(tenant, at))})"
    body["Parameters"] = [{"Name": key, "Value": value} for key, value in parameters]
    return Record(MANAGEMENT, at, body["Id"], body)


def compliance_record(
    tenant: Tenant, who: Person, rng: Chance, at: int, operation: str, parameters: str, target: str
) -> Record:
    """A Security & Compliance cmdlet (record type 18): parameters are one string."""
    body: Body = envelope(
        tenant, at, rng.guid(), operation, 18, "Success", (who.upn, 2, "SecurityComplianceCenter", "")
    )
    body["ObjectId"] = target
    body["UserId"] = who.upn
    body["SecurityComplianceCenterEventType"] = 0
    body["ClientApplication"] = "EMC"
    body["CmdletVersion"] = f"{tenant.build(day_of(tenant, at))}"
    body["EffectiveOrganization"] = tenant.org_name
    body["NonPIIParameters"] = parameters
    body["Parameters"] = parameters
    body["StartTime"] = body["CreationTime"]
    body["UserServicePlan"] = ""
    return Record(MANAGEMENT, at, body["Id"], body)

"""Members that vendor audit records share, in the vendor's order. Layer: streams."""

from __future__ import annotations

from typing import NamedTuple

from streams.simulation.chance import Chance
from streams.simulation.clock import audit_time
from streams.simulation.record import Body
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant

EXCHANGE_APP = "00000002-0000-0ff1-ce00-000000000000"
OWA_APP = "9199bf20-a13f-4107-85dc-02114787ef48"
MOBILE_APP = "27922004-5251-4030-b22d-91ecd9a37ea4"
SUBSTRATE_APP = "f3f64fec-ecee-4e9a-9eed-a36a5e421300"


class Use(NamedTuple):
    """How a person reaches a service at one moment: address, Entra session and token, client program."""

    ip: str
    session: str
    token: str
    issued: str
    agent: str
    client: str
    build: int = 18429


def envelope(
    tenant: Tenant, at: int, uid: str, operation: str, record_type: int, status: str, who: tuple[str, int, str, str]
) -> Body:
    """The first members of every record; ``who`` is user key, user type, workload and user id."""
    body: Body = {
        "CreationTime": audit_time(at),
        "Id": uid,
        "Operation": operation,
        "OrganizationId": tenant.org_id,
        "RecordType": record_type,
    }
    if status:
        body["ResultStatus"] = status
    body["UserKey"], body["UserType"] = who[0], who[1]
    body["Version"] = 1
    body["Workload"] = who[2]
    return body


def access_context(use: Use, app: str = "") -> Body:
    """AppAccessContext as newer mailbox and file records carry it."""
    context: Body = {"AADSessionId": use.session}
    if app:
        context["ClientAppId"] = app
    context["IssuedAtTime"] = use.issued
    context["UniqueTokenId"] = use.token
    return context


def client_fields(use: Use) -> Body:
    """ClientInfoString and what belongs to it."""
    if use.client == "outlook":
        return {
            "ClientInfoString": "Client=MSExchangeRPC",
            "ClientProcessName": "OUTLOOK.EXE",
            "ClientVersion": f"16.0.{use.build}.20{use.build % 200:03d}",
        }
    if use.client == "mobile":
        return {"ClientInfoString": "Client=OutlookService;Outlook-iOS/2.0;"
                if "iPhone" in use.agent else "Client=OutlookService;Outlook-Android/2.0;"}  # fmt: skip
    if use.client == "rest":
        return {"ClientInfoString": "Client=REST;Client=RESTSystem;;"}
    if use.client == "graph":
        return {"ClientInfoString": "Client=REST;;"}
    if use.client == "ews":
        return {"ClientInfoString": f"Client=WebServices;{use.agent};"}
    if use.client == "proxy":
        return {"ClientInfoString": "Client=OWA;Action=ViaProxy"}
    return {"ClientInfoString": f"Client=OWA;{use.agent};"}


def app_of(use: Use) -> str:
    """The application id that an Exchange record names for a client."""
    return {
        "outlook": "",
        "mobile": MOBILE_APP,
        "rest": SUBSTRATE_APP,
        "graph": "00000003-0000-0000-c000-000000000000",
        "ews": "",
    }.get(use.client, EXCHANGE_APP)


def mailbox_record(
    tenant: Tenant,
    who: Person,
    rng: Chance,
    at: int,
    use: Use,
    operation: str,
    kind: int,
    mailbox: Person | None = None,
) -> Body:
    """A mailbox audit record up to MailboxOwnerUPN; ``mailbox`` when somebody else's is opened."""
    owner = mailbox or who
    uid = rng.guid()
    body: Body = {}
    if use.session:
        body["AppAccessContext"] = access_context(use, OWA_APP if use.client in ("owa", "proxy") else "")
    body |= envelope(tenant, at, uid, operation, kind, "Succeeded", (who.puid, 0, "Exchange", ""))
    if kind != 50:
        body["ClientIP"] = use.ip
    body["UserId"] = who.mailbox_upn
    app = app_of(use)
    if app:
        body["AppId"] = app
    if use.client in ("mobile", "rest", "graph"):
        body["ClientAppId"] = app
    body["ClientIPAddress"] = use.ip
    body |= client_fields(use) if kind != 50 else {"ClientInfoString": client_fields(use)["ClientInfoString"]}
    if operation == "UpdateInboxRules":
        body["ClientRequestId"] = f"{{{rng.guid().upper()}}}"
    logon = 0 if mailbox is None else 2
    body["ExternalAccess"] = False
    body["InternalLogonType"] = 0
    body["LogonType"] = logon
    body["LogonUserSid"] = who.sid
    body["MailboxGuid"] = owner.mailbox_guid
    body["MailboxOwnerSid"] = owner.sid
    body["MailboxOwnerUPN"] = owner.mailbox_upn
    return body


def organization(tenant: Tenant, rng: Chance, day: int, use: Use) -> Body:
    """OrganizationName, OriginatingServer (with its line end) and SessionId where the client has one."""
    body: Body = {
        "OrganizationName": tenant.org_name,
        "OriginatingServer": f"{tenant.server(rng)} ({tenant.build(day)})\r\n",
    }
    if use.session and use.client not in ("rest", "graph", "mobile"):
        body["SessionId"] = use.session
    return body


def day_of(tenant: Tenant, at: int) -> int:
    """Day number since the start of the data."""
    return max(0, (at - tenant.start) // 86_400_000)


def folder_id(person: Person, code: str) -> str:
    """Store id of a folder."""
    return f"LgAAAAB{person.store}AQB{person.store[::-1]}AAAAAAE{code}AAAB"


def item_id(person: Person, rng: Chance, code: str) -> str:
    """Store id of a message in a folder."""
    return f"RgAAAAB{person.store}BwB{person.store[::-1]}AAAAAAE{code}AAB{rng.getrandbits(40):010x}AAAJ"


def message_id(tenant: Tenant, rng: Chance) -> str:
    """Internet message id of a mail written in the tenant."""
    server = tenant.server(rng)
    return f"<{server}{rng.getrandbits(96):024X}@{server}.{tenant.forest[:-4].lower()}.prod.outlook.com>"


FOLDER_CODES: dict[str, str] = {
    "Inbox": "M", "Sent Items": "J", "Drafts": "P", "Deleted Items": "K", "Archive": "N", "Junk Email": "a",
    "RSS Feeds": "b", "Conversation History": "c", "Recoverable Items\\Deletions": "d",
}  # fmt: skip

"""Management records under other member names. Layer: schemas.

Log Analytics' OfficeActivity table (`TimeGenerated`, `OfficeWorkload`, values often text) and exports that put every key in
lower case become the wire spelling; values are left alone.
"""

from __future__ import annotations

from typing import Final

from schemas.records.values import Record

_WIRE: Final = (
    *("Id", "RecordType", "CreationTime", "Operation", "OrganizationId", "UserType", "UserKey", "Workload", "UserId"),
    *("ResultStatus", "ObjectId", "ClientIP", "ClientIPAddress", "ActorIpAddress", "ActorIP", "AppAccessContext"),
    *("ExtendedProperties", "ModifiedProperties", "Parameters", "OperationProperties", "DeviceProperties"),
    *("ExternalAccess", "AppId", "ClientAppId", "ApplicationId", "SessionId", "ClientInfoString", "UserAgent"),
    *("MailboxGuid", "MailboxOwnerUPN", "Item", "AffectedItems", "Folder", "Folders", "OperationCount", "TokenType"),
    *("SendAsUserSmtp", "SendOnBehalfOfUserSmtp", "Actor", "Target", "ErrorNumber", "LogonError", "IntraSystemId"),
)
_SPELLING: Final = {
    **{name.lower(): name for name in _WIRE},
    "timegenerated": "CreationTime",
    "officeworkload": "Workload",
    "officeid": "Id",
    "client_ipaddress": "ClientIPAddress",
}


def respell(obj: Record) -> Record:
    """The record with the members this package reads in the wire's spelling; a member spelt rightly wins."""
    found: Record = {}
    for name, value in obj.items():
        wire = _SPELLING.get(name.lower())
        if wire is not None and (wire == name or wire not in found):
            found[wire] = value
    return found

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
    *("InterSystemsId", "RecipientList", "RecipientCount", "RiskEventType", "RiskLevel", "RiskState", "RiskId"),
)
_EMPTY: Final = (None, "")
_SPELLING: Final = {
    **{name.lower(): name for name in _WIRE},
    "timegenerated": "CreationTime",
    "officeworkload": "Workload",
    "officeid": "Id",
    "officeobjectid": "ObjectId",
    "officetenantid": "OrganizationId",
    "client_ipaddress": "ClientIPAddress",
}


def respell(obj: Record) -> Record:
    """The record with the members this package reads in the wire's spelling; a member spelt rightly wins over another.

    Cells that a table leaves empty win over nothing: every row of a CSV has all columns.
    """
    found: Record = {}
    for name, value in obj.items():
        wire = _SPELLING.get(name.lower())
        if wire is None:
            continue
        if wire not in found or found[wire] in _EMPTY or (wire == name and value not in _EMPTY):
            found[wire] = value
    return found

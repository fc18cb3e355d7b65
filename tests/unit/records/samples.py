"""Made-up vendor records in the shape of the real ones, each a fresh object that a test may change."""

from __future__ import annotations

import json
from typing import Any

Record = dict[str, Any]

TENANT = "7f0c1b52-4a1e-4a0c-9e1d-5a0e6b1d2f33"
ADA = "ada.quill@northgate.example"
ADA_OID = "3b9e6f10-77aa-4c51-8b7e-0d0c2a1e9f01"
ADA_PUID = "1003200AB12CD34E"
ADA_MAILBOX = "52e1b7f4-9f2d-4a43-8f9e-7d0a8f6c1234"
BEN = "ben.hart@northgate.example"
ADMIN = "helpdesk.admin@northgate.example"
SESSION = "0f0b7d52-9a41-4f8e-8a5b-5e2b8bb7c611"
TOKEN = "xQ7pT0aYx0mZr1kLq3ABAA"
APP = "d6f0b6a8-3d73-4b3f-ab2a-3790b3cb0001"
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/127.0.0.0 Safari/537.36"
SYSTEM = "NT AUTHORITY\\SYSTEM (Microsoft.Exchange.ServiceHost)"


def named(**values: object) -> list[Record]:
    """`[{Name, Value}, …]`; None gives an entry without a Value."""
    return [{"Name": name} if value is None else {"Name": name, "Value": value} for name, value in values.items()]


def management(operation: str, record_type: int, workload: str = "Exchange", **members: Any) -> Record:
    """The common envelope of an audit record."""
    return {
        "CreationTime": "2026-08-14T09:31:07",
        "Id": "6c1f0f1e-8b0e-4a55-7a10-08dc9f3b21aa",
        "Operation": operation,
        "OrganizationId": TENANT,
        "RecordType": record_type,
        "UserKey": ADA_PUID,
        "UserType": 0,
        "Version": 1,
        "Workload": workload,
        "UserId": ADA,
        **members,
    }


def cmdlet(operation: str, parameters: dict[str, object], **members: Any) -> Record:
    """An Exchange cmdlet (record type 1)."""
    return management(
        operation,
        1,
        **{
            "ResultStatus": "True",
            "UserType": 2,
            "ClientIP": "203.0.113.44:52378",
            "ObjectId": "",
            "AppId": "",
            "ClientAppId": "",
            "ExternalAccess": False,
            "OrganizationName": "northgate.onmicrosoft.com",
            "OriginatingServer": "AS8P191MB0417 (15.20.9031.014)",
            "Parameters": named(**parameters),
            **members,
        },
    )


def new_inbox_rule(**members: Any) -> Record:
    """A rule that hides mail on money."""
    parameters: dict[str, object] = {
        "AlwaysDeleteOutlookRulesBlob": "False",
        "Force": "False",
        "Name": "..",
        "SubjectOrBodyContainsWords": "invoice;payment;IBAN",
        "MoveToFolder": "RSS Feeds",
        "MarkAsRead": "True",
        "StopProcessingRules": "True",
    }
    context = {"AADSessionId": SESSION, "CorrelationId": "", "UniqueTokenId": TOKEN}
    return cmdlet(
        "New-InboxRule",
        parameters,
        **{"ObjectId": "ada.quill\\..", "SessionId": SESSION, "AppAccessContext": context, **members},
    )


def set_mailbox(**members: Any) -> Record:
    """Forwarding of a whole mailbox to an outside address."""
    parameters: dict[str, object] = {
        "Identity": "EURP191A004.PROD.OUTLOOK.COM/Microsoft Exchange Hosted Organizations/"
        "northgate.onmicrosoft.com/ada.quill",
        "ForwardingSmtpAddress": "smtp:Drop.Box77@mailsink.example",
        "DeliverToMailboxAndForward": "True",
    }
    return cmdlet("Set-Mailbox", parameters, **{"ClientIP": "[2001:db8:4a::7]:47114", **members})


def add_mailbox_permission(**members: Any) -> Record:
    """An administrator gives Ada rights on the mailbox of the finance chief."""
    parameters: dict[str, object] = {
        "Identity": "cfo.mailbox@northgate.example",
        "User": ADA,
        "AccessRights": "FullAccess",
        "InheritanceType": "All",
    }
    return cmdlet(
        "Add-MailboxPermission",
        parameters,
        **{"UserId": ADMIN, "UserKey": "1003200AD00D1001", "ObjectId": "cfo.mailbox", **members},
    )


def new_transport_rule(**members: Any) -> Record:
    """A tenant-wide copy of mail on money, with its own audit switched off."""
    parameters: dict[str, object] = {
        "Name": "Archive copy",
        "SubjectOrBodyContainsWords": "payment;bank details",
        "BlindCopyTo": "drop.box77@mailsink.example",
        "SetAuditSeverity": "DoNotAudit",
        "Mode": "Enforce",
    }
    return cmdlet("New-TransportRule", parameters, **{"UserId": ADMIN, **members})


def mailbox_record(operation: str, record_type: int, **members: Any) -> Record:
    """A record on items of a mailbox (types 2, 3, 50)."""
    return management(
        operation,
        record_type,
        **{
            "ResultStatus": "Succeeded",
            "ClientIPAddress": "203.0.113.44",
            "ClientInfoString": "Client=OWA;Action=ViaProxy",
            "ExternalAccess": False,
            "InternalLogonType": 0,
            "LogonType": 0,
            "LogonUserSid": "S-1-5-21-1111111111-2222222222-333333333-4444444",
            "MailboxGuid": ADA_MAILBOX,
            "MailboxOwnerUPN": ADA,
            "OriginatingServer": "AS8P191MB0417 (15.20.9031.014)\r\n",
            "SessionId": SESSION,
            **members,
        },
    )


def send(operation: str = "Send", **members: Any) -> Record:
    """A message sent, without its recipients, as usual."""
    item = {
        "Attachments": "Q3-forecast.xlsx (48213b)",
        "InternetMessageId": "<AS8P191MB0417F00D@AS8P191MB0417.EURP191.PROD.OUTLOOK.COM>",
        "ParentFolder": {"Id": "LgAAAAAb", "Path": "\\Drafts"},
        "SizeInBytes": 51882,
        "Subject": "Updated bank details",
    }
    return mailbox_record(operation, 2, **{"Item": item, "ClientIP": "203.0.113.44", **members})


def hard_delete(**members: Any) -> Record:
    """One message purged from Sent Items."""
    item = {"Id": "RgAAAAAb", "ParentFolder": {"Id": "LgAAAAAb", "Path": "\\Sent Items"}, "Subject": "Bank details"}
    return mailbox_record(
        "HardDelete",
        3,
        **{"AffectedItems": [item], "Folder": {"Id": "LgAAAAAb", "Path": "\\Sent Items"}, **members},
    )


def mail_items_accessed(**members: Any) -> Record:
    """Two messages opened; no ClientIP, as in every record of type 50."""
    folder = {"FolderItems": [{"InternetMessageId": "<a@x.example>"}, {"InternetMessageId": "<b@x.example>"}]}
    return mailbox_record(
        "MailItemsAccessed",
        50,
        **{
            "OperationProperties": named(MailAccessType="Bind", IsThrottled="False"),
            "Folders": [{**folder, "Id": "LgAAAAAb", "Path": "\\Inbox"}],
            "OperationCount": 2,
            **members,
        },
    )


def update_inbox_rules(properties: dict[str, object] | None = None, **members: Any) -> Record:
    """A rule written by desktop Outlook; `properties` replace some of its own."""
    given: dict[str, object] = {
        "RuleOperation": "AddMailboxRule",
        "RuleId": "0",
        "RuleState": "Enabled, ExitAfterExecution",
        "RuleCondition": "{((SenderSearchKey Equal SMTP:BILLING@SUPPLIER.EXAMPLE))}",
        "RuleName": ".",
        "RuleProvider": "RuleOrganizer",
        "RuleActions": '[{"ActionType":"Move","DestinationFolderId":"LgAAAAAb","FolderIsInThisStore":"True"},'
        '{"ActionType":"MarkAsRead"}]',
        **(properties or {}),
    }
    return mailbox_record(
        "UpdateInboxRules",
        2,
        **{"ClientInfoString": "Client=MSExchangeRPC", "OperationProperties": named(**given), **members},
    )


def logon(operation: str = "UserLoggedIn", error: str = "0", **members: Any) -> Record:
    """An Entra STS logon (record type 15)."""
    return management(
        operation,
        15,
        "AzureActiveDirectory",
        **{
            "ResultStatus": "Success",
            "Id": "a9ec0e71-0d77-4d2b-9f1e-43d004752001",
            "UserKey": ADA_OID,
            "ClientIP": "203.0.113.44",
            "ObjectId": "00000002-0000-0ff1-ce00-000000000000",
            "ExtendedProperties": named(
                ResultStatusDetail="Success", UserAgent=AGENT, UserAuthenticationMethod="1", RequestType="OAuth2:Token"
            ),
            "ModifiedProperties": [],
            "Actor": [{"ID": ADA_OID, "Type": 0}, {"ID": ADA, "Type": 5}],
            "ActorIpAddress": "203.0.113.44",
            "IntraSystemId": "a9ec0e71-0d77-4d2b-9f1e-43d004752001",
            "Target": [{"ID": "00000002-0000-0ff1-ce00-000000000000", "Type": 0}],
            "ApplicationId": "9199bf20-a13f-4107-85dc-02114787ef48",
            "DeviceProperties": named(
                OS="Windows10", BrowserType="Chrome", IsCompliantAndManaged="False", SessionId=SESSION
            ),
            "ErrorNumber": error,
            **members,
        },
    )


def consent(**members: Any) -> Record:
    """An application was given rights (record type 8); the operation ends in a dot."""
    return management(
        "Consent to application.",
        8,
        "AzureActiveDirectory",
        **{
            "ResultStatus": "Success",
            "UserKey": f"{ADA_PUID}@northgate.example",
            "ObjectId": APP,
            "ExtendedProperties": named(additionalDetails=f'{{"User-Agent":"{AGENT}","AppId":"{APP}"}}'),
            "ModifiedProperties": [{"Name": "ConsentContext.IsAdminConsent", "NewValue": "False", "OldValue": ""}],
            "Actor": [
                {"ID": ADA, "Type": 5},
                {"ID": ADA_PUID, "Type": 3},
                {"ID": "18ed3507-6666-4ccb-b669-d66bc9f2a001", "Type": 2},
                {"ID": f"User_{ADA_OID}", "Type": 2},
                {"ID": ADA_OID, "Type": 2},
                {"ID": "User", "Type": 2},
            ],
            "Target": [
                {"ID": "ServicePrincipal_2383a669-4444-49c4-a7e6-a15950ecc001", "Type": 2},
                {"ID": "ServicePrincipal", "Type": 2},
                {"ID": "Mail Sorter Pro", "Type": 1},
            ],
            **members,
        },
    )


def file_downloaded(**members: Any) -> Record:
    """A document of OneDrive; it has no ResultStatus."""
    return management(
        "FileDownloaded",
        6,
        "OneDrive",
        **{
            "UserKey": "i:0h.f|membership|1003200ab12cd34e@live.com",
            "ClientIP": "203.0.113.44",
            "UserAgent": AGENT,
            "AppAccessContext": {"AADSessionId": SESSION, "UniqueTokenId": TOKEN},
            **members,
        },
    )


def alert(**members: Any) -> Record:
    """A security and compliance alert; `Data` is JSON in a string."""
    return management(
        "AlertTriggered",
        40,
        "SecurityComplianceCenter",
        **{
            "UserKey": "SecurityComplianceAlerts",
            "UserId": "SecurityComplianceAlerts",
            "UserType": 4,
            "ResultStatus": "Succeeded",
            "Data": f'{{"f3u":"{ADA}","op":"MailRedirect"}}',
            **members,
        },
    )


def sign_in(**members: Any) -> Record:
    """A Graph sign-in, beta shape."""
    return {
        "id": "a9ec0e71-0d77-4d2b-9f1e-43d004752001",
        "createdDateTime": "2026-08-14T09:12:40Z",
        "userDisplayName": "Ada Quill",
        "userPrincipalName": ADA,
        "userId": ADA_OID,
        "userType": "member",
        "appId": "9199bf20-a13f-4107-85dc-02114787ef48",
        "appDisplayName": "One Outlook Web",
        "resourceDisplayName": "Office 365 Exchange Online",
        "resourceTenantId": TENANT,
        "homeTenantId": TENANT,
        "ipAddress": "203.0.113.44",
        "autonomousSystemNumber": 64500,
        "clientAppUsed": "Browser",
        "userAgent": AGENT,
        "originalRequestId": "a9ec0e71-0d77-4d2b-9f1e-43d004752001",
        "isInteractive": True,
        "signInEventTypes": ["interactiveUser"],
        "authenticationProtocol": "none",
        "conditionalAccessStatus": "success",
        "uniqueTokenIdentifier": TOKEN,
        "sessionId": SESSION,
        "riskLevelDuringSignIn": "none",
        "status": {
            "errorCode": 0,
            "failureReason": "Other.",
            "additionalDetails": "MFA requirement satisfied by claim in the token",
        },
        "deviceDetail": {
            "deviceId": "",
            "displayName": None,
            "operatingSystem": "Windows10",
            "browser": "Chrome 127.0.0",
            "isCompliant": False,
            "isManaged": False,
        },
        "location": {
            "city": "Hamburg",
            "state": "Hamburg",
            "countryOrRegion": "DE",
            "geoCoordinates": {"altitude": None, "latitude": 53.55, "longitude": 9.99},
        },
        "appliedConditionalAccessPolicies": [],
        **members,
    }


def hub_sign_in(**members: Any) -> Record:
    """A failed sign-in as Event Hubs carry it; `members` go into `properties`."""
    return {
        "time": "2026-08-14T09:13:55.5522137Z",
        "resourceId": f"/tenants/{TENANT}/providers/Microsoft.aadiam",
        "operationName": "Sign-in activity",
        "category": "SignInLogs",
        "tenantId": TENANT,
        "resultType": "50126",
        "callerIpAddress": "198.51.100.210",
        "Level": 4,
        "location": "DE",
        "properties": {
            "id": "c9db5eee-1f87-4404-8a6c-2d1e09d1b001",
            "createdDateTime": "2026-08-14T09:10:02.6955459+00:00",
            "userPrincipalName": ADA,
            "status": {"errorCode": 50126, "failureReason": "Error validating credentials."},
            "ipAddress": "198.51.100.210",
            "isInteractive": True,
            **members,
        },
    }


def graph_trace(**members: Any) -> Record:
    """A message trace row of Graph."""
    return {
        "id": "BD7DF511-2121-416e-1a49-08dc9f480001",
        "senderAddress": "Ada.Quill@northgate.example",
        "recipientAddress": "AP@customer.example",
        "messageId": "<AS8P191MB0417F00D@AS8P191MB0417.EURP191.PROD.OUTLOOK.COM>",
        "receivedDateTime": "2026-08-14T11:04:57.113Z",
        "subject": "Updated bank details",
        "size": 51882,
        "fromIP": "203.0.113.44",
        "toIP": "198.51.100.25",
        "status": "delivered",
        **members,
    }


def cmdlet_trace(**members: Any) -> Record:
    """A row of Get-MessageTrace and Get-MessageTraceV2."""
    return {
        "MessageTraceId": "bd7df511-2121-416e-1a49-08dc9f480001",
        "MessageId": "<AS8P191MB0417F00D@AS8P191MB0417.EURP191.PROD.OUTLOOK.COM>",
        "Received": "2026-08-14T11:04:57.1130000",
        "SenderAddress": ADA,
        "RecipientAddress": "ap@customer.example",
        "FromIP": "203.0.113.44",
        "ToIP": "198.51.100.25",
        "Subject": "Updated bank details",
        "Status": "Delivered",
        "Size": 51882,
        **members,
    }


def send_to_all(**members: Any) -> Record:
    """A message sent as somebody else, with the newer members that name its recipients."""
    to = [{"Address": "AP@customer.example", "Name": "AP"}, {"Address": BEN, "Name": "Ben"}]
    sender = {"SendAsUserSmtp": "info@northgate.example", "SendAsUserMailboxGuid": APP}
    return send("SendAs", **{**sender, "recipientCount": 2, "recipientList": to, "TokenType": "user", **members})


def outlook_forward(**members: Any) -> Record:
    """A rule of desktop Outlook with words, a forward and a deletion."""
    actions = '[{"ActionType":"Forward","Recipients":[{"Address":"SMTP:A@mail.example"}]},{"ActionType":"Delete"}]'
    condition = "{(&((SubString IgnoreCase(SubjectProperty)=invoice))((MessageSize GreaterThan 1)))}"
    return update_inbox_rules({"RuleActions": actions, "RuleCondition": condition}, **members)


def table_sign_in(**members: Any) -> Record:
    """A row of a Log Analytics sign-in table: capitals, objects as JSON text."""
    graph = sign_in()
    return {
        "TimeGenerated": "2026-08-14T10:00:00Z",
        "CreatedDateTime": graph["createdDateTime"],
        "Category": "NonInteractiveUserSignInLogs",
        "Id": graph["id"],
        "AADTenantId": TENANT,
        "TenantId": "11111111-2222-3333-4444-555555555555",
        "UserPrincipalName": ADA,
        "UserId": ADA_OID,
        "IPAddress": "203.0.113.44",
        "ResultType": "0",
        "SessionId": SESSION,
        "LocationDetails": json.dumps(graph["location"]),
        "Status": json.dumps(graph["status"]),
        "DeviceDetail": json.dumps(graph["deviceDetail"]),
        **members,
    }


def office_activity(**members: Any) -> Record:
    """A rule in the OfficeActivity table of Log Analytics."""
    rule = new_inbox_rule()
    return {
        "TimeGenerated": rule["CreationTime"] + "Z",
        "OfficeWorkload": "Exchange",
        "OfficeId": rule["Id"],
        "Operation": "New-InboxRule",
        "RecordType": "ExchangeAdmin",
        "UserId": ADA,
        "Client_IPAddress": "203.0.113.44:52378",
        "Parameters": json.dumps(rule["Parameters"]),
        **members,
    }


def search_row(**members: Any) -> Record:
    """A row of Search-UnifiedAuditLog."""
    return {
        "RecordType": "ExchangeAdmin",
        "CreationDate": "8/14/2026 9:31:07 AM",
        "UserIds": ADA,
        "Operations": "New-InboxRule",
        "AuditData": json.dumps(new_inbox_rule()),
        **members,
    }


def new_sweep_rule(**members: Any) -> Record:
    """Mail of one sender to a folder."""
    return cmdlet("New-SweepRule", {"Name": "s", "Sender": "A@x.example", "DestinationFolder": "Archive"}, **members)


CORRELATION = "864210f1-2950-47cb-9e12-1a71dcbdb1d5"
PRINCIPAL = "2383a669-4444-49c4-a7e6-a15950ecc001"


def directory_audit(**members: Any) -> Record:
    """The Graph twin of `consent_of`: the same act in the directory audits of Graph."""
    consent_changes = [
        {"displayName": "ConsentContext.IsAdminConsent", "oldValue": None, "newValue": '"False"'},
        {"displayName": "ConsentAction.Permissions", "oldValue": None, "newValue": '"[] => [[Scope: Mail.Read]]; "'},
        {"displayName": "AppRoleAssignment.CreatedDateTime", "oldValue": None, "newValue": '"2026-08-14T09:20:37.1Z"'},
    ]
    return {
        "id": f"Directory_{CORRELATION}_DO21D_338329364",
        "category": "ApplicationManagement",
        "correlationId": CORRELATION,
        "result": "success",
        "resultReason": "",
        "activityDisplayName": "Consent to application",
        "activityDateTime": "2026-08-14T09:31:07.9747033Z",
        "loggedByService": "Core Directory",
        "operationType": "Assign",
        "initiatedBy": {
            "app": None,
            "user": {"id": ADA_OID, "displayName": None, "userPrincipalName": ADA, "ipAddress": "203.0.113.44"},
        },
        "targetResources": [
            {
                "id": PRINCIPAL,
                "displayName": "Mail Sorter Pro",
                "type": "ServicePrincipal",
                "userPrincipalName": None,
                "modifiedProperties": consent_changes,
            }
        ],
        "additionalDetails": [{"key": "User-Agent", "value": AGENT}, {"key": "AppId", "value": APP}],
        **members,
    }


def consent_of(**members: Any) -> Record:
    """`consent` with the members that its Graph twin `directory_audit` shares."""
    return consent(
        **{
            "InterSystemsId": CORRELATION.upper(),
            "ModifiedProperties": [
                {"Name": "ConsentContext.IsAdminConsent", "NewValue": "False", "OldValue": ""},
                {"Name": "ConsentAction.Permissions", "NewValue": "[] => [[Scope: Mail.Read]]; ", "OldValue": ""},
                {"Name": "AppRoleAssignment.CreatedDateTime", "NewValue": "8/14/2026 9:20:37 AM", "OldValue": ""},
            ],
            "Target": [
                {"ID": f"ServicePrincipal_{PRINCIPAL}", "Type": 2},
                {"ID": PRINCIPAL, "Type": 2},
                {"ID": "ServicePrincipal", "Type": 2},
                {"ID": "Mail Sorter Pro", "Type": 1},
                {"ID": APP, "Type": 2},
            ],
            **members,
        }
    )


def hub(category: str, properties: Record, **members: Any) -> Record:
    """An Event Hubs envelope."""
    return {
        "time": "2026-08-14T09:45:55.5522137Z",
        "resourceId": f"/tenants/{TENANT}/providers/Microsoft.aadiam",
        "operationName": "Consent to application",
        "operationVersion": "1.0",
        "category": category,
        "tenantId": TENANT,
        "resultSignature": "None",
        "durationMs": 0,
        "callerIpAddress": "203.0.113.44",
        "Level": "4",
        "properties": properties,
        **members,
    }


def hub_directory_audit(**members: Any) -> Record:
    """A directory audit as Event Hubs carry it."""
    return hub("AuditLogs", directory_audit(**members))


def table_directory_audit(**members: Any) -> Record:
    """A row of the AuditLogs table of Log Analytics."""
    graph = directory_audit()
    return {
        "TenantId": "11111111-2222-3333-4444-555555555555",
        "TimeGenerated": "2026-08-14T09:31:07.9747033Z",
        "OperationName": "Consent to application",
        "Category": "ApplicationManagement",
        "ResultDescription": "",
        "CorrelationId": CORRELATION,
        "AdditionalDetails": json.dumps(graph["additionalDetails"]),
        "Id": graph["id"],
        "InitiatedBy": json.dumps(graph["initiatedBy"]),
        "LoggedByService": "Core Directory",
        "Result": "success",
        "TargetResources": json.dumps(graph["targetResources"]),
        "AADTenantId": TENANT,
        "ActivityDisplayName": "Consent to application",
        "ActivityDateTime": "2026-08-14T09:31:07.9747033Z",
        "Type": "AuditLogs",
        **members,
    }


def risk_detection(**members: Any) -> Record:
    """A risk detection of Identity Protection about `sign_in`."""
    return {
        "id": "6b9d4f5d1f2c4e4db0d5a8c1d2e3f405",
        "requestId": "a9ec0e71-0d77-4d2b-9f1e-43d004752001",
        "correlationId": CORRELATION,
        "riskEventType": "unfamiliarFeatures",
        "riskState": "atRisk",
        "riskLevel": "Medium",
        "riskDetail": "none",
        "source": "IdentityProtection",
        "detectionTimingType": "realtime",
        "activity": "signin",
        "tokenIssuerType": "AzureAD",
        "ipAddress": "198.51.100.210",
        "activityDateTime": "2026-08-14T09:12:40.6955459Z",
        "detectedDateTime": "2026-08-14T09:12:41Z",
        "lastUpdatedDateTime": "2026-08-14T09:20:00.123Z",
        "userId": ADA_OID,
        "userDisplayName": "Ada Quill",
        "userPrincipalName": ADA,
        "additionalInfo": '[{"Key":"userAgent","Value":"Mozilla/5.0"}]',
        "location": {"city": "Riga", "state": "Riga", "countryOrRegion": "LV", "geoCoordinates": {"latitude": 56.9}},
        **members,
    }


def workload_risk(**members: Any) -> Record:
    """A risk detection about a service principal."""
    record = risk_detection()
    for name in ("userId", "userDisplayName", "userPrincipalName"):
        del record[name]
    workload = {"servicePrincipalId": PRINCIPAL, "servicePrincipalDisplayName": "Mail Sorter Pro", "appId": APP}
    return {**record, **workload, "activity": "servicePrincipal", "requestId": None, "ipAddress": None, **members}


def risky_user(**members: Any) -> Record:
    """The state of a user."""
    return {
        "id": ADA_OID,
        "isDeleted": False,
        "isProcessing": False,
        "riskLevel": "high",
        "riskState": "confirmedCompromised",
        "riskDetail": "adminConfirmedUserCompromised",
        "riskLastUpdatedDateTime": "2026-08-14T09:31:07Z",
        "userDisplayName": "Ada Quill",
        "userPrincipalName": ADA,
        **members,
    }


def risk_record(**members: Any) -> Record:
    """A risk detection as the audit log has it (record type 294)."""
    return management(
        "UserRiskDetection",
        294,
        "AzureActiveDirectory",
        **{
            "ClientIP": "198.51.100.210",
            "RiskId": "6b9d4f5d1f2c4e4db0d5a8c1d2e3f405",
            "RiskEventType": "unfamiliarFeatures",
            "RiskLevel": "medium",
            "RiskState": "atRisk",
            "RiskDetail": "none",
            "RequestId": "a9ec0e71-0d77-4d2b-9f1e-43d004752001",
            "Location": {"City": "Riga", "CountryOrRegion": "LV"},
            **members,
        },
    )


def table_risk(**members: Any) -> Record:
    """A row of the AADUserRiskEvents table of Log Analytics."""
    graph = risk_detection()
    row = {"IpAddress" if name == "ipAddress" else name[:1].upper() + name[1:]: held for name, held in graph.items()}
    return {**row, "TimeGenerated": "2026-08-14T10:00:00Z", "Location": json.dumps(graph["location"]), **members}


def query_row(**members: Any) -> Record:
    """A row of the Graph audit-log query: type notes at every depth, times with Z."""
    rule = new_inbox_rule()
    record: Record = {"@odata.type": "#microsoft.graph.security.defaultAuditData"}
    for name, value in rule.items():
        if isinstance(value, int):
            record[f"{name}@odata.type"] = "#Int64"
        record[name] = value
    record["CreationTime"] = rule["CreationTime"] + "Z"
    record["Parameters"] = [{"Name@odata.type": "#String", **entry} for entry in rule["Parameters"]]
    return {
        "id": rule["Id"],
        "createdDateTime": rule["CreationTime"] + "Z",
        "auditLogRecordType": "ExchangeAdmin",
        "operation": "New-InboxRule",
        "userPrincipalName": ADA,
        "clientIp": None,
        "auditData": record,
        **members,
    }


EVERY = {
    "cmdlet rule": new_inbox_rule,
    "mailbox forwarding": set_mailbox,
    "grant": add_mailbox_permission,
    "transport rule": new_transport_rule,
    "send": send,
    "deletion": hard_delete,
    "access": mail_items_accessed,
    "outlook rule": update_inbox_rules,
    "logon": logon,
    "consent": consent,
    "file": file_downloaded,
    "alert": alert,
    "sign-in": sign_in,
    "hub sign-in": hub_sign_in,
    "graph trace": graph_trace,
    "cmdlet trace": cmdlet_trace,
    "send to all": send_to_all,
    "outlook forward": outlook_forward,
    "table sign-in": table_sign_in,
    "office activity": office_activity,
    "search row": search_row,
    "sweep rule": new_sweep_rule,
    "directory audit": directory_audit,
    "hub directory audit": hub_directory_audit,
    "table directory audit": table_directory_audit,
    "consent with a twin": consent_of,
    "risk detection": risk_detection,
    "workload risk": workload_risk,
    "risky user": risky_user,
    "risk record": risk_record,
    "table risk": table_risk,
    "query row": query_row,
}

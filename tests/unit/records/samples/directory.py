"""Directory audits and consents."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.records.samples.common import ADA, ADA_OID, ADA_PUID, AGENT, APP, TENANT, Record, hub, management, named


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

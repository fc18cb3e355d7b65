"""Sign-ins in every form."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.records.samples.common import ADA, ADA_OID, AGENT, SESSION, TENANT, TOKEN, Record, management, named


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

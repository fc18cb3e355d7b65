"""Risk detections and risky users."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.records.samples.common import ADA, ADA_OID, APP, Record, management
from tests.unit.records.samples.directory import CORRELATION, PRINCIPAL


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

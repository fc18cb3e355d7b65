"""SharePoint and alerts."""

from __future__ import annotations

from typing import Any

from tests.unit.records.samples.common import ADA, AGENT, SESSION, TOKEN, Record, management


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

"""Reading with an Exchange cmdlet. Layer: streams."""

from __future__ import annotations

from typing import Any

from streams.cloud.seam import Api, BadAnswer, Cloud


def audit_log_config(cloud: Cloud) -> dict[str, Any]:
    """What `Get-AdminAuditLogConfig` shows; any `CloudError`. It changes nothing."""
    url = f"{cloud.endpoints.exchange}/adminapi/beta/{cloud.tenant}/InvokeCommand"
    body = {"CmdletInput": {"CmdletName": "Get-AdminAuditLogConfig", "Parameters": {}}}
    answer = cloud.call(Api.EXCHANGE, "POST", url, body=body, cost="exchange:doctor").json()
    rows = answer.get("value") if isinstance(answer, dict) else None
    if not isinstance(rows, list) or not rows or not isinstance(rows[0], dict):
        raise BadAnswer("Get-AdminAuditLogConfig gave no row")
    return rows[0]

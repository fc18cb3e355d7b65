"""Errors as the vendor's three front doors write them. Layer: streams."""

from __future__ import annotations

from datetime import UTC, datetime

from streams.simulation.chance import chance
from streams.simulation.service.web import Reply, json_reply

AF_MESSAGES: dict[str, str] = {
    "AF10001": "The permission set ({0}) sent in the request does not include the expected permission.",
    "AF20001": "Missing parameter: {0}.",
    "AF20002": "Invalid parameter type: {0}. Expected type: {1}",
    "AF20003": "Expiration {0} provided is set to past date and time.",
    "AF20010": "The tenant ID passed in the URL ({0}) does not match the tenant ID passed in the access token ({1}).",
    "AF20011": "Specified tenant ID ({0}) does not exist in the system or has been deleted.",
    "AF20013": "The tenant ID passed in the URL ({0}) is not a valid GUID.",
    "AF20020": "The specified content type is not valid.",
    "AF20021": "The webhook endpoint ({0}) could not be validated. {1}",
    "AF20022": "No subscription found for the specified content type.",
    "AF20023": "The subscription was disabled by {0}.",
    "AF20024": "The subscription is already enabled. No property change.",
    "AF20030": "Start time and end time must both be specified (or both omitted) and must be less than or equal to "
    "24 hours apart, with the start time no more than 7 days in the past.",
    "AF20031": "Invalid nextPage Input: {0}.",
    "AF20050": "The specified content ({0}) does not exist.",
    "AF20051": "Content requested with the key {0} has already expired. Content older than 7 days cannot be retrieved.",
    "AF20052": "Content ID {0} in the URL is invalid.",
    "AF20053": "Only one language may be present in the Accept-Language header.",
    "AF20054": "Invalid syntax in Accept-Language header.",
    "AF20055": "Start time and end time must both be specified (or both omitted) and must be less than or equal to "
    "24 hours apart, with the start time prior to end time and start time no more than 7 days in the past.",
    "AF429": "Too many requests. Method={0}, PublisherId={1}",
    "AF50000": "An internal error occurred. Retry the request.",
}  # fmt: skip


def af(status: int, code: str, *values: object) -> Reply:
    """An error of the Management Activity API."""
    return json_reply(status, {"error": {"code": code, "message": AF_MESSAGES[code].format(*values)}})


def graph_error(status: int, code: str, message: str, now_ms: int, headers: dict[str, str] | None = None) -> Reply:
    """An error of Graph."""
    rng = chance(now_ms, code, "graph error")
    inner = {"date": f"{datetime.fromtimestamp(now_ms // 1000, UTC):%Y-%m-%dT%H:%M:%S}", "request-id": rng.guid(),
             "client-request-id": rng.guid()}  # fmt: skip
    error = {"code": code, "message": message, "innerError": inner}
    return json_reply(status, {"error": error}, {"request-id": inner["request-id"]} | (headers or {}))


def aadsts(status: int, error: str, code: int, text: str, now_ms: int) -> Reply:
    """An error of the token endpoint."""
    rng = chance(now_ms, code, "token error")
    trace, correlation = rng.guid(), rng.guid()
    moment = f"{datetime.fromtimestamp(now_ms // 1000, UTC):%Y-%m-%d %H:%M:%S}Z"
    return json_reply(status, {
        "error": error,
        "error_description": f"AADSTS{code}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {moment}",
        "error_codes": [code],
        "timestamp": moment,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={code}",
    })  # fmt: skip

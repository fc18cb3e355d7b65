"""An act that fails: a sign-in is logged as failing, everything else leaves no record. Layer: streams."""

from __future__ import annotations

import orjson

from streams.simulation.record import Body
from streams.simulation.records.logons import FAILURES
from streams.simulation.service.fates import APP_DISABLED, DISABLED, REVOKED, STALE

ENTRA = "Audit.AzureActiveDirectory"
SIGNINS = "signIns/"
_APPLICATIONS = ("signIns/servicePrincipal", "signIns/managedIdentity")
_LOGON = 15


def failed(name: str, line: bytes, error: int, password_error: int = 0) -> bytes | None:
    """The record as it is logged when its act fails; None when it is not logged.

    `name` is its feed, `error` the AADSTS number. Where somebody signs in interactively, a session that ended is told by
    another number than a token that ended, and an old password by `password_error`. A sign-in that failed anyway stays as it
    is, unless the account is disabled.
    """
    if name.startswith(SIGNINS):
        return _signin(name, orjson.loads(line), error, password_error)
    return _logon(orjson.loads(line), error, password_error) if name == ENTRA else None


def _number(error: int, interactive: bool, password_error: int) -> int:
    if error != REVOKED or not interactive:
        return error
    return password_error or STALE


def _signin(name: str, body: Body, error: int, password_error: int) -> bytes:
    if name in _APPLICATIONS:
        error, reason = APP_DISABLED, f"Application '{body['appId']}' is disabled."
    else:
        if body["status"]["errorCode"] and error != DISABLED:
            return orjson.dumps(body)
        error = _number(error, bool(body.get("isInteractive")), password_error)
        reason = FAILURES[error][1]
    body["status"] = {"errorCode": error, "failureReason": reason, "additionalDetails": None}
    body["conditionalAccessStatus"] = "notApplied"
    return orjson.dumps(body)


def _logon(body: Body, error: int, password_error: int) -> bytes | None:
    if int(body["RecordType"]) != _LOGON:
        return None
    if body["Operation"] == "UserLoginFailed" and error != DISABLED:
        return orjson.dumps(body)
    extended: list[Body] = body.get("ExtendedProperties", [])
    interactive = any(entry["Name"] == "UserAuthenticationMethod" for entry in extended)
    error = _number(error, interactive, password_error)
    for entry in extended:
        if entry["Name"] == "ResultStatusDetail":
            entry["Value"] = "UserError"
    body["Operation"], body["ResultStatus"] = "UserLoginFailed", "Failed"
    body["ErrorNumber"], body["LogonError"] = str(error), FAILURES[error][0]
    return orjson.dumps(body)

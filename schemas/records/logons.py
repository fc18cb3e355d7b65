"""Entra STS logons of the audit log (record type 15): UserLoggedIn, UserLoginFailed. Layer: schemas.

The outcome is told by operation and error number; `ResultStatus` says Success on most failures. A UserLoggedIn with the
number of an interrupt (50140, keep me signed in) is a step of a success.
"""

from __future__ import annotations

from collections.abc import Callable
from sys import intern
from typing import Final

from schemas.records.aadsts import LOGON_ERRORS, failure_of
from schemas.records.directory import identities, learn
from schemas.records.event import AuditEvent, Failure, SignIn
from schemas.records.values import OID, Record, flag, guid, integer, lower, pairs, shared, text


def _error(obj: Record) -> int:
    """Error number, else the number of the LogonError's name, else 0."""
    for name in ("ErrorNumber", "ErrorCode"):
        code = integer(obj.get(name))
        if code is not None and code >= 0:
            return code
    named = obj.get("LogonError")
    return LOGON_ERRORS.get(named.lower(), 0) if type(named) is str else 0


def _failure(logged_in: bool, error: int) -> Failure | None:
    if error == 0:
        return None if logged_in else Failure.INTERRUPT
    failure = failure_of(error)
    return None if logged_in and failure is Failure.INTERRUPT else failure


def read(event: AuditEvent, obj: Record) -> None:
    """Sign-in detail, session, user agent and ids of one logon."""
    extended = pairs(obj.get("ExtendedProperties"))
    device = pairs(obj.get("DeviceProperties"))
    error = _error(obj)
    failure = _failure(event.operation.lower() == "userloggedin", error)
    event.ok = failure is None
    event.user_agent = shared(extended.get("UserAgent")) or event.user_agent
    event.session = shared(lower(device.get("SessionId"))) or event.session
    application = text(obj.get("ApplicationId"))
    event.app = intern(application.lower()) if application else event.app
    oid = guid(obj.get("UserKey"))
    if oid is not None and "@" in event.user:  # the usual record says it all without its lists
        event.user_ids = OID[oid]
    else:
        actor = identities(obj.get("Actor"))
        learn(event, actor, oid or (actor.plain[0] if actor.plain else None))
    resource = text(obj.get("ObjectId"))
    held = device.get("Id")
    event.detail = SignIn(
        error,
        failure,
        text(obj.get("IntraSystemId")) or event.record_id or None,
        None,
        shared(extended.get("RequestType")),
        None,
        None,
        None if resource == "Unknown" else shared(resource),
        shared(device.get("OS")),
        shared(device.get("BrowserType")),
        None if held is None else intern(held),
        flag(device.get("IsCompliantAndManaged")),
        flag(device.get("IsCompliant")),
    )


READERS: Final[dict[str, Callable[[AuditEvent, Record], None]]] = {"userloggedin": read, "userloginfailed": read}

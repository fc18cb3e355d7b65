"""The bytes or cells of one frame to vendor records, opened: lists, pages, query rows, Event Hubs envelopes. Layer: streams.

For files and for live feeds alike, so that one record is the same from wherever it came. Nothing is raised: what is no record
is a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import orjson

from schemas.records.content import content_digest
from schemas.records.decode import MAX_BYTES, bare_event_and_canonical, decode, to_event_and_canonical
from schemas.records.directory_audit import is_directory_audit
from schemas.records.envelope import hub_properties, page_members
from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent
from schemas.records.export_row import unwrap, wrapped
from schemas.records.mended_json import loads
from schemas.records.risk import is_risk
from schemas.records.sniff import is_graph_signin
from streams.collectors.files.table import AUDIT_DATA

_ENVELOPES = frozenset({"value", "records", "properties", "AuditData", "auditData", "auditdata"})  # may hold records

# Event, verbatim record and digest of its canonical JSON, equal when two say the same; or the reason why there is none.
Reading = Callable[[dict[str, Any]], tuple[AuditEvent, bytes]]
Outcome = tuple[AuditEvent, bytes, bytes] | UnreadableRecord


def outcomes_of(payload: bytes | dict[str, str] | UnreadableRecord) -> Iterable[Outcome]:
    """Everything in one frame: mostly one record, many for a page or an array on one line."""
    if not isinstance(payload, bytes):
        return (payload if isinstance(payload, UnreadableRecord) else _from_row(payload),)
    if len(payload) > MAX_BYTES:  # what is too long to be decoded again must not be read now
        return (_rescued(payload),)
    try:
        obj = loads(payload)
    except orjson.JSONDecodeError:
        return (_rescued(payload),)
    if type(obj) is not dict or not obj.keys().isdisjoint(_ENVELOPES):
        return _unfolded(obj, payload)
    return (_judged(obj, payload, bare_event_and_canonical),)


def _unfolded(obj: Any, raw: bytes | None) -> Iterator[Outcome]:
    """Members of lists and pages, contents of query rows and Event Hubs envelopes; other objects as they are."""
    stack = [(obj, raw)]
    while stack:
        obj, raw = stack.pop()
        if type(obj) is list:
            stack.extend((member, None) for member in reversed(obj))
        elif type(obj) is not dict:
            yield UnreadableRecord("JSON, but not an object")
        elif (members := page_members(obj)) is not None:
            stack.append((members, None))
        elif (inner := _vendor_record(obj)) is not None:
            stack.append((inner, None))
        else:
            yield _opened(obj, raw)


def _vendor_record(obj: dict[str, Any]) -> dict[str, Any] | None:
    """The whole Graph record in an Event Hubs envelope, whose own `time` changes when it is sent again; else None.

    An envelope whose `properties` say less than the vendor's record is kept: it may say the rest.
    """
    inner = hub_properties(obj)
    if inner is None or "category" not in obj:
        return None
    whole = is_graph_signin(inner) or is_risk(inner) or ("activityDisplayName" in inner and is_directory_audit(inner))
    return inner if whole else None


def _opened(obj: dict[str, Any], raw: bytes | None) -> Outcome:
    """An object, or what it wraps, so that one record is the same from every export."""
    try:
        while wrapped(obj) is not None:
            obj, raw = unwrap(obj), None
        if raw is None:
            raw = orjson.dumps(obj)
    except UnreadableRecord as problem:
        return problem
    except TypeError:
        return UnreadableRecord("the JSON is nested too deep")
    return _judged(obj, raw) if len(raw) <= MAX_BYTES else _rescued(raw)


def _from_row(row: dict[str, str]) -> Outcome:
    try:
        if AUDIT_DATA in row:
            raw = row[AUDIT_DATA].strip().encode()
            return _judged(unwrap(row), raw) if len(raw) <= MAX_BYTES else _rescued(raw)
        return _judged(dict(row), orjson.dumps(row))
    except UnreadableRecord as problem:
        return problem
    except (TypeError, ValueError):
        return UnreadableRecord("the row is damaged")


def _judged(obj: dict[str, Any], raw: bytes, read: Reading = to_event_and_canonical) -> Outcome:
    try:
        event, text = read(obj)
        return event, raw, content_digest(text)
    except UnreadableRecord as problem:
        return problem
    except (RecursionError, orjson.JSONEncodeError):
        return UnreadableRecord("the JSON is nested too deep")
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        return UnreadableRecord(f"a field has an unexpected form ({type(error).__name__})")


def _rescued(raw: bytes) -> Outcome:
    """The decoder of records has the last word on what is no JSON, and knows the reason."""
    try:
        return decode(raw), raw, content_digest(raw)
    except UnreadableRecord as problem:
        return problem
    except (RecursionError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
        return UnreadableRecord("not JSON")

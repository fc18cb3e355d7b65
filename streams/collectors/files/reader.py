"""Paths to audit events with their verbatim records; what cannot be read is named and counted. Layer: streams."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from schemas.records.decode import MAX_BYTES, decode, to_event_and_canonical
from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent
from schemas.records.export_row import unwrap, wrapped
from schemas.records.mended_json import loads
from schemas.records.sniff import is_graph_signin
from schemas.text import printable
from streams.collectors.files.containers import contents
from streams.collectors.files.framing import frames
from streams.collectors.files.limits import DEFAULT_LIMITS, Limits
from streams.collectors.files.report import ReadReport
from streams.collectors.files.table import AUDIT_DATA

CONTENT_DIGEST_BYTES = 16
_REASON_CHARACTERS_MAX = 200
_PAGE_LISTS = ("value", "records")

OnUnreadable = Callable[[str, int, str], None]  # file, line from 1 (0: the file as a whole), reason; all safe to print
OnWarning = Callable[[str, str], None]  # file, what about it; safe to print


class ReadRecord(NamedTuple):
    """One vendor record. `file` is safe to print, `line` counts from 1, `raw` is the vendor's JSON as received.

    `digest` identifies the content whatever its layout: 16 bytes over the canonical JSON.
    """

    file: str
    line: int
    event: AuditEvent
    raw: bytes
    digest: bytes


def read_paths(
    paths: Sequence[str | Path],
    report: ReadReport,
    on_unreadable: OnUnreadable = lambda file, line, reason: None,
    on_warning: OnWarning = lambda file, text: None,
    limits: Limits = DEFAULT_LIMITS,
) -> Iterator[ReadRecord]:
    """Read files, folders and `-` in the order given. Counts unreadables; who takes the records counts those."""
    for file, stream in contents(paths, limits):
        report.files += 1
        empty = True
        for line, payload in frames(stream, limits):
            empty = False
            for outcome in _records(payload):
                if isinstance(outcome, UnreadableRecord):
                    reason = printable(outcome.reason, _REASON_CHARACTERS_MAX)
                    report.unreadable += 1
                    report.reasons.add(reason)
                    on_unreadable(file, line, reason)
                else:
                    event, raw, digest = outcome
                    if event.detail is None:
                        _count_undetailed(event, report)
                    yield ReadRecord(file, line, event, raw, digest)
        if empty:
            report.empty_files += 1
            on_warning(file, "is empty")


def _content_digest(text: bytes) -> bytes:
    """16 bytes that two JSON objects share when they say the same, of canonical JSON."""
    return blake2b(text, digest_size=CONTENT_DIGEST_BYTES).digest()


def _count_undetailed(event: AuditEvent, report: ReadReport) -> None:
    report.undetailed_operations.add(event.operation)
    report.undetailed_record_types.add(str(event.record_type))


_Outcome = tuple[AuditEvent, bytes, bytes] | UnreadableRecord


def _records(payload: bytes | dict[str, str] | UnreadableRecord) -> Iterator[_Outcome]:
    """Everything in one frame: mostly one record, many for a page or an array on one line."""
    if isinstance(payload, UnreadableRecord):
        yield payload
        return
    if isinstance(payload, dict):
        yield _from_row(payload)
        return
    if len(payload) > MAX_BYTES:  # what is too long to be decoded again must not be read now
        yield _rescued(payload)
        return
    try:
        obj = loads(payload)
    except orjson.JSONDecodeError:
        yield _rescued(payload)
        return
    if (
        type(obj) is dict
        and "value" not in obj
        and "records" not in obj
        and "properties" not in obj
        and not wrapped(obj)
    ):
        yield _judged(obj, payload)
    else:
        yield from _unfolded(obj, payload)


def _unfolded(obj: Any, raw: bytes | None) -> Iterator[_Outcome]:
    """Members of lists and pages, contents of query rows and Event Hubs envelopes; other objects as they are."""
    stack = [(obj, raw)]
    while stack:
        obj, raw = stack.pop()
        if type(obj) is list:
            stack.extend((member, None) for member in reversed(obj))
        elif type(obj) is not dict:
            yield UnreadableRecord("JSON, but not an object")
        elif (members := _page_members(obj)) is not None:
            stack.append((members, None))
        elif _is_hub_signin(obj):
            stack.append((obj["properties"], None))
        else:
            yield _opened(obj, raw)


def _page_members(obj: dict[str, Any]) -> list[Any] | None:
    for name in _PAGE_LISTS:
        members = obj.get(name)
        if type(members) is list:
            return members
    return None


def _is_hub_signin(obj: dict[str, Any]) -> bool:
    """An Azure diagnostic record whose `properties` are the vendor record; its own `time` changes when it is sent again."""
    inner = obj.get("properties")
    return type(inner) is dict and "category" in obj and is_graph_signin(inner)


def _opened(obj: dict[str, Any], raw: bytes | None) -> _Outcome:
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


def _from_row(row: dict[str, str]) -> _Outcome:
    try:
        if AUDIT_DATA in row:
            raw = row[AUDIT_DATA].strip().encode()
            return _judged(unwrap(row), raw) if len(raw) <= MAX_BYTES else _rescued(raw)
        return _judged(dict(row), orjson.dumps(row))
    except UnreadableRecord as problem:
        return problem
    except (TypeError, ValueError):
        return UnreadableRecord("the row is damaged")


def _judged(obj: dict[str, Any], raw: bytes) -> _Outcome:
    try:
        event, text = to_event_and_canonical(obj)
        return event, raw, _content_digest(text)
    except UnreadableRecord as problem:
        return problem
    except (RecursionError, orjson.JSONEncodeError):
        return UnreadableRecord("the JSON is nested too deep")
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        return UnreadableRecord(f"a field has an unexpected form ({type(error).__name__})")


def _rescued(raw: bytes) -> _Outcome:
    """The decoder of records has the last word on what is no JSON, and knows the reason."""
    try:
        return decode(raw), raw, _content_digest(raw)
    except UnreadableRecord as problem:
        return problem
    except (RecursionError, LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
        return UnreadableRecord("not JSON")

"""Bytes of one record to an `AuditEvent`. Layer: schemas.

The only exception that leaves this module is `UnreadableRecord`.
"""

from __future__ import annotations

import hashlib
from typing import Final

import orjson

from schemas.records import diagnostic, directory_audit, inventory, management, risk, signin, trace
from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent, Source
from schemas.records.export_row import unwrap, wrapped
from schemas.records.mended_json import loads
from schemas.records.sniff import kind_of, why_unknown
from schemas.records.values import Record

MAX_BYTES: Final = 8 * 1024 * 1024  # the vendor's blobs are far smaller; what is bigger is no record
_SURELY_SHALLOW: Final = 200  # brackets; orjson writes at most 254 levels
_WRAPPERS: Final = 2
_DIAGNOSTIC: Final = Source.DIAGNOSTIC
_READERS: Final = {
    Source.MANAGEMENT: management.read,
    Source.SIGNIN: signin.read,
    Source.TRACE: trace.read,
    Source.DIRECTORY: directory_audit.read,
    Source.RISK: risk.read,
    Source.INVENTORY: inventory.read,
    Source.DIAGNOSTIC: diagnostic.read,
}


def canonical(obj: object) -> bytes:
    """JSON of an object with sorted keys, UTF-8: equal for equal content, whatever order the vendor wrote."""
    try:
        return orjson.dumps(obj, option=orjson.OPT_SORT_KEYS)
    except (TypeError, RecursionError, ValueError) as error:
        raise UnreadableRecord("not representable as JSON (nesting, number or text out of range)") from error


def digest(obj: object) -> str:
    """Identity of a record that has no id of its own: `sha256:` and 32 hex digits of its canonical JSON."""
    return "sha256:" + hashlib.sha256(canonical(obj)).hexdigest()[:32]


def parse(raw: bytes) -> Record:
    """The JSON object in `raw`. NaN, bad UTF-8 and bombs are refused; half a surrogate pair becomes U+FFFD."""
    if len(raw) > MAX_BYTES:
        raise UnreadableRecord("larger than 8 MiB")
    try:
        obj = loads(raw)
    except (orjson.JSONDecodeError, RecursionError) as error:
        raise UnreadableRecord("not JSON") from error
    if type(obj) is not dict:
        raise UnreadableRecord("JSON, but not an object")
    if raw.count(b"[") + raw.count(b"{") > _SURELY_SHALLOW:
        canonical(obj)
    return obj


def _unwrapped(obj: Record) -> Record:
    """What a row wraps, which may be a row again, once."""
    for _ in range(_WRAPPERS):
        if wrapped(obj) is not None:
            obj = unwrap(obj)
    return obj


def _read(obj: Record) -> AuditEvent:
    """Dispatch on the kind; wrappers are opened first."""
    if "AuditData" in obj or "auditData" in obj or "auditdata" in obj:
        obj = _unwrapped(obj)
    return _read_bare(obj)


def _read_bare(obj: Record) -> AuditEvent:
    """A record that no row wraps."""
    if "CreationTime" in obj:  # the common case, ahead of all others
        event = management.read(obj)
    else:
        kind = kind_of(obj)
        if kind is None:
            raise UnreadableRecord(why_unknown(obj))
        event = _READERS[kind](obj)
    if not event.record_id:
        event.record_id = digest(_lasting(event, obj))
    return event


def _lasting(event: AuditEvent, obj: Record) -> Record:
    """What of a record is the same when it is sent again: mostly all of it."""
    return diagnostic.lasting(obj) if event.source is Source.DIAGNOSTIC else obj


def to_event(obj: object) -> AuditEvent:
    """One parsed vendor record, wrapped or bare, as an event; text with lone surrogates is refused."""
    return to_event_and_canonical(obj)[0]


def to_event_and_canonical(obj: object) -> tuple[AuditEvent, bytes]:
    """`to_event`, and the canonical JSON of what of it is the same when it is sent again."""
    if type(obj) is not dict:
        raise UnreadableRecord("not an object")
    text = canonical(obj)
    event = _read(obj)
    return event, text if event.source is not _DIAGNOSTIC else canonical(_lasting(event, obj))


def bare_event_and_canonical(obj: Record) -> tuple[AuditEvent, bytes]:
    """`to_event_and_canonical` of a record that no row wraps."""
    text = canonical(obj)
    event = _read_bare(obj)
    return event, text if event.source is not _DIAGNOSTIC else canonical(_lasting(event, obj))


def decode(raw: bytes) -> AuditEvent:
    """One vendor record, wrapped or bare, as an event."""
    return _read(parse(raw))

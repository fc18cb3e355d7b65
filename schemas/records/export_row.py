"""Rows that wrap an audit record: Purview export, Search-UnifiedAuditLog, Graph audit-log query. Layer: schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import orjson

from schemas.records.errors import UnreadableRecord
from schemas.records.mended_json import loads
from schemas.records.values import Record

_SIDECAR: Final = "@odata.type"  # `RecordType@odata.type`: "#Int64"
_NAIVE_TIME: Final = 19  # characters of CreationTime as the activity API writes it


def wrapped(obj: Mapping[str, object]) -> str | None:
    """Name of the member that holds the record, in the row's own spelling; None when the object is no wrapper."""
    if "AuditData" in obj:
        return "AuditData"
    if "auditData" in obj:
        return "auditData"
    return "auditdata" if "auditdata" in obj else None


def unwrap(row: Mapping[str, object]) -> Record:
    """The audit record in `AuditData` (any case of the column's name), JSON text in a CSV, an object in the Graph query."""
    held: object = None
    for name, value in row.items():
        if isinstance(name, str) and name.strip().strip("\ufeff\"'").lower() == "auditdata":
            held = value
            break
    else:
        raise UnreadableRecord("no column AuditData")
    if type(held) is dict:
        if not held:
            raise UnreadableRecord("AuditData is empty")
        return _as_received(held) if _SIDECAR in held else held
    if held is None or (isinstance(held, str) and not held.strip()):
        raise UnreadableRecord("AuditData is empty")
    if not isinstance(held, str):
        raise UnreadableRecord("AuditData is not an object")
    try:
        inner = loads(held)
    except orjson.JSONDecodeError as error:
        raise UnreadableRecord("AuditData is not JSON") from error
    if type(inner) is not dict:
        raise UnreadableRecord("AuditData is not an object")
    return _as_received(inner) if _SIDECAR in inner else inner


def _as_received(record: Record) -> Record:
    """A record of the Graph query as the activity API gives it, so that both are the same record.

    Measured: type notes (`…@odata.type`) stand beside members at every depth, and CreationTime ends in Z.
    """
    try:
        plain = {name: _plain(value) for name, value in record.items() if not name.endswith(_SIDECAR)}
    except RecursionError as error:
        raise UnreadableRecord("AuditData is nested too deep") from error
    created = plain.get("CreationTime")
    if type(created) is str and len(created) == _NAIVE_TIME + 1 and created.endswith("Z"):
        plain["CreationTime"] = created[:-1]
    return plain


def _plain(value: object) -> object:
    """A value without the type notes, at every depth."""
    if type(value) is dict:
        return {name: _plain(held) for name, held in value.items() if not name.endswith(_SIDECAR)}
    return [_plain(held) for held in value] if type(value) is list else value

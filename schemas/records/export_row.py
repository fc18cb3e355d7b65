"""Rows that wrap an audit record: Purview export, Search-UnifiedAuditLog, Graph audit-log query. Layer: schemas."""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from schemas.records.errors import UnreadableRecord
from schemas.records.mended_json import loads
from schemas.records.values import Record


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
        return held
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
    return inner

"""What both feeds of directory changes share: bounded targets and changes, and the name of the act. Layer: schemas.

Measured on public records that are in both feeds: `InterSystemsId` of the audit log is Graph's `correlationId`; operations
are equal but for the final dot; the first bare GUID of `Target` is the id of the first target resource; changed values are
equal once their JSON is opened, but for plain times, which the audit log writes in the server's culture.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

import orjson

from schemas.records.values import nested

TARGETS_MAX: Final = 16
CHANGES_MAX: Final = 32
_NAME_CHARACTERS: Final = 128
_VALUE_CHARACTERS: Final = 512
_ACT_BYTES: Final = 16
_JSON_STARTS: Final = ('"', "[", "{")

Change = tuple[str, str, str]  # property, old, new
Target = tuple[str, str, str]  # type, id or UPN, display name


def said(value: object) -> str:
    r"""A changed property's value: the text in JSON text, lists and objects compact, nothing as "".

    >>> said('"full_access_as_app"'), said('[\r\n  true\r\n]'), said(None)
    ('full_access_as_app', '[true]', '')
    """
    if type(value) is not str:
        return "" if value is None else _compact(value, "")
    stripped = value.strip()
    if not stripped.startswith(_JSON_STARTS):
        return stripped
    held = nested(stripped)
    if type(held) is str:
        return held.strip()
    return stripped if held is None else _compact(held, stripped)


def _compact(value: object, otherwise: str) -> str:
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
    except (TypeError, RecursionError, ValueError):
        return otherwise


def bounded_changes(changes: Iterable[Change]) -> tuple[Change, ...]:
    """The first changes, their texts cut."""
    kept: list[Change] = []
    for name, old, new in changes:
        if len(kept) == CHANGES_MAX:
            break
        kept.append((name[:_NAME_CHARACTERS], old[:_VALUE_CHARACTERS], new[:_VALUE_CHARACTERS]))
    return tuple(kept)


def bounded_targets(targets: Iterable[Target]) -> tuple[Target, ...]:
    """The first targets, their texts cut."""
    kept: list[Target] = []
    for kind, held, name in targets:
        if len(kept) == TARGETS_MAX:
            break
        kept.append((kind[:_NAME_CHARACTERS], held[:_VALUE_CHARACTERS], name[:_VALUE_CHARACTERS]))
    return tuple(kept)


def act_of(correlation: str, operation: str, target: str, changes: Iterable[Change]) -> str | None:
    """Name of an act, equal in both feeds; None without a correlation id.

    One act may write several records with one correlation id, so that the changed values belong to its name.
    """
    if not correlation:
        return None
    values = sorted({f"{name}\x1f{new}" for name, _, new in changes if not name.endswith("DateTime")})
    parts = (correlation.lower(), operation.lower(), target.lower(), *values)
    text = "\x1e".join(parts).encode("utf-8", "replace")
    return blake2b(text, digest_size=_ACT_BYTES).hexdigest()

"""Pieces of a JSON answer as the very bytes that came, without parsing their content. Layer: streams.

Brackets and strings are followed at the speed of regular expressions; whether a piece is a sound record is for the decoder to
say. An answer whose brackets do not close was cut, and is refused as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import orjson

from streams.cloud.seam import BadAnswer

NOT_AN_OBJECT = "JSON, but not an object"

_BLANK = re.compile(rb"[ \t\r\n]*")
_STRING = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_KEY = re.compile(_STRING, re.DOTALL)
_FLAT = re.compile(rb'[^"{}\[\]]*(?:' + _STRING + rb'[^"{}\[\]]*)*', re.DOTALL)  # up to a bracket or an open string
_SCALAR = re.compile(rb"(?:" + _STRING + rb"|[^\s,\]}\[{\"]+)", re.DOTALL)
_OPEN, _CLOSE = b"{[", b"}]"
_COLON = 0x3A
_BOM = b"\xef\xbb\xbf"


class Pieces(NamedTuple):
    """Elements of a list: objects, and what is none, with the reason."""

    records: list[bytes]
    unreadable: list[tuple[bytes, str]]


def array_elements(body: bytes) -> Pieces:
    """Elements of a body that is one JSON array; `BadAnswer` when it is none, or cut."""
    start = _first(body)
    if body[start : start + 1] != b"[":
        raise BadAnswer(f"the answer is no JSON list ({len(body)} bytes)")
    pieces, end = _elements(body, start)
    if _skip(body, end) != len(body):
        raise BadAnswer("something follows the JSON list of the answer")
    return pieces


def page_elements(body: bytes, name: str = "value") -> tuple[Pieces, dict[str, object]]:
    """The list `name` of a body that is one JSON object, and its other members parsed; `BadAnswer` when there is none."""
    found: Pieces | None = None
    others: dict[str, object] = {}
    for key, start, end in _members(body):
        if key == name and body[start : start + 1] == b"[":
            found = _elements(body, start)[0]
        else:
            others[key] = _parsed(body[start:end])
    if found is None:
        raise BadAnswer(f"the answer has no list {name!r}")
    return found, others


def _first(body: bytes) -> int:
    return _skip(body, len(_BOM) if body.startswith(_BOM) else 0)


def _skip(body: bytes, at: int) -> int:
    match = _BLANK.match(body, at)
    return match.end() if match else at


def _elements(body: bytes, start: int) -> tuple[Pieces, int]:
    """Elements of the array at `start`, and the position after its end."""
    pieces = Pieces([], [])
    at = _skip(body, start + 1)
    if body[at : at + 1] == b"]":
        return pieces, at + 1
    while True:
        end = _value_end(body, at)
        element = body[at:end]
        if element[:1] == b"{":
            pieces.records.append(element)
        else:
            pieces.unreadable.append((element, NOT_AN_OBJECT))
        at = _skip(body, end)
        if body[at : at + 1] == b"]":
            return pieces, at + 1
        if body[at : at + 1] != b",":
            raise _cut()
        at = _skip(body, at + 1)


def _members(body: bytes) -> Iterator[tuple[str, int, int]]:
    """Name, begin and end of each member of the object that the body is."""
    at = _first(body)
    if body[at : at + 1] != b"{":
        raise BadAnswer(f"the answer is no JSON object ({len(body)} bytes)")
    at = _skip(body, at + 1)
    while body[at : at + 1] != b"}":
        key = _KEY.match(body, at)
        colon = _skip(body, key.end()) if key else len(body)
        if key is None or colon >= len(body) or body[colon] != _COLON:
            raise _cut()
        begin = _skip(body, colon + 1)
        end = _value_end(body, begin)
        yield str(_parsed(key[0])), begin, end
        at = _skip(body, end)
        if body[at : at + 1] == b",":
            at = _skip(body, at + 1)
        elif body[at : at + 1] != b"}":
            raise _cut()


def _value_end(body: bytes, at: int) -> int:
    """Position after the value at `at`."""
    if body[at : at + 1] not in (b"{", b"["):
        scalar = _SCALAR.match(body, at)
        if scalar is None:
            raise _cut()
        return scalar.end()
    depth = 0
    while True:
        match = _FLAT.match(body, at)
        at = match.end() if match else at
        if at >= len(body) or body[at] == 0x22:
            raise _cut()
        depth += 1 if body[at] in _OPEN else -1
        at += 1
        if not depth:
            return at


def _parsed(piece: bytes) -> object:
    try:
        return orjson.loads(piece)
    except orjson.JSONDecodeError:
        raise _cut() from None


def _cut() -> BadAnswer:
    return BadAnswer("the JSON of the answer is cut or damaged")

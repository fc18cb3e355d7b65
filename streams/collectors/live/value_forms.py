"""One message of a stream to its records: `{"records": [...]}`, `{"value": [...]}`, a list, an object. Layer: streams."""

from __future__ import annotations

from schemas.records.decode import MAX_BYTES
from streams.cloud.seam import BadAnswer
from streams.collectors.live.verbatim import NOT_AN_OBJECT, Pieces, array_elements, page_elements

_LISTS = ("records", "value")


def records_of(value: bytes) -> Pieces:
    """The records as the very bytes that came; what is none, with the reason. Never raises."""
    start = value.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"[":
        try:
            return array_elements(value)
        except BadAnswer:
            return Pieces([], [(value, "not JSON")])
    if start != b"{":
        return Pieces([], [(value, NOT_AN_OBJECT if value else "an empty message")])
    for name in _LISTS:
        if f'"{name}"'.encode() in value:
            try:
                return page_elements(value, name)[0]
            except BadAnswer:
                continue
    return Pieces([value], []) if len(value) <= MAX_BYTES else Pieces([], [(value, "larger than 8 MiB")])

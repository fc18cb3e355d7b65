"""Reads the body of an answer whole, or says that it is not whole. Layer: streams.

A body ends too early when the connection breaks, when it is shorter than announced, when its compression does not end, or,
where nothing announced its length, when its JSON does not close.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from threading import Event

import httpx

BODY_BYTES_MAX = 512 << 20
BODY_SECONDS_MAX = 600.0  # wall time for one body: a service that trickles is not reachable
_GZIP = zlib.MAX_WBITS | 16


class CutBody(Exception):
    """The body ended too early; asking again may help. The text says how."""


class HugeBody(Exception):
    """The body is larger than anything the API sends. Nothing was kept of it."""


def read_body(response: httpx.Response, stop: Event, bytes_max: int = BODY_BYTES_MAX) -> bytes:
    """The body, decompressed; `CutBody`, `HugeBody`, `httpx.HTTPError`."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise CutBody(f"the body is compressed as {encoding[:20]!r}, which was not asked for")
    chunks = _watched(response.iter_raw(), stop)
    body = _joined(_unpacked(chunks, bytes_max) if "gzip" in encoding else chunks, bytes_max)
    if "json" in response.headers.get("content-type", "").lower() and not _closes(body):
        raise CutBody(f"the JSON of the body does not end ({len(body)} bytes)")
    return body


def _watched(chunks: Iterator[bytes], stop: Event) -> Iterator[bytes]:
    began = time.monotonic()
    for chunk in chunks:
        if stop.is_set():
            raise CutBody("stopped while reading")
        if time.monotonic() - began > BODY_SECONDS_MAX:
            raise CutBody(f"the body took longer than {BODY_SECONDS_MAX:.0f} s")
        yield chunk


def _joined(chunks: Iterator[bytes], bytes_max: int) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > bytes_max:
            raise HugeBody(f"the body is larger than {bytes_max} bytes")
    return bytes(body)


def _unpacked(chunks: Iterator[bytes], bytes_max: int) -> Iterator[bytes]:
    """Decompress gzip members one after another, never more at once than may be kept."""
    unpacker, seen = zlib.decompressobj(_GZIP), False
    try:
        for chunk in chunks:
            data = chunk
            while data:
                if unpacker.eof:
                    unpacker = zlib.decompressobj(_GZIP)
                seen = True
                yield unpacker.decompress(data, bytes_max + 1)
                data = unpacker.unconsumed_tail or unpacker.unused_data
    except zlib.error:
        raise CutBody("the compressed body is damaged") from None
    if seen and not unpacker.eof:
        raise CutBody("the compressed body does not end")


def _closes(body: bytes) -> bool:
    """Whether JSON that opens with a bracket ends with one: a cheap look, the parser judges the rest."""
    text = body.strip()
    return text[:1] not in (b"[", b"{") or text[-1:] == {b"[": b"]", b"{": b"}"}[text[:1]]

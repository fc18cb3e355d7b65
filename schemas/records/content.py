"""Digest by which two contents of one record are told apart. Layer: schemas.

A digest for equality, not for secrecy (decision 20): the contents it compares have the vendor's id of one record in common, so
that nobody gains by two that collide.
"""

from __future__ import annotations

from typing import Final

from xxhash import xxh3_128_digest

content_digest: Final = (
    xxh3_128_digest  # of canonical JSON (`schemas.records.decode.canonical`): bytes in, 16 bytes out
)

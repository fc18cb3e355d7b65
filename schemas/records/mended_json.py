"""JSON as the services write it, also where they cut a text within a character. Layer: schemas.

Exchange cuts subjects and names by UTF-16 units, which leaves half of a pair: `\\ud83d` alone, no valid Unicode text. Strict
parsers refuse the whole record; a rule could then be hidden behind its own name. Here the half becomes U+FFFD.
"""

from __future__ import annotations

import re
from typing import Final

import orjson

from schemas.text import well_formed

_ESCAPES: Final = re.compile(
    rb"\\\\"
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2})"
)
_HALVES: Final = (b"\\ud", b"\\uD")


def loads(data: bytes | str) -> object:
    """Value of strict JSON text, lone surrogates replaced by U+FFFD; `orjson.JSONDecodeError` for what is no JSON."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        held = well_formed(data).encode() if isinstance(data, str) else data
        if held is data and not any(half in held for half in _HALVES):
            raise
    return orjson.loads(_ESCAPES.sub(_mend, held))


def _mend(match: re.Match[bytes]) -> bytes:
    """Half a pair as U+FFFD; an escaped backslash and a whole pair as they are."""
    return b"\\ufffd" if match[1] is not None else match[0]

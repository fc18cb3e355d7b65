"""Text of unknown origin, made safe to show: terminals, logs, CSV cells, strict JSON. Layer: schemas.

Everything that comes from a record, a file name or an archive member's name is hostile until it went through here. HTML
is escaped where HTML is written; this module knows nothing of markup.
"""

from __future__ import annotations

import re
import unicodedata

ELLIPSIS = "…"
CELL_CHARACTERS_MAX = 32_767  # what a spreadsheet cell holds

_SURROGATE = re.compile("[\ud800-\udfff]")
_FORMULA_STARTS = frozenset("=+-@|%\uff1d\uff0b\uff0d\uff20")  # the last four: full-width forms


def printable(text: str, limit: int = 200) -> str:
    """Give ``text`` on one line of at most ``limit`` characters, without anything that steers a terminal or a reader.

    Controls, escapes, bidirectional overrides, zero-width and other format characters, lone surrogates, private and
    unassigned code points become visible escapes (``\\x1b``, ``\\u202e``); line ends, tabs and odd blanks a space.
    """
    cut = len(text) > limit
    shown = text[: limit + 1] if cut else text
    if not shown.isprintable():
        shown = "".join(char if char.isprintable() else _visible(char) for char in shown)
    if len(shown) <= limit and not cut:
        return shown
    return shown[: max(limit - 1, 0)] + ELLIPSIS if limit > 0 else ""


def _visible(char: str) -> str:
    if char in "\t\n\r" or unicodedata.category(char) in ("Zs", "Zl", "Zp"):
        return " "
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def csv_cell(text: str, limit: int = CELL_CHARACTERS_MAX) -> str:
    """Give ``text`` as content of a CSV cell that no spreadsheet takes for a formula; quoting is the writer's."""
    shown = printable(text, limit)
    if shown.lstrip(" '\"")[:1] in _FORMULA_STARTS and shown.strip():
        return "'" + shown[: limit - 1]
    return shown


def well_formed(text: str) -> str:
    """Give ``text`` with every lone surrogate replaced by U+FFFD: fit for UTF-8 and strict JSON."""
    return text if text.isascii() else _SURROGATE.sub("�", text)

"""Why a command does not start. Layer: streams."""

from __future__ import annotations

from schemas.text import printable

_CHARACTERS_MAX = 1_000


class Refusal(Exception):
    """Wrong usage, or nothing to work with: exit status 2. The text is one line, safe to print, without secrets."""

    def __init__(self, text: str) -> None:
        super().__init__(printable(text, _CHARACTERS_MAX))

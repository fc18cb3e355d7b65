"""What a pure function said of short texts, remembered within bounds. Layer: schemas."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

V = TypeVar("V")


class Memo(dict[str, V]):
    """`memo[text]` is `function(text)`, which must be pure: found again at the price of a dictionary.

    At most `entries` results are kept, then it begins anew; a text longer than `characters` is never kept.
    """

    __slots__ = ("_characters", "_entries", "_function")

    def __init__(self, function: Callable[[str], V], entries: int, characters: int) -> None:
        super().__init__()
        self._function = function
        self._entries = entries
        self._characters = characters

    def __missing__(self, text: str) -> V:
        found = self._function(text)
        if len(text) <= self._characters:
            if len(self) >= self._entries:
                self.clear()
            self[text] = found
        return found

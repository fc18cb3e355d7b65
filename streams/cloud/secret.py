"""Secrets, and text that came near them. Layer: streams.

A `Secret` shows its value only to `reveal()`: never in `repr`, `str`, a format, a pickle or an error. A `Redactor` knows the
secrets and tokens in use and takes them out of text that somebody else wrote (an API's error, a login server's description).
"""

from __future__ import annotations

import hmac
import re
import threading
from collections import deque
from collections.abc import Iterable
from typing import NoReturn

from schemas.text import printable

HIDDEN = "[hidden]"
TEXT_CHARACTERS_MAX = 300
TOKENS_REMEMBERED_MAX = 64
SECRET_CHARACTERS_MIN = 4  # shorter values would black out ordinary text

_TOKEN = re.compile(r"eyJ[A-Za-z0-9_\-]{4,}(?:\.[A-Za-z0-9_\-]*){0,4}")
_BEARER = re.compile(r"(?i)\bbearer\s+[^\s\"',;]+")


class Secret:
    """A value that only `reveal()` shows."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value, for the one call that needs it."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({HIDDEN})"

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value.encode(), other._value.encode())

    __hash__ = None  # type: ignore[assignment]

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


class Redactor:
    """Takes known secrets, remembered tokens and anything that looks like a token out of text. Thread-safe."""

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._secrets = tuple(secret for secret in secrets if len(secret.reveal()) >= SECRET_CHARACTERS_MIN)
        self._tokens: deque[str] = deque(maxlen=TOKENS_REMEMBERED_MAX)
        self._lock = threading.Lock()

    def remember(self, token: str) -> None:
        """Hide this token (or assertion) from now on."""
        with self._lock:
            if len(token) >= SECRET_CHARACTERS_MIN and token not in self._tokens:
                self._tokens.append(token)

    def clean(self, text: str, limit: int = TEXT_CHARACTERS_MAX) -> str:
        """Text on one line of at most `limit` characters, without control characters, secrets or tokens."""
        with self._lock:
            tokens = tuple(self._tokens)
        for value in sorted((*tokens, *(secret.reveal() for secret in self._secrets)), key=len, reverse=True):
            text = text.replace(value, HIDDEN)
        return printable(_BEARER.sub(HIDDEN, _TOKEN.sub(HIDDEN, text)), limit)

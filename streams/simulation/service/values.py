"""Values written as text: `reset=0.02,graph_limit,next_header=NextPageUrl`. Layer: streams."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

_YES, _NO = ("yes", "true", "on", "1"), ("no", "false", "off", "0")


def pairs_of(text: str) -> Iterable[tuple[str, str | None]]:
    """Names with their values; None for a name alone."""
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, sign, value = part.partition("=")
        yield name.strip(), value.strip() if sign else None


def value_like(name: str, example: object, text: str | None) -> Any:
    """A text as a value of an example's type; a name alone switches on. ValueError says what is wrong."""
    if isinstance(example, bool):
        if text is not None and text.lower() not in (*_YES, *_NO):
            raise ValueError(f"{name}={text}: yes or no is wanted")
        return text is None or text.lower() in _YES
    if text is None:
        raise ValueError(f"{name} needs a value: {name}={example}")
    if isinstance(example, str):
        return text
    try:
        found = int(text) if isinstance(example, int) else float(text)
    except ValueError:
        raise ValueError(f"{name}={text}: a number is wanted") from None
    if not -1e15 < found < 1e15:  # also no NaN
        raise ValueError(f"{name}={text}: a number within reason is wanted")
    return found

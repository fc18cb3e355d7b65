"""Alerts to a Slack incoming webhook, as Block Kit. Layer: streams.

Every text is a `plain_text` object: Slack reads no formatting, links or mentions in it. Limits as Slack documents them
(50 blocks, header 150 and section 3,000 characters) and as it enforces them (about 13,000 characters of blocks in all).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from schemas.text import ELLIPSIS
from streams.sinks.alert_view import AlertView

BLOCKS_MAX = 50
HEADER_CHARACTERS_MAX = 150
SECTION_CHARACTERS_MAX = 3_000
PAYLOAD_CHARACTERS_MAX = 11_000
_SHORTENED = "Shortened: Slack takes no more. The whole story is in the incident named below."


def message(view: AlertView) -> dict[str, Any]:
    """The webhook's payload."""
    blocks = [
        _header(view.headline),
        _section(f"How sure: {view.sure}\nDo now: {view.todo}"),
        {"type": "divider"},
    ]
    facts = _section("\n".join(f"{name}: {value}" for name, value in view.facts))
    room = PAYLOAD_CHARACTERS_MAX - sum(map(_size, blocks)) - _size(facts) - _size(_section(_SHORTENED))
    whole = True
    for text in _details(view):
        block = _section(text)
        room -= _size(block)
        if room < 0 or len(blocks) >= BLOCKS_MAX - 2:
            whole = False
            break
        blocks.append(block)
    if not whole:
        blocks.append(_section(_SHORTENED))
    blocks.append(facts)
    return {
        "text": _escaped(view.headline, SECTION_CHARACTERS_MAX),
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": blocks,
    }


def _details(view: AlertView) -> Iterator[str]:
    """The reasons and stages before the story, which may be long."""
    if view.reasons:
        yield "Why:\n" + "\n".join(f"• {reason}" for reason in view.reasons)
    if view.stages:
        yield "Stages:\n" + "\n".join(f"• {seen.time} {seen.stage}: {seen.operation}" for seen in view.stages)
    yield from view.story


def _header(text: str) -> dict[str, Any]:
    return {"type": "header", "text": _plain(text, HEADER_CHARACTERS_MAX)}


def _section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": _plain(text, SECTION_CHARACTERS_MAX)}


def _plain(text: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": _escaped(text, limit), "emoji": False}


def _escaped(text: str, limit: int) -> str:
    """Slack's three escapes; cut between characters, never within an escape. Never empty, which Slack refuses."""
    escapes = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
    pieces = [escapes.get(char, char) for char in text] or ["-"]
    size = 0
    for at, piece in enumerate(pieces):
        size += len(piece)
        if size > limit:
            kept = pieces[:at]
            while kept and sum(map(len, kept)) > limit - len(ELLIPSIS):
                kept.pop()
            return "".join(kept) + ELLIPSIS
    return "".join(pieces)


def _size(block: dict[str, Any]) -> int:
    return len(orjson.dumps(block).decode())

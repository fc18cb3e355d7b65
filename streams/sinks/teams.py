"""Alerts to a Teams channel or chat through a Workflows webhook, as an Adaptive Card. Layer: streams.

The workflow's trigger is "When a Teams webhook request is received"; it posts the attached card. Every text of an alert is
a `TextRun`, in which Adaptive Cards read no Markdown; there are no mentions, actions or images. Teams refuses messages
beyond 28 KB; bot messages are counted in UTF-16, so that is how the card is counted here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson

from streams.sinks.alert_view import AlertView

MESSAGE_BYTES_MAX = 28_000
CARD_VERSION = "1.4"
_SHORTENED = "(shortened: Teams takes no more; the whole story is in the incident named below)"
_STYLES = {"ACT": "attention", "REVIEW": "warning"}

_Item = dict[str, Any]


def message(view: AlertView) -> dict[str, Any]:
    """The webhook's payload; the story gives way, from its end, until Teams takes it."""
    story = view.story
    shown = _message(view)
    while message_bytes(shown) > MESSAGE_BYTES_MAX and story:
        story = story[: len(story) * 3 // 4]
        shown = _message(replace(view, story=(*story, _SHORTENED)))
    return shown


def message_bytes(payload: dict[str, Any]) -> int:
    """Size as Teams counts it: UTF-16."""
    return len(orjson.dumps(payload).decode().encode("utf-16-le"))


def _message(view: AlertView) -> dict[str, Any]:
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": CARD_VERSION,
        "fallbackText": "An alert of Watchpost: this Teams cannot show it.",
        "msteams": {"width": "Full"},
        "body": _body(view),
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _body(view: AlertView) -> list[_Item]:
    top = [
        _lines(_run(view.headline, weight="Bolder", size="Large")),
        _lines(_run("How sure: ", weight="Bolder"), _run(view.sure)),
        _lines(_run("Do now: ", weight="Bolder"), _run(view.todo)),
    ]
    style = _STYLES.get(view.label.partition(" ")[0], "default")
    body: list[_Item] = [{"type": "Container", "style": style, "bleed": True, "items": top}]
    body += _part("Why", view.reasons)
    body += _part("Stages", [f"{seen.time}  {seen.stage}: {seen.operation}" for seen in view.stages])
    body += _part("What happened", view.story)
    facts = [_lines(_run(f"{name}: ", weight="Bolder"), _run(value)) for name, value in view.facts]
    body.append({"type": "Container", "separator": True, "spacing": "Medium", "items": facts})
    return body


def _part(title: str, lines: Sequence[str]) -> list[_Item]:
    if not lines:
        return []
    items = [_lines(_run(title, weight="Bolder")), *(_lines(_run(line)) for line in lines)]
    return [{"type": "Container", "spacing": "Medium", "items": items}]


def _lines(*runs: _Item) -> _Item:
    return {"type": "RichTextBlock", "inlines": list(runs)}


def _run(text: str, **look: str) -> _Item:
    return {"type": "TextRun", "text": text or "-", **look}

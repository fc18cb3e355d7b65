"""Cards for Teams and blocks for Slack: within the published limits and shapes, and inert whatever the records say."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import orjson
import pytest

from schemas.contracts.incident import Resource, Tier
from streams.sinks import slack, teams
from streams.sinks.alert_sink import SinkRefused
from streams.sinks.alert_view import view_of
from streams.sinks.chat import ChatWebhook
from streams.sinks.http_post import HttpPost
from streams.sinks.secret import Secret
from tests.unit.sinks.alert_examples import ACCOUNT, URL_TOKEN, alert
from tests.unit.sinks.conftest import HOSTILE, evidence
from tests.unit.sinks.receivers import Authority, HttpReceiver, Says

MARKUP = (
    "<!channel> <!here> <@U123> @channel @here",
    "*bold* _it_ ~no~ `code` ```block```",
    "[text](https://evil.example) **x**",
    "<at>anna</at> {{DATE(2017-02-14T06:08:39Z)}} ${expr} @{triggerBody()}",
    "&lt;!channel&gt; &amp;",
    ":tada: :warning:",
)
LONG = "a" * 5_000
# Adaptive Cards 1.4: element -> required and optional members that we use (published schema).
CARD = {
    "AdaptiveCard": ({"version", "body"}, {"$schema", "fallbackText", "msteams"}),
    "Container": ({"items"}, {"style", "bleed", "separator", "spacing"}),
    "RichTextBlock": ({"inlines"}, set()),
    "TextRun": ({"text"}, {"weight", "size"}),
}
VALUES = {
    "style": {"default", "emphasis", "good", "attention", "warning", "accent"},
    "weight": {"Lighter", "Default", "Bolder"},
    "size": {"Small", "Default", "Medium", "Large", "ExtraLarge"},
    "spacing": {"None", "Small", "Default", "Medium", "Large", "ExtraLarge", "Padding"},
}


def checked_card(payload: dict[str, Any]) -> list[str]:
    """Every text of a card that keeps to the schema and to what a Workflows webhook takes."""
    assert payload.keys() == {"type", "attachments"}
    assert payload["type"] == "message"
    [attachment] = payload["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["contentUrl"] is None
    assert attachment["content"]["version"] in ("1.4", "1.5")
    assert teams.message_bytes(payload) <= 28_000
    return list(texts(attachment["content"]))


def texts(element: dict[str, Any]) -> Iterator[str]:
    required, optional = CARD[element["type"]]
    assert required <= element.keys() <= required | optional | {"type"}
    for name, values in VALUES.items():
        assert element.get(name, next(iter(values))) in values
    if element["type"] == "TextRun":
        assert isinstance(element["text"], str) and element["text"]
        yield element["text"]
    children = element.get("body", element.get("items", element.get("inlines", [])))
    assert children or element["type"] == "TextRun"
    for child in children:
        yield from texts(child)


def checked_blocks(payload: dict[str, Any]) -> list[str]:
    """Every text of a message that keeps to Slack's limits; none is read as markup."""
    assert payload["mrkdwn"] is payload["unfurl_links"] is payload["unfurl_media"] is False
    assert 0 < len(payload["text"]) <= 3_000
    assert 0 < len(payload["blocks"]) <= 50
    assert len(orjson.dumps(payload["blocks"]).decode()) <= 13_000
    found = [payload["text"]]
    for block in payload["blocks"]:
        if block["type"] == "divider":
            assert block.keys() == {"type"}
            continue
        assert block.keys() == {"type", "text"}
        text = block["text"]
        assert (text["type"], text["emoji"], text.keys()) == ("plain_text", False, {"type", "text", "emoji"})
        assert 0 < len(text["text"]) <= {"header": 150, "section": 3_000}[block["type"]]
        found.append(text["text"])
    return found


@pytest.mark.parametrize("text", [*HOSTILE, *MARKUP, LONG, "", " "])
def test_a_card_is_valid_and_inert(text: str) -> None:
    shown = checked_card(teams.message(view_of(alert(text))))
    assert all(line.isprintable() for line in shown)
    assert not any("://" in line for line in shown)


@pytest.mark.parametrize("text", [*HOSTILE, *MARKUP, LONG, "", " "])
def test_blocks_are_valid_and_inert(text: str) -> None:
    for shown in checked_blocks(slack.message(view_of(alert(text)))):
        assert all(line.isprintable() for line in shown.split("\n"))
        assert "<" not in shown
        assert ">" not in shown
        assert "&" not in shown.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
        assert "://" not in shown


def test_an_escape_is_never_cut_in_half() -> None:
    header = slack.message(view_of(alert("&" * 200)))["blocks"][0]["text"]["text"]
    assert header.endswith("&amp;…")


def test_a_card_begins_with_the_three_lines() -> None:
    found = alert(
        resources=(Resource("User", ACCOUNT, ACCOUNT),), title=f"{ACCOUNT}: Sent 9,000 mails", remediation="Stop it."
    )
    card = teams.message(view_of(found))["attachments"][0]["content"]
    top = card["body"][0]
    lines = ["".join(run["text"] for run in block["inlines"]) for block in top["items"]]
    assert top["style"] == "attention"
    assert lines[0] == f"ACT: {ACCOUNT}: Sent 9,000 mails"
    assert lines[1].startswith("How sure: sure enough to act at once")
    assert lines[2] == "Do now: Stop it."


def test_blocks_begin_with_the_three_lines() -> None:
    found = alert(
        resources=(Resource("User", ACCOUNT, ACCOUNT),), title=f"{ACCOUNT}: Sent 9,000 mails", remediation="Stop it."
    )
    first, second = slack.message(view_of(found))["blocks"][:2]
    assert first["text"]["text"] == f"ACT: {ACCOUNT}: Sent 9,000 mails"
    assert second["text"]["text"].split("\n")[1] == "Do now: Stop it."


def test_a_review_has_another_colour() -> None:
    card = teams.message(view_of(alert(tier=Tier.REVIEW)))["attachments"][0]["content"]
    assert card["body"][0]["style"] == "warning"


@pytest.mark.parametrize("char", ["x", "字", "\U0001f600", '"', "\\"])
def test_the_longest_story_is_shortened_and_says_so(char: str) -> None:
    view = view_of(alert("title", story="\n".join([char * 900] * 60), evidence=(evidence(char * 400),) * 64))
    card, blocks = teams.message(view), slack.message(view)
    assert any("shortened" in text for text in checked_card(card))
    assert any("Shortened" in text for text in checked_blocks(blocks))
    assert any(text.startswith("Account: ") for text in checked_blocks(blocks))


def test_a_usual_story_is_told_whole() -> None:
    view = view_of(alert("An inbox rule was made; it deletes all mail.", story="line of an alert\n" * 8))
    assert not any("shortened" in text for text in checked_card(teams.message(view)))
    assert not any("Shortened" in text for text in checked_blocks(slack.message(view)))


@pytest.mark.parametrize("chat", [teams, slack])
def test_they_are_posted_as_json(authority: Authority, chat: ModuleType) -> None:
    with HttpReceiver(authority.context(), [Says(202), Says(400, body=b"invalid_blocks")]) as receiver:
        sink = ChatWebhook("chat", HttpPost(Secret(receiver.url), 5.0, authority.bundle), chat.message)
        sink.send([alert()])
        with pytest.raises(SinkRefused, match="HTTP 400 \\(invalid_blocks\\)") as caught:
            sink.send([alert()])
        sink.close()
    assert URL_TOKEN not in str(caught.value)
    assert receiver.asked[0].headers["Content-Type"].startswith("application/json")
    payload = orjson.loads(receiver.asked[0].body)
    assert checked_card(payload) if chat is teams else checked_blocks(payload)

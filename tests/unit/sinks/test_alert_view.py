"""The words of an alert: the three lines that matter, and text of attackers that does nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.contracts.incident import Activity, Resource, Tier
from streams.sinks.alert_sink import Alert, NotAnAlert
from streams.sinks.alert_view import plain_text, view_of
from streams.sinks.inert import inert
from tests.unit.sinks.alert_examples import ACCOUNT, alert, changed, named
from tests.unit.sinks.conftest import HOSTILE

LINKS = (
    "https://evil.example/a?b=c",
    "HTTP://evil.example",
    "www.evil.example",
    "evil.example/path",
    "see evil.example.",
    "javascript:alert(1)",
    "data:text/html,x",
    "[click](https://evil.example)",
    "<https://evil.example|click>",
    "ftp://evil.example",
    "msteams:/l/chat",
    "http://evil。example",
    "xn--e1afmkfd.xn--p1ai",
    "пример.рф",
)
CLICKABLE = re.compile(
    r"(?i)\w+://\w|www\.\w|(?<![@\w.-])\w[\w-]*\.[^\W\d_]{2,}(?![\w@])|javascript:\S|data:\S|msteams:\S"
)


def told(text: str = "plain", **more: Any) -> str:
    return plain_text(view_of(alert(text, **more)))


def test_the_first_three_lines_say_who_what_how_sure_and_what_to_do() -> None:
    found = alert(
        resources=(Resource("User", ACCOUNT, ACCOUNT),),
        title=f'{ACCOUNT}: An inbox rule "x" was made; it deletes (all incoming mail)',
        remediation="Revoke the account's sessions and reset its password now.",
    )
    first, second, third = plain_text(view_of(found)).split("\n")[:3]
    assert first == f'ACT: {ACCOUNT}: An inbox rule "x" was made; it deletes (all incoming mail)'
    assert second.startswith(
        "How sure: sure enough to act at once: 78 of 100; severity high; seen: evasion; since 2026-"
    )
    assert third == "Do now: Revoke the account's sessions and reset its password now."


def test_a_review_asks_a_person_and_says_what_is_not_known() -> None:
    text = told(tier=Tier.REVIEW, historical=True)
    assert text.startswith("REVIEW: ")
    assert "a person should look" in text
    assert "still being learnt" in text
    assert "from a back-fill" in text
    assert "Could not be seen: plain" in text


@pytest.mark.parametrize(("activity", "word"), [(Activity.UPDATE, "(update)"), (Activity.CLOSE, "(closed)")])
def test_later_messages_say_that_they_are(activity: Activity, word: str) -> None:
    assert told(activity=activity).startswith(f"ACT {word}: ")


def test_a_closed_incident_does_not_shout() -> None:
    assert "Do now: Nothing new was seen for three days." in told(activity=Activity.CLOSE)


def test_a_network_and_a_tenant_are_named_as_what_they_are() -> None:
    assert told(resources=(Resource("Network", "net:asn:1/ab", "asn:1/ab"),)).startswith("ACT: network asn:1/ab: ")
    assert told(resources=(Resource("Tenant", "t-1", "Contoso"),)).startswith("ACT: tenant Contoso: ")


def test_missing_members_are_left_out() -> None:
    bare = changed(alert(), remediation=None, resources=None, evidences=None, severity=None, confidence_score=None)
    text = plain_text(view_of(bare))
    assert "unknown account" in text
    assert "Stages" not in text
    assert "unknown of 100" in text


def test_a_long_story_says_what_is_left_out() -> None:
    assert "(60 more lines" in told(story="line\n" * 100)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_on_its_line(text: str) -> None:
    lines = told(text).split("\n")
    assert [line.partition(": ")[0] for line in lines[:4]] == ["ACT", "How sure", "Do now", ""]
    assert all(line.isprintable() for line in lines)
    assert not any(line.startswith("summary: ") for line in lines)


@pytest.mark.parametrize("text", LINKS)
def test_nothing_can_be_clicked(text: str) -> None:
    lines = told(text, resources=(Resource("User", ACCOUNT, ACCOUNT), Resource("Rule", text, text)))
    assert not CLICKABLE.search(lines)


@pytest.mark.parametrize(
    "text",
    [
        ACCOUNT,
        "jane.doe@contoso.example",
        "T1564.008",
        "203.0.113.7",
        "2001:db8::1",
        "0.4 are usual",
        "net:asn:1/ab",
        "09:12 UTC",
    ],
)
def test_what_an_analyst_copies_is_left_as_it_is(text: str) -> None:
    assert inert(text, 200) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("see https://evil.example/a.b?c=d", "see hxxps[:]//evil[.]example/a.b?c=d"),
        ("HTTP://203.0.113.7/x", "hxxp[:]//203.0.113.7/x"),
        ("ftp://evil.example x://y", "ftp[:]//evil[.]example x[:]//y"),
        ("www.evil.example, ok", "www[.]evil[.]example, ok"),
        ("javascript:alert(1)", "javascript[:]alert(1)"),
        ("-evil.example .evil.example]evil.example", "-evil[.]example .evil[.]example]evil[.]example"),
        ("@evil.example anna@evil.example", "@evil[.]example anna@evil.example"),
        ("(evil\u3002example)", "(evil[.]example)"),
    ],
)
def test_addresses_are_written_as_analysts_write_them(text: str, shown: str) -> None:
    assert inert(text, 200) == shown


@given(st.text(max_size=60), st.integers(1, 60))
def test_inert_text_is_one_printable_line_within_its_limit(text: str, limit: int) -> None:
    shown = inert(text, limit)
    assert len(shown) <= limit
    assert shown.isprintable()
    assert "://" not in shown


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b'{"metadata":{"uid":"a"}}', named(1).body.replace(b'"act"', b'"other"')],
)
def test_other_bytes_are_no_alert(body: bytes) -> None:
    with pytest.raises(NotAnAlert):
        Alert.of(body, 0)


def test_an_alert_knows_what_it_is_about() -> None:
    found = named(7, "incident-1")
    assert (found.uid, found.incident, found.tier, found.activity) == ("m7", "incident-1", Tier.ACT, Activity.CREATE)
    assert (found.account, found.tenant) == ("plain words", "plain words")

"""What `impossible-session` says is true, and nothing in it comes raw from a record."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from detectors.accounts.client_agent import agent_of
from detectors.engine.knowledge import Knowledge
from detectors.engine.network import NetworkFact
from detectors.probe import NoFacts
from schemas.records.event import AuditEvent, SignIn
from tests.scenarios.places import PLACES
from tests.unit.detectors.session_life import Life

NEVER = "none of this account's known networks"
ELSEWHERE = "in a session that had been in use elsewhere"
BY_TURNS = "used by turns"
HOSTILE = "Ber\x1b[31mlin\u202e\r\n"


def _said(life: Life) -> str:
    """The sentence of the strongest evidence."""
    return max(life.held().values(), key=lambda held: held.nats).sentence


def _come(life: Life, *steps: tuple[float, str, str | None, str | None]) -> None:
    """(hours, place, client, session): sign-ins; a client "~name" acts, None acts without a user agent."""
    events: list[AuditEvent] = []
    for hours, place, client, session in steps:
        if client is None or client.startswith("~"):
            name = client.removeprefix("~") if client else None
            events.append(life.builder.act(life.at(hours), place, name, session, "FileAccessed"))
        else:
            events.append(life.builder.sign_in(life.at(hours), place, client, session))
    life.arrive(events)


def test_a_place_that_no_learnt_day_knows() -> None:
    life = Life()
    _come(life, (9, "lagos", "linux", "t"))
    assert (
        _said(life)
        == f"Signed in from 197.210.1.1 (Glo Nigeria, AS37148, Lagos, NG) with Chrome on Linux, which is {NEVER}."
    )


def test_a_place_of_the_account_is_never_called_unknown() -> None:
    life = Life(history="1 workdays of pc at cafe")
    _come(life, (9, "cafe", "linux", "t"), (9.1, "lagos", "linux", "t"))
    for held in life.held().values():
        if "62.96.7.7" in held.sentence:
            assert NEVER not in held.sentence


def test_met_once_is_called_hardly_used() -> None:
    life = Life(history="20 workdays of pc at home")
    _come(life, (9, "hotel", "pc", "a"))
    life.pass_day()
    _come(life, (36, "hotel", "linux", "b"))
    said = [held.sentence for held in life.held().values() if "Linux" in held.sentence]
    assert said
    assert all("a network this account has hardly used" in text for text in said)


def test_elsewhere_is_said_only_of_sessions_that_moved() -> None:
    moved, stayed, fresh = Life(), Life(), Life()
    _come(moved, (9, "home", "pc", "pc"), (9.2, "hosting-nl", "pc", "pc"))
    assert ELSEWHERE in _said(moved)
    _come(stayed, (9, "home", "pc", "x"), (9.2, "home", "linux", "x"))
    assert ELSEWHERE not in _said(stayed)
    assert "in a session that had been in use with another operating system" in _said(stayed)
    _come(fresh, (9, "home", "pc", "x"), (9.2, "hosting-nl", "pc", "y"))
    assert ELSEWHERE not in _said(fresh) and NEVER in _said(fresh)


def test_a_service_is_not_called_a_place_of_the_account() -> None:
    life = Life()
    _come(life, (9, "exchange", "~axios", "pc"))
    assert _said(life).endswith("an address of Microsoft's or the tenant's own.")


@pytest.mark.parametrize(
    ("home_hours", "strange_hours", "by_turns"),
    [
        ((9.0, 9.5), (9.2,), True),
        ((9.0,), (8.9, 9.2), True),
        ((9.0, 9.2), (9.1, 9.4), True),
        ((9.0, 9.1), (9.2, 9.4), False),
        ((9.5, 9.6), (9.2, 9.4), False),
    ],
)
def test_by_turns_is_said_of_interleaved_use_alone(
    home_hours: tuple[float, ...], strange_hours: tuple[float, ...], by_turns: bool
) -> None:
    life = Life()
    steps = [(hours, "home", "pc", "s") for hours in home_hours] + [
        (hours, "hosting-nl", "pc", "s") for hours in strange_hours
    ]
    _come(life, *sorted(steps))
    held = max(life.held().values(), key=lambda held: held.nats)
    assert (BY_TURNS in held.sentence) == by_turns
    assert any("by turns" in reason.observed for reason in held.reasons) == by_turns


def test_a_journey_is_told_with_its_figures() -> None:
    life = Life()
    _come(life, (9.7, "lagos", "pc", "b"), (9, "office", "pc", "a"))
    lagos, berlin = r"197\.210\.1\.1 \(.*Lagos, NG\)", r"198\.51\.100\.7 \(.*Berlin, DE\)"
    assert re.search(rf"used from {lagos} and from {berlin}, \d+ km in 42 minutes apart\.", _said(life))


def test_by_turns_names_both_networks_and_which_is_the_strange_one() -> None:
    life = Life()
    _come(life, (9, "home", "pc", "s"), (9.2, "hosting-nl", "pc", "s"), (9.5, "home", "pc", "s"))
    strange, home = PLACES["hosting-nl"].ip, PLACES["home"].ip
    assert re.search(
        rf"two networks: {strange} \(.*\), which is strange here, and {home} \(.*\), which is not\.", _said(life)
    )
    reasons = [reason for held in life.held().values() for reason in held.reasons]
    assert not any("as judged" in reason.observed for reason in reasons)


def test_a_legacy_client_is_named_in_words() -> None:
    agent = agent_of(None, None, "BAV2ROPC")
    assert agent.words == "a legacy password sign-in (BAV2ROPC)"
    assert agent_of(None, None, "CBAInPROD").words == "a legacy password sign-in (CBAInPROD)"


def _hostile(event: AuditEvent) -> AuditEvent:
    assert isinstance(event.detail, SignIn)
    detail = replace(event.detail, city=HOSTILE, os=f"Linux{HOSTILE}", browser=f"Chrome{HOSTILE}")
    return replace(event, detail=detail, operation=HOSTILE, user_agent=f"python{HOSTILE}/3", session=f"pc{HOSTILE}")


@pytest.mark.parametrize("place", [name for name in PLACES if name not in ("exchange", "entra")])
def test_nothing_of_a_record_comes_raw(place: str) -> None:
    life = Life()
    event = _hostile(life.builder.sign_in(life.at(9), place, "linux", "pc"))
    failed = _hostile(life.builder.sign_in(life.at(10), place, "linux", "pc", error=50076))
    again = _hostile(life.builder.sign_in(life.at(8.5), "home", "pc", "pc"))
    life.arrive([event, failed, again])
    for held in life.held().values():
        texts = [held.sentence, held.advice, held.value]
        texts += [text for reason in held.reasons for text in (reason.feature, reason.observed, reason.expected)]
        assert all(text.isprintable() and len(text) < 400 for text in texts), texts


class Mistaken(NoFacts):
    """Network data that know every address's country, and are wrong."""

    def fact(self, ip: str) -> NetworkFact:
        return NetworkFact(country="RO", city="Bucharest", latitude=44.4, longitude=26.1)


def test_what_a_sign_in_said_of_an_address_wins_over_the_network_data() -> None:
    life = Life(knowledge=Knowledge(Mistaken()))
    _come(life, (9, "hosting-nl", "linux", "t"), (9.1, "hosting-nl", "~axios", "t"))
    ip = PLACES["hosting-nl"].ip
    said = [held.sentence for held in life.held().values() if ip in held.sentence]
    reasons = [f"{reason.feature} {reason.observed}" for held in life.held().values() for reason in held.reasons]
    assert said and not any("RO" in text or "Bucharest" in text for text in [*said, *reasons]), (said, reasons)
    assert life.best() > 0.0


def test_where_no_sign_in_said_anything_the_network_data_are_told() -> None:
    life = Life(knowledge=Knowledge(Mistaken()))
    _come(life, (9.1, "hosting-nl", "~axios", "t"))
    assert "Bucharest, RO" in _said(life)

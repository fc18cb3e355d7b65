"""What an incident says of itself: how its figures add up, what was not seen, what to do first."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import techniques
from detectors.engine.detector import Control, Evidence
from detectors.engine.network import NetworkFact
from detectors.engine.network_words import about, at_least, network_words
from detectors.incidents.book import Book, OpenIncident, Ref
from detectors.incidents.story import tell
from detectors.incidents.sum_words import how_it_adds
from schemas.contracts.incident import Activity, Incident, Reason, Stage

NOON_MS, HOUR_MS, DAY_MS = 1_728_043_200_000, 3_600_000, 86_400_000
STRANGE, HOME = "45.9.1.7", "62.96.7.7"


def evidence(nats: float, stage: Stage, value: str = "v", certain: bool = False, **changes: object) -> Evidence:
    reasons = (Reason("network" if stage is Stage.ACCESS else "what", "done", "", nats),)
    plain = Evidence(
        "test",
        value,
        stage,
        techniques.HIDING_RULE,
        Control.SESSION,
        nats,
        reasons,
        "It was done.",
        "Undo it.",
        certain,
    )
    return replace(plain, **changes)


def book_of(*rows: tuple[float, str | None, Evidence]) -> Book:
    """(hours after noon, address, evidence)."""
    book = Book()
    for n, (hours, ip, found) in enumerate(rows):
        time_ms = NOON_MS + int(hours * HOUR_MS)
        book.add(found, Ref(time_ms, f"r{n}", "Act", ip, None, found.nats), time_ms // DAY_MS)
    return book


def told(book: Book, account: str = "ada@home.example", act: bool = False) -> Incident:
    times = {"review": NOON_MS, "act": NOON_MS} if act else {"review": NOON_MS}
    incident = OpenIncident("uid", NOON_MS, times, 1)
    return tell(book, incident, Activity.CREATE, "t", account, NOON_MS, "t/1", True, ())


reasons = st.lists(st.floats(-4.0, 8.0).map(lambda nats: round(nats, 2)), min_size=1, max_size=6)
rows = st.lists(
    st.tuples(
        st.floats(0.0, 40.0),
        st.sampled_from([STRANGE, HOME, None]),
        st.builds(
            evidence,
            st.integers(3, 20).map(float),
            st.sampled_from(list(Stage)),
            st.sampled_from(["a", "b", "c"]),
            st.booleans(),
            adds=st.booleans(),
        ),
    ),
    min_size=1,
    max_size=8,
)


@given(rows, st.booleans())
@settings(max_examples=200, deadline=None)
def test_the_sum_that_is_told_is_the_score(found: list[tuple[float, str | None, Evidence]], young: bool) -> None:
    if young:
        for _, _, item in found:
            item.reasons = (*item.reasons, Reason("history", "3 active hours", "20 or more", -2.0))
    book = book_of(*found)
    nats, words = how_it_adds(list(book.held.values()))
    assert nats == pytest.approx(book.score())
    if " in full" not in words and "alone" not in words:
        figures, _, less = words.partition(", less ")
        terms = [float(figure) for figure in re.findall(r"\d+\.\d", figures)]
        assert sum(terms) - 2.5 * len(terms) == pytest.approx(nats, abs=0.05 * len(terms) + 0.01), words
        assert less.startswith("2.5")


def test_one_finding_needs_no_sum() -> None:
    assert told(book_of((0, HOME, evidence(11.0, Stage.ACCESS)))).story.endswith(
        "Together 11.0 nats of surprise (review)."
    )


def test_acts_from_one_strange_address_are_told_to_add_up_in_full() -> None:
    book = book_of(
        (0, STRANGE, evidence(6.0, Stage.ACCESS, "a")),
        (1, STRANGE, evidence(7.0, Stage.EVASION, "b")),
        (1, HOME, evidence(8.0, Stage.IMPACT, "c")),
    )
    last = told(book).story.split("\n")[-1]
    assert f"access 5.7 + evasion 7.0 in full, all from {STRANGE} + impact 8.0, less 2.5" in last
    assert "half as much 12 hours later" in last


@given(reasons)
@settings(max_examples=100, deadline=None)
def test_the_figures_beside_a_finding_add_up_to_it(nats: list[float]) -> None:
    ordered = sorted(nats, reverse=True)
    found = evidence(round(sum(ordered), 2), Stage.ACCESS)
    found.reasons = tuple(Reason(f"f{n}", "x", "", value) for n, value in enumerate(ordered))
    line = told(book_of((0, HOME, found))).story.split("\n")[0]
    figures = [float(figure) for figure in re.findall(r"\(([+-]\d+\.\d)\)", line)]
    assert sum(figures) == pytest.approx(found.nats, abs=0.05 * (len(figures) + 1) + 0.01), line


def test_what_was_not_seen_is_no_claim_about_what_was_there() -> None:
    story = told(book_of((0, HOME, evidence(11.0, Stage.EVASION)))).story
    assert "Not seen so far: no sign-in strange enough to count; no surge of mail." in story


def test_a_network_has_no_owner_to_ask_and_an_application_no_password() -> None:
    book = book_of((0, HOME, evidence(11.0, Stage.ACCESS)))
    network = told(book, "net:asn:14061/0000c0de")
    assert network.remediation == "Undo it." and "surge" not in network.story
    assert network.title == "network AS14061: It was done"
    assert network.resources[0].uid == "net:asn:14061/0000c0de"
    assert told(book).remediation.startswith("Ask the owner first.")
    assert "application" in told(book, "app:1").remediation and "owner" not in told(book, "app:1").remediation
    assert "Disable the application" in told(book, "app:1", act=True).remediation
    assert "password" in told(book, act=True).remediation


@pytest.mark.parametrize(
    ("entity", "words"),
    [
        ("asn:14061/0000c0de", "AS14061"),
        ("asn:14061", "AS14061"),
        ("tenant", "several addresses"),
        ("203.0.113.7", "203.0.113.7"),
        ("net:5.253.0.0/16/0000c0de", "5.253.0.0/16"),
        ("net:5.253.0.0/16", "5.253.0.0/16"),
        ("2001:db8::/32/0000c0de", "2001:db8::/32"),
    ],
)
def test_networks_as_people_say_them(entity: str, words: str) -> None:
    assert network_words(entity) == words


def test_a_networks_owner_is_named_where_the_data_tell_it() -> None:
    owner = NetworkFact(asn=14061, org="DigitalOcean\x1b[31m")
    assert network_words("asn:14061/0000c0de", owner) == "DigitalOcean\\x1b[31m (AS14061)"
    assert network_words("asn:9009", owner) == "AS9009"


@given(st.integers(1, 3_000_000))
def test_a_bound_that_is_said_is_true_and_close(count: int) -> None:
    words = at_least(count)
    said = int(words.split()[-1].replace(",", ""))
    assert said < count <= said * 1.1 + 1 if words.startswith("more than") else said == count
    assert count < 100 or said == count or set(str(said)[2:]) <= {"0"}


@pytest.mark.parametrize(
    ("mean", "words"), [(0.0, "hardly any"), (0.49, "hardly any"), (3.2, "about 3"), (1234.5, "about 1,234")]
)
def test_expectations(mean: float, words: str) -> None:
    assert about(mean) == words

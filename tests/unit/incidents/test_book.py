"""Evidence book, score and story."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors import techniques
from detectors.engine.detector import Control, Evidence
from detectors.incidents.book import EVIDENCE_MAX, Book, OpenIncident, Ref
from detectors.incidents.book_codec import dump_book, load_book
from detectors.incidents.score import CAP_CERTAIN_NATS, CAP_NATS, HALF_LIFE_MS, score
from detectors.incidents.story import tell
from schemas.contracts.incident import Activity, Reason, Resource, Stage

NOON_MS = 1_728_043_200_000
DAY_MS = 86_400_000


def evidence(nats: float, stage: Stage = Stage.EVASION, value: str = "v", **changes: object) -> Evidence:
    plain = Evidence(
        "inbox-rule",
        value,
        stage,
        techniques.HIDING_RULE,
        Control.MAILBOX,
        nats,
        (Reason("all_mail", "every message", "a condition", nats),),
        "An inbox rule was made.",
        "Remove the rule.",
        certain=True,
        resources=(Resource("Rule", value, value),),
    )
    return replace(plain, **changes)


def ref(time_ms: int, uid: str, nats: float) -> Ref:
    return Ref(time_ms, uid, "New-InboxRule", None, None, nats)


def book_of(rows: list[tuple[int, Evidence]]) -> Book:
    book = Book()
    for n, (time_ms, found) in enumerate(rows):
        book.add(found, ref(time_ms, f"u{time_ms}-{found.value}-{found.nats}-{n * 0}", found.nats), time_ms // DAY_MS)
    return book


rows = st.lists(
    st.tuples(
        st.integers(NOON_MS, NOON_MS + 2 * DAY_MS),
        st.builds(
            evidence, st.integers(3, 15).map(float), st.sampled_from(list(Stage)), st.sampled_from(["a", "b", "c"])
        ),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda row: row[0],
)


@given(rows, st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_the_book_does_not_depend_on_arrival(found: list[tuple[int, Evidence]], chance: random.Random) -> None:
    other = list(found)
    chance.shuffle(other)
    assert dump_book(book_of(found)) == dump_book(book_of(other))


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_equals_about_one_record_are_told_by_their_words(order: tuple[int, ...]) -> None:
    """Two networks may tell of one success, as two feeds told of it: with nothing between them but the wording."""
    tellings = [("From the address.", "UserLoggedIn"), ("With its software.", "Sign-in"), ("With its software.", "Act")]
    book = Book()
    for place in order:
        sentence, operation = tellings[place]
        told = Ref(NOON_MS, "u", operation, None, None, 12.0)
        book.add(evidence(12.0, sentence=sentence), told, NOON_MS // DAY_MS)
    (held,) = book.held.values()
    assert (held.sentence, held.peak.operation) == ("From the address.", "UserLoggedIn")
    assert (held.first.operation, held.last.operation) == ("Act", "UserLoggedIn")
    assert [record.operation for record in held.records()] == ["Act"]


@given(rows)
@settings(max_examples=100, deadline=None)
def test_bytes_and_back(found: list[tuple[int, Evidence]]) -> None:
    book = book_of(found)
    book.incident = OpenIncident("uid", NOON_MS, {"review": NOON_MS}, 2, 3, ("inbox-rule",), (Stage.EVASION,), True)
    again = load_book(dump_book(book))
    assert again == book
    assert dump_book(again) == dump_book(book)


def test_damaged_bytes_are_refused() -> None:
    data = dump_book(book_of([(NOON_MS, evidence(11.0))]))
    for length in range(len(data)):
        with pytest.raises(ValueError, match="damaged"):
            load_book(data[:length])


def test_the_weakest_leaves_when_there_are_too_many() -> None:
    book = book_of([(NOON_MS + n, evidence(3.0 + n / 10, value=f"v{n}")) for n in range(EVIDENCE_MAX + 5)])
    assert len(book.held) == EVIDENCE_MAX
    assert min(held.nats for held in book.held.values()) == pytest.approx(3.5)


def test_first_last_and_peak_records_are_kept() -> None:
    nats = {0: 4.0, 60_000: 9.0, 120_000: 5.0, 180_000: 6.0}
    for order in itertools.permutations(nats):
        book = Book()
        for after in order:
            book.add(evidence(nats[after]), ref(NOON_MS + after, f"u{after}", nats[after]), NOON_MS // DAY_MS)
        (held,) = book.held.values()
        assert (held.first.uid, held.peak.uid, held.last.uid, held.count) == ("u0", "u60000", "u180000", 4)


def test_a_repeat_alone_is_nothing() -> None:
    book = Book()
    assert book.add(evidence(0.0, repeat=True), ref(NOON_MS, "u", 0.0), NOON_MS // DAY_MS) is None
    assert not book.held


def test_a_record_that_several_answers_name_is_counted_once_also_after_a_restart() -> None:
    book, day = Book(), NOON_MS // DAY_MS
    for uid in ("a", "b", "a"):
        book.hear(evidence(12.0), ref(NOON_MS, uid, 12.0), day)
    book = load_book(dump_book(book))
    for uid in ("b", "c"):
        book.hear(evidence(12.0, repeat=True), ref(NOON_MS, uid, 12.0), day)
    (held,) = book.held.values()
    assert held.count == 3


@pytest.mark.parametrize("order", list(itertools.permutations((12.0, 12.01, 12.02))))
def test_a_record_that_is_named_again_has_the_most_nats_in_any_order(order: tuple[float, ...]) -> None:
    book = Book()
    for nats in order:
        book.hear(evidence(nats), ref(NOON_MS, "a", nats), NOON_MS // DAY_MS)
        book.hear(evidence(nats, repeat=True), ref(NOON_MS + 1, "b", nats), NOON_MS // DAY_MS)
    (held,) = book.held.values()
    assert {record.uid: record.nats for record in held.records()} == {"a": 12.02, "b": 12.02}
    assert held.count == 2


def test_caps() -> None:
    assert book_of([(NOON_MS, evidence(40.0))]).score() == CAP_CERTAIN_NATS
    assert book_of([(NOON_MS, evidence(40.0, certain=False))]).score() == CAP_NATS


def test_half_life() -> None:
    rows = [
        (NOON_MS, evidence(8.0, Stage.ACCESS, "a")),
        (NOON_MS + HALF_LIFE_MS, evidence(8.0, Stage.IMPACT, "b")),
    ]
    assert book_of(rows).score() == pytest.approx(max(8.0, 4.0 - 2.5 + 8.0 - 2.5))


def test_evidence_that_adds_joins_the_best_of_its_stage() -> None:
    rows = [(NOON_MS, evidence(5.0, Stage.ACCESS, "a")), (NOON_MS, evidence(4.0, Stage.ACCESS, "b"))]
    assert book_of(rows).score() == 5.0
    rows[1] = (NOON_MS, evidence(4.0, Stage.ACCESS, "b", adds=True))
    assert book_of(rows).score() == 9.0


@given(rows)
@settings(max_examples=100, deadline=None)
def test_evidence_about_something_new_never_lowers_the_score(found: list[tuple[int, Evidence]]) -> None:
    found[-1][1].value = "new"
    whole = score(list(book_of(found).held.values()))
    assert whole >= score(list(book_of(found[:-1]).held.values())) - 1e-9


def test_the_story_is_in_order_of_time_and_explains() -> None:
    book = book_of(
        [
            (
                NOON_MS + 3_600_000,
                evidence(12.0, Stage.IMPACT, "b", sentence="Sent at least 160 messages in one hour."),
            ),
            (NOON_MS, evidence(11.0)),
        ]
    )
    incident = OpenIncident("uid", NOON_MS, {"review": NOON_MS, "act": NOON_MS + 3_600_000}, 1)
    told = tell(book, incident, Activity.CREATE, "t", "ada@home.example", NOON_MS, "t/1", True, ())
    lines = told.story.split("\n")
    assert lines[0].startswith("2024-10-04 12:00 UTC: An inbox rule was made. Because: all mail")
    assert lines[1].startswith("2024-10-04 13:00 UTC: Sent at least 160")
    assert told.tier.value == "act" and told.remediation.startswith("Revoke the account's sessions")
    assert told.title == "ada@home.example: Sent at least 160 messages in one hour"
    assert [resource.type for resource in told.resources] == ["User", "Rule", "Rule"]
    assert lines[2] == "Not seen so far: no sign-in strange enough to count."
    assert lines[3].startswith("Together 17.4 nats of surprise (act): evasion 10.4 + impact 12.0, less 2.5 each")

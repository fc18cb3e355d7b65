"""What the place of mail is worth to send-surge."""

from __future__ import annotations

from detectors.accounts.place_trust import mailed_from
from detectors.accounts.send_surge import SendSurgeDetector
from detectors.accounts.session_state import STRANGE, TRUSTED, Row, SessionState
from detectors.engine.detector import DAY_MS, HOUR_MS, Context, Evidence, Place
from detectors.engine.knowledge import Knowledge
from detectors.probe import NoFacts
from schemas.contracts.profile import Profile
from tests.scenarios.building import ACCOUNT, MONDAY_MS, Builder


def strongest(place: Place, recipients: int, sealed_days: int = 0) -> Evidence:
    detector, builder = SendSurgeDetector(), Builder()
    state = detector.start()
    found: list[Evidence] = []
    for n in range(recipients):
        sent = builder.send(MONDAY_MS + 36_000_000 + n * 1000, (f"p{n}@new.example",))
        context = Context(Knowledge(NoFacts()), Profile("t", -1), ACCOUNT, "actor", sealed_days=sealed_days)
        context.day, context.place = sent.time_ms // 86_400_000, place
        found += [item for item in detector.observe(state, sent, context) if item.value == "external"]
    return max(found, key=lambda item: item.nats)


def test_bulk_mail_from_a_trusted_place_stays_below_review() -> None:
    evidence = strongest(Place.TRUSTED, 3000)
    assert evidence.nats == 8.5
    assert sum(reason.nats for reason in evidence.reasons) == evidence.nats


def test_elsewhere_it_does_not() -> None:
    assert strongest(Place.UNKNOWN, 200).nats > 12.0
    assert strongest(Place.STRANGE, 200).nats > 12.0


def placed(kinds: dict[int, int], hour: float) -> Place:
    """Where a message without an address was sent from at this hour; `kinds`: kind of row by the hour that it began and ended."""
    state = SessionState()
    for number, (at, kind) in enumerate(kinds.items()):
        begin = MONDAY_MS + at * HOUR_MS
        row = Row(number, begin, begin, 1, 1, 1, 1, 1, 1, kind=kind)
        state.add_row(MONDAY_MS // DAY_MS, row)
        state.last_ms, state.last_place = begin, _PLACE[kind]
    row_of_trace = Builder().trace(MONDAY_MS + round(hour * HOUR_MS), "p@new.example", "m")
    return mailed_from(state, row_of_trace, Context(Knowledge(NoFacts()), Profile("t", -1), ACCOUNT, "actor"))


_PLACE = {TRUSTED: list(Place).index(Place.TRUSTED), STRANGE: list(Place).index(Place.STRANGE)}


def test_a_trace_that_lags_is_placed_where_the_account_was_then() -> None:
    day = {9: TRUSTED, 12: STRANGE, 16: TRUSTED}
    assert [placed(day, hour) for hour in (9.5, 12.5, 14.5, 16.5, 18.0)] == [
        *(Place.TRUSTED, Place.STRANGE, Place.UNKNOWN, Place.TRUSTED, Place.UNKNOWN)
    ]
    assert (
        placed({9: TRUSTED, 10: STRANGE, 16: TRUSTED}, 9.5) is Place.STRANGE
    )  # two were there: not the owner's for sure

"""What the place of mail is worth to send-surge."""

from __future__ import annotations

from detectors.accounts.send_surge import SendSurgeDetector
from detectors.engine.detector import Context, Evidence, Place
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

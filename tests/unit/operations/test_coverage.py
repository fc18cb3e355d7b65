"""The coverage matrix: blind, partial and full, and every detector has a row."""

from __future__ import annotations

from detectors.registry import account_detectors, entity_detectors
from streams.operations.coverage import (
    BACKGROUND,
    DIRECTORY,
    EXCHANGE,
    FOUND_BY_EXCHANGE,
    FOUND_RULES,
    INTERACTIVE,
    NEEDS,
    SHAREPOINT,
    TRACE,
    FeedState,
    coverage,
)

ALL = (EXCHANGE, DIRECTORY, SHAREPOINT, INTERACTIVE, BACKGROUND, TRACE, FOUND_RULES, FOUND_BY_EXCHANGE)


def sight(*working: str) -> dict[str, str]:
    """Sight by detector when these feeds work and the others fail."""
    feeds = {feed: FeedState.WORKS if feed in working else FeedState.FAILING for feed in ALL}
    return {row.detector: row.sight for row in coverage(feeds)}


def test_every_detector_that_finds_something_has_a_row() -> None:
    infos = [detector.info for detector in account_detectors()] + [detector.info for detector in entity_detectors()]
    assert set(NEEDS) == {info.id for info in infos if info.techniques}


def test_everything_works() -> None:
    assert set(sight(*ALL).values()) == {"full"}


def test_nothing_works() -> None:
    assert set(sight().values()) == {"blind"}
    assert set(coverage({})[0].missing) == set(coverage({EXCHANGE: FeedState.UNAVAILABLE})[0].missing)


def test_one_of_two_feeds_is_enough_to_see_and_the_other_is_named() -> None:
    found = sight(EXCHANGE, DIRECTORY)
    assert found == {
        "inbox-rule": "partial",
        "send-surge": "partial",
        "impossible-session": "partial",
        "password-spray": "full",
        "audit-tampering": "full",
    }
    surge = next(row for row in coverage({EXCHANGE: FeedState.WORKS}) if row.detector == "send-surge")
    assert [get for _, get in surge.missing] == ["the app role ExchangeMessageTrace.Read.All (worldwide cloud only)"]


def test_a_vital_feed_makes_blind_whatever_else_works() -> None:
    assert sight(*(set(ALL) - {EXCHANGE}))["inbox-rule"] == "blind"

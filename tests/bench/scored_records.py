"""Which records of a set a detector scores, and what the sealing of days costs: both are told apart in measurements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

from detectors.accounts import impossible_session
from detectors.engine.account_engine import AccountEngine
from detectors.registry import account_detectors
from schemas.identity.identity_map import IdentityMap
from schemas.records.event import SignIn
from streams.collectors.feed import feed
from tests.bench.engines import fresh_pipeline
from tests.bench.record_set import RecordSet

JUDGING = ("judge", "judge_alone", "_judged_again")  # what `impossible-session` calls to score a sighting


def named_details() -> set[type]:
    """Details of records that a detector names, sign-ins among them: those are scored, each one."""
    return {SignIn}.union(*(detector.details or () for detector in account_detectors()))


def scored_events(found_set: RecordSet) -> set[int]:
    """`id` of every event that a detector scores: by its detail, or because it is a sighting that is judged.

    Found by folding the set once; the events must be kept meanwhile.
    """
    records, tenant, home = found_set
    named, scored, judged = named_details(), set[int](), [0]
    with _counted(judged):
        pipeline, _ = fresh_pipeline()
        for entry in feed(records, tenant, IdentityMap(home), home):
            before = judged[0]
            pipeline.fold(entry)
            if entry.event is not None and (judged[0] != before or type(entry.event.detail) in named):
                scored.add(id(entry.event))
    return scored


@contextmanager
def _counted(judged: list[int]) -> Iterator[None]:
    with ExitStack() as stack:
        for name in JUDGING:
            stack.enter_context(
                patch.object(impossible_session, name, _counting(getattr(impossible_session, name), judged))
            )
        yield


def _counting(function: Callable[..., Any], judged: list[int]) -> Callable[..., Any]:
    @wraps(function)
    def counted(*given: Any) -> Any:
        judged[0] += 1
        return function(*given)

    return counted


@contextmanager
def sealing_timed(clock: Callable[[], float]) -> Iterator[list[float]]:
    """Sums what the sealing of accounts' days takes by this clock, and how many times it was done."""
    spent, seal = [0.0, 0.0], AccountEngine._seal

    @wraps(seal)
    def timed(*given: Any) -> None:
        began = clock()
        seal(*given)
        spent[0] += clock() - began
        spent[1] += 1

    with patch.object(AccountEngine, "_seal", timed):
        yield spent

"""`/ready` says that a tenant is not collected, `/live` that its schedule is stuck."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from streams.clock import WallClock
from streams.cloud.credentials import ManagedIdentity
from streams.cloud.seam import Endpoints, NoToken
from streams.cloud.tenant_access import TenantAccess
from streams.collectors.live.feed_status import FeedState, FeedStatus
from streams.collectors.live.seam import Window
from streams.operations import tenant_watch
from streams.operations import watching as module
from streams.operations.detection import knowledge_of
from streams.operations.live_settings import WatchedTenant
from streams.operations.other_sources import OtherSources
from streams.operations.tenant_health import tenant_reason
from streams.operations.watch_board import WatchBoard
from streams.operations.watching import Watching, WatchPlan, watching
from streams.telemetry.health import Health
from streams.telemetry.telemetry import Telemetry

NOW, MINUTE = 1_786_000_000_000, 60_000
GOOD = FeedStatus("a", FeedState.LIVE, last_success_ms=NOW - 60 * MINUTE, polls=9)
REFUSED = FeedStatus("b", FeedState.FAILING, last_error="The secret has expired.", remedy="Renew the secret.", polls=1)


def failing(state: FeedState, minutes: int) -> FeedStatus:
    """A feed that worked and has failed for so long."""
    return replace(GOOD, state=state, failing_since_ms=NOW - minutes * MINUTE, last_error="reset")


@pytest.mark.parametrize(
    "statuses",
    [
        [],
        [FeedStatus("a")],
        [GOOD, REFUSED],
        [REFUSED, failing(FeedState.FAILING, 14)],
        [REFUSED, failing(FeedState.THROTTLED, 59)],
        [FeedStatus("a", FeedState.STARTING, read=1, polls=1), REFUSED],
    ],
)
def test_a_tenant_with_a_feed_that_works_or_none_that_was_asked_is_collected(statuses: list[FeedStatus]) -> None:
    assert tenant_reason("t", statuses, NOW) == ""


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        (None, "not running"),
        ([FeedStatus("a", polls=1), FeedStatus("b")], "no feed has answered yet"),
        ([REFUSED, FeedStatus("a")], "b: The secret has expired. Renew the secret."),
        ([REFUSED, failing(FeedState.FAILING, 15)], "The secret has expired"),
        ([failing(FeedState.FAILING, 15)], "a: reset. run `watchpost doctor`"),
        ([failing(FeedState.THROTTLED, 60)], "a: reset"),
        (
            [replace(GOOD, state=FeedState.UNAVAILABLE, last_error="no licence", remedy="Buy it.")],
            "no licence. Buy it.",
        ),
    ],
)
def test_a_tenant_without_a_feed_that_works_is_named_with_what_to_do(
    statuses: list[FeedStatus] | None, said: str
) -> None:
    reason = tenant_reason("contoso", statuses, NOW)
    assert reason.startswith("tenant contoso: ") and said in reason


class Feed:
    """A feed that does as it is told."""

    name, poll_seconds, overlap_ms, reach_ms = "f", 0.2, MINUTE, 86_400_000

    def __init__(self, collect: Callable[[], None]) -> None:
        self._collect = collect

    def prepare(self) -> None:
        pass

    def collect(self, window: Window) -> None:
        self._collect()


class Seconds:
    """Seconds that are set by hand."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


@contextmanager
def started(path: Path, health: Health, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watching]:
    """A process that watches one tenant."""
    access = TenantAccess("contoso", "", ManagedIdentity(), Endpoints("", "", "", ""), home_domains=("corp.example",))
    clock = WallClock()
    plan = WatchPlan(
        (WatchedTenant(access, (), OtherSources()),), path / "w.db", clock, knowledge_of((), ()), back_fill_ms=0
    )
    board = WatchBoard(clock, say=lambda text: None)
    monkeypatch.setattr(module, "HOUSEKEEPING_SECONDS", 0.05)
    with watching(plan, board, Telemetry(clock, "0", "run"), health, threading.Event(), board.say) as process:
        assert process is not None
        yield process


def wait_for(met: Callable[[], bool]) -> bool:
    until = time.monotonic() + 20
    while not met() and time.monotonic() < until:
        time.sleep(0.02)
    return met()


def test_a_process_whose_every_token_is_refused_is_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise NoToken("AADSTS7000222", "The secret has expired.", "Renew the secret.")

    monkeypatch.setattr(tenant_watch, "open_feeds", lambda *given: [Feed(refuse)])
    health = Health()
    with started(tmp_path, health, monkeypatch):
        assert wait_for(lambda: "Renew the secret." in health.ready()["tenant contoso"])
        assert health.ready()["tenant contoso"].count("Renew the secret.") == 1
        assert not any(health.live().values())


def test_a_process_whose_feed_works_is_ready_and_one_whose_schedule_is_stuck_is_not_alive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, seconds = threading.Event(), Seconds()
    monkeypatch.setattr(tenant_watch, "open_feeds", lambda *given: [Feed(asked.set)])
    health = Health(seconds)
    with started(tmp_path, health, monkeypatch) as process:
        assert asked.wait(20) and wait_for(lambda: not any(health.ready().values()))
        seconds.at += 700
        assert wait_for(lambda: not health.live()["schedule of contoso"])
        stuck, go = threading.Event(), threading.Event()

        def wait() -> None:
            stuck.set()
            go.wait(20)

        monkeypatch.setattr(process.tenants[0].collector, "_advance", wait)
        assert stuck.wait(20)
        seconds.at += 700
        assert "no sign of life" in health.live()["schedule of contoso"]
        assert any(health.ready().values())
        go.set()


def test_a_call_that_takes_very_long_does_not_make_the_schedule_stuck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calling, answered, seconds = threading.Event(), threading.Event(), Seconds()

    def call() -> None:
        calling.set()
        answered.wait(20)

    monkeypatch.setattr(tenant_watch, "open_feeds", lambda *given: [Feed(call)])
    health = Health(seconds)
    with started(tmp_path, health, monkeypatch):
        assert calling.wait(20)
        seconds.at += 700
        assert wait_for(lambda: not health.live()["schedule of contoso"])
        assert "no feed has answered yet" in health.ready()["tenant contoso"]
        answered.set()
        assert wait_for(lambda: not any(health.ready().values()))

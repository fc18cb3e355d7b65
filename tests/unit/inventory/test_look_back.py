"""`watchpost look-back` on practice tenants: what was found, and what could be seen."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from detectors.engine.knowledge import Knowledge
from schemas.contracts.incident import Tier
from streams.clock import PracticeClock
from streams.cloud.tenant_settings import tenants_from
from streams.collectors.inventory.feed import NAME, InventoryFeed
from streams.collectors.inventory.report import KindReport
from streams.collectors.live.feed_status import FeedState, FeedStatus
from streams.collectors.network_facts import NetworkFacts
from streams.drivers.embedded.incidents import IncidentRow
from streams.operations.inventory_view import InventoryView
from streams.operations.live_feeds import MAKERS
from streams.operations.live_settings import WatchedTenant
from streams.operations.look_back_command import hopeless, run_look_back
from streams.operations.look_back_result import FeedSeen, TenantSeen
from streams.operations.look_back_text import NOTHING_FOUND, NOTHING_SEEN, verdict
from streams.operations.output_format import OutputFormat
from streams.operations.refusal import Refusal
from streams.simulation.service import Attack, PracticeService, ServiceOptions, TenantOptions, client_toml

START = 1_773_223_200_000
FEEDS = ("Audit.Exchange", "Audit.AzureActiveDirectory")
TENANT = "7f0c1b52-4a1e-4a0c-9e1d-5a0e6b1d2f33"
Look = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture
def look_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> Iterator[Look]:
    """Serves a tenant of nine accounts and looks back one day; exit status and objects."""
    monkeypatch.setitem(MAKERS, NAME, InventoryFeed)
    services: list[PracticeService] = []

    def look(form: OutputFormat = OutputFormat.JSONL, **changes: Any) -> tuple[int, list[dict[str, Any]]]:
        clock = PracticeClock(START, time.time_ns() // 1_000_000, 120.0)
        options = {"seed": 7, "accounts": 9, "past_days": 2, "ahead_days": 1, "lateness": 0.0, "subscribed": FEEDS}
        tenant = TenantOptions(**(options | changes))
        service = PracticeService(ServiceOptions(folder=tmp_path / "service", tenants=(tenant,)), clock)
        services.append(service)
        service.start()
        table = tomllib.loads(client_toml(service)) | {"practice": None}
        del table["practice"]
        watched = [WatchedTenant(access, FEEDS) for access in tenants_from(table, {})]
        knowledge = Knowledge(NetworkFacts(()), ())
        capfdbinary.readouterr()
        status = run_look_back(watched, clock, tmp_path / "store.db", knowledge, form, days=1.0)
        out = capfdbinary.readouterr().out
        return status, [orjson.loads(line) for line in out.splitlines()] if form is OutputFormat.JSONL else [
            {"out": out}
        ]

    yield look
    for service in services:
        service.stop()


def test_a_rule_made_before_the_first_record_is_found_and_what_was_seen_is_said(look_back: Look) -> None:
    status, found = look_back(attacks=(Attack("dormant", START + 3_600_000),), hidden_rule=True)
    assert status == 0
    (message,) = [item["message"] for item in found if item["type"] == "incident"]
    assert "was already there when it was first looked at" in message["finding_info"]["desc"]
    assert Tier.REVIEW.value in message["unmapped"]["tier_times"] and not message["unmapped"]["historical"]
    feeds = {item["name"]: item for item in found if item["type"] == "feed"}
    assert feeds["activity/Audit.Exchange"]["records"] > 0 and not feeds["activity/Audit.Exchange"]["unseen"]
    kinds = {item["name"]: item for item in found if item["type"] == "inventory"}
    assert kinds["inbox-rules"]["count"] > 9 and kinds["inbox-rules"]["seen_ms"] > START
    assert found[-1]["type"] == "summary" and found[-1]["incidents"] == 1 and found[-1]["whole"]


def test_without_any_permission_it_ends_soon_and_does_not_say_that_nothing_was_found(look_back: Look) -> None:
    status, found = look_back(form=OutputFormat.TABLE, roles=frozenset())
    text = found[0]["out"].decode()
    assert status == 1
    assert NOTHING_SEEN in text and NOTHING_FOUND not in text
    assert "ActivityFeed.Read" in text and "Exchange.ManageAsApp" in text


def test_nothing_found_is_an_answer_of_one_who_could_see() -> None:
    assert verdict(seen()) == NOTHING_FOUND
    assert verdict(seen(feeds=[FeedSeen("a", 1, 0, 0, "no", "grant")], kinds=())) == NOTHING_SEEN
    assert verdict(seen(whole=False)).endswith("The look back was ended before its time.")


def test_what_cannot_be_seen_is_no_finding_about_an_account() -> None:
    held = seen()
    held.incidents.append((row(TENANT), {}))
    assert verdict(held) == NOTHING_FOUND
    held.incidents.append((row("ada@corp.example"), {}))
    assert verdict(held).startswith("1 incident found.")


def test_hopeless_is_who_never_had_an_answer_after_several_attempts() -> None:
    failing = FeedStatus("a", FeedState.FAILING, polls=3)
    assert hopeless([failing, FeedStatus("b", FeedState.UNAVAILABLE, polls=1)])
    assert not hopeless([failing, FeedStatus("b", FeedState.LIVE)])
    assert not hopeless([FeedStatus("a", FeedState.FAILING, polls=2)])
    assert not hopeless([FeedStatus("a", FeedState.FAILING, polls=9, last_success_ms=1)])
    assert not hopeless([])


@pytest.mark.parametrize(
    ("form", "days"), [(OutputFormat.HTML, 1.0), (OutputFormat.JSONL, 0.0), (OutputFormat.TABLE, 8)]
)
def test_impossible_options_are_refused(form: OutputFormat, days: float, tmp_path: Path) -> None:
    with pytest.raises(Refusal):
        run_look_back([], PracticeClock(START, 1, 1.0), tmp_path / "s.db", Knowledge(NetworkFacts(()), ()), form, days)


def seen(**changes: Any) -> TenantSeen:
    kinds = changes.get("kinds", (KindReport("inbox-rules", "inbox rules", START, 9),))
    feeds = changes.get("feeds", [FeedSeen("activity/Audit.Exchange", START - 1, START, 5)])
    return TenantSeen(TENANT, changes.get("whole", True), feeds, InventoryView(START, kinds))


def row(account: str) -> IncidentRow:
    return IncidentRow("u" * 32, TENANT, account, "review", "t", False, START, START, START, START, START, "")

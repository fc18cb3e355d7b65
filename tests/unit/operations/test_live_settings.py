"""Which tenants are watched, by which feeds, clock and further sources; what is wrong is one line without values."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from streams.clock import PracticeClock, WallClock
from streams.operations.live_feeds import DEFAULT, MAKERS, OPT_IN, chosen_feeds
from streams.operations.live_settings import clock_of, required_tenants, watched_tenants
from streams.operations.other_sources import other_sources
from streams.operations.refusal import Refusal

TENANT = "7f0c1b52-4a1e-4a0c-9e1d-5a0e6b1d2f33"
OTHER = "8f0c1b52-4a1e-4a0c-9e1d-5a0e6b1d2f33"
CLIENT = "a1b2c3d4-0000-4000-8000-000000000001"


def context(table: dict[str, Any]) -> Any:
    """A command's context with this settings file."""
    return SimpleNamespace(obj=table)


def entry(tmp_path: Path, tenant: str = TENANT, **more: Any) -> dict[str, Any]:
    """A tenant with a secret in a file."""
    secret = tmp_path / "secret"
    secret.write_text("the-secret-of-the-test")
    return {"id": tenant, "client_id": CLIENT, "client_secret_file": str(secret), **more}


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET_FILE", "FEEDS"):
        monkeypatch.delenv(f"WATCHPOST_{name}", raising=False)


def test_nobody_is_configured() -> None:
    assert watched_tenants(context({})) == []
    with pytest.raises(Refusal, match=r"WATCHPOST_TENANT_ID.*watchpost try"):
        required_tenants(context({}))


def test_one_by_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in entry(tmp_path).items():
        monkeypatch.setenv(f"WATCHPOST_{'TENANT_ID' if name == 'id' else name.upper()}", value)
    monkeypatch.setenv("WATCHPOST_FEEDS", "messageTraces, audit.exchange")
    (only,) = required_tenants(context({}))
    assert (only.id, only.feeds) == (TENANT, ("Audit.Exchange", "messageTraces"))
    assert "the-secret-of-the-test" not in repr(only)


def test_feeds_of_a_tenant_win_over_those_of_the_file(tmp_path: Path) -> None:
    table = {"feeds": ["Audit.General"], "tenants": [entry(tmp_path, feeds="DLP.All"), entry(tmp_path, OTHER)]}
    first, second = watched_tenants(context(table))
    assert (first.feeds, second.feeds) == (("DLP.All",), ("Audit.General",))


def test_large_and_sensitive_feeds_are_for_who_asks() -> None:
    assert set(chosen_feeds(())) == set(MAKERS) - OPT_IN == set(DEFAULT)
    with pytest.raises(Refusal, match=r"unknown feed audit\.exchang;"):
        chosen_feeds(["Audit.Exchang"])


def test_followed_files_belong_to_the_only_tenant_or_are_one(tmp_path: Path) -> None:
    (alone,) = watched_tenants(context({}), ["logs"], ["corp.example"])
    assert (alone.id, alone.feeds, alone.other.follow) == ("local", (), ("logs",))
    assert alone.access.home_domains == ("corp.example",)
    table = {"tenants": [entry(tmp_path, follow="a")]}
    assert watched_tenants(context(table), ["b"])[0].other.follow == ("a", "b")
    with pytest.raises(Refusal, match="several tenants"):
        watched_tenants(context({"tenants": [entry(tmp_path), entry(tmp_path, OTHER)]}), ["b"])


def test_a_tenant_with_nothing_to_sign_in_with_is_read_from_its_other_sources(tmp_path: Path) -> None:
    topic = {"topic": "t", "properties": {"bootstrap.servers": "h"}}
    table = {"tenants": [{"id": TENANT, "topics": [topic], "home_domains": ["A.example"]}, entry(tmp_path, OTHER)]}
    alone, other = watched_tenants(context(table))
    assert (alone.id, alone.feeds, alone.access.home_domains) == (TENANT, (), ("a.example",))
    assert alone.access.endpoints.graph == "" != other.access.endpoints.graph
    assert [source.topic for source in alone.other.topics] == ["t"]
    for more in ({"client_id": CLIENT}, {}):
        with pytest.raises(Refusal, match=r"no credential|id is missing"):
            watched_tenants(context({"tenants": [{"id": TENANT, **more} | ({"follow": "a"} if more else {})]}))


def test_a_topic_with_its_secret_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "hub").write_text("Endpoint=sb://x/;SharedAccessKey=abc\n")
    properties = {
        "bootstrap.servers": "h:9093",
        "sasl": {"password": {"file": str(tmp_path / "hub")}},
        "enable.x": True,
    }
    (topic,) = other_sources({"topics": [{"topic": "t", "properties": properties, "lateness_minutes": 1.5}]}).topics
    assert topic.properties == {
        "bootstrap.servers": "h:9093",
        "sasl.password": "Endpoint=sb://x/;SharedAccessKey=abc",
        "enable.x": "true",
    }
    assert topic.lateness_ms == 90_000
    assert "SharedAccessKey" not in repr(topic)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"follow": [1]}, "follow is a list"),
        ({"topics": {"topic": "t"}}, r"\[\[tenants.topics\]\] before each"),
        ({"topics": [{"topic": "t"}]}, "bootstrap.servers"),
        ({"topics": [{"properties": {"bootstrap.servers": "h"}}]}, "needs topic"),
        ({"topics": [{"topic": "t", "propertys": {}}]}, "unknown setting propertys"),
        ({"topics": [{"topic": "t", "properties": [], "lateness_minutes": True}]}, "lateness_minutes"),
        (
            {"topics": [{"topic": "t", "properties": {"bootstrap.servers": "h", "sasl.password.file": "/no/such"}}]},
            "sasl.password.file.*cannot be read",
        ),
    ],
)
def test_a_wrong_source_is_one_line(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(Refusal, match=said):
        other_sources(wrong)


def test_wall_time_or_practice_time() -> None:
    assert isinstance(clock_of(context({})), WallClock)
    numbers = {"start_ms": 1, "wall_ms": 2, "speed": 3.0}
    assert clock_of(context({"practice": numbers})) == PracticeClock(1, 2, 3.0)
    numbers_wrong: list[dict[str, Any]] = [
        {"speed": 0},
        {"start_ms": "x"},
        {"start_ms": float("inf")},
        {"wall_ms": 10**20},
    ]
    for wrong in (*({**numbers, **other} for other in numbers_wrong), {}):
        with pytest.raises(Refusal, match="practice"):
            clock_of(context({"practice": wrong}))


def test_home_domains_of_the_command_line_are_the_one_tenants_own(tmp_path: Path) -> None:
    (found,) = required_tenants(context({"tenants": [entry(tmp_path)]}), (), ["Corp.example,corp.test"])
    assert found.access.home_domains == ("corp.example", "corp.test")
    own = entry(tmp_path, home_domains=["own.example"])
    (found,) = required_tenants(context({"tenants": [own]}), ("a.jsonl",), ["corp.example"])
    assert found.access.home_domains == ("corp.example", "own.example") and found.other.follow == ("a.jsonl",)
    two = {"tenants": [own, entry(tmp_path, OTHER)]}
    assert [one.access.home_domains for one in watched_tenants(context(two), (), ["x.example"])] == [
        ("own.example",),
        (),
    ]

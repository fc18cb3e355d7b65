"""Serving for others: the settings file, certificates, many tenants, and an end."""

from __future__ import annotations

import json
import socket
import ssl
import time
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from streams.clock import PracticeClock
from streams.simulation.service import PracticeService, ServiceOptions, practice_clock, serve

from .conftest import HOUR, NOW, Caller, Open, small


def test_the_settings_file_is_all_that_a_collector_needs(tmp_path: Path) -> None:
    clock = PracticeClock(NOW, time.time_ns() // 1_000_000, 60.0)
    service = serve(ServiceOptions(folder=tmp_path, tenants=(small(accounts=5), small(seed=8, accounts=5))), clock)
    try:
        path = tmp_path / "watchpost.toml"
        found = tomllib.loads(path.read_text())
        assert found["practice"] == {"start_ms": NOW, "wall_ms": clock.wall_ms, "speed": 60.0}
        assert [entry["id"] for entry in found["tenants"]] == [tenant.id for tenant in service.tenants]
        entry = found["tenants"][1]
        secret = Path(entry["client_secret_file"])
        assert secret.read_text() == service.tenants[1].client_secret and secret.stat().st_mode & 0o077 == 0
        assert service.tenants[1].client_secret not in path.read_text()
        context = ssl.create_default_context(cafile=found["ca_bundle"])
        url = f"{entry['login_url']}/{entry['id']}/v2.0/.well-known/openid-configuration"
        assert httpx.get(url, verify=context, trust_env=False).status_code == 200
    finally:
        service.stop()


def test_the_certificate_is_for_localhost_and_of_its_own_authority(shared: Caller) -> None:
    port = urlsplit(shared.service.urls["graph"]).port or 0
    context = ssl.create_default_context(cafile=str(shared.service.ca_bundle))
    for name in ("localhost", "127.0.0.1"):
        with (
            socket.create_connection(("localhost", port), 5) as raw,
            context.wrap_socket(raw, server_hostname=name) as tls,
        ):
            shown: Any = tls.getpeercert()
            names = {value for _, value in shown["subjectAltName"]}
            assert name in names
    with (
        pytest.raises(ssl.SSLCertVerificationError),
        socket.create_connection(("localhost", port), 5) as raw,
        ssl.create_default_context().wrap_socket(raw, server_hostname="localhost"),
    ):
        pass
    key = shared.service.options.folder / "tls" / "server.pem"
    assert key.stat().st_mode & 0o077 == 0


def test_twenty_tenants_in_one_service(open_service: Open) -> None:
    caller = open_service(*(small(seed=seed, accounts=5, past_days=1) for seed in range(1, 21)))
    seen: set[str] = set()
    for number in range(20):
        one = Caller(caller.service, caller.clock, number=number)
        assert one.activity("subscriptions/start", "POST", contentType="Audit.Exchange").status_code == 200
        caller.clock.ms = max(caller.clock.ms, NOW + 200_000)
        seen |= {content["contentId"] for content in one.listing("Audit.Exchange", NOW - 12 * HOUR, NOW)}
        one.http.close()
    assert len(seen) > 30


def test_tenants_need_seeds_of_their_own(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="needs a seed"):
        PracticeService(ServiceOptions(folder=tmp_path, tenants=(small(), small())), PracticeClock(NOW, 0, 1.0))


def test_after_the_stop_nobody_answers(open_service: Open) -> None:
    caller = open_service(small(accounts=5, past_days=1))
    assert caller.activity("subscriptions/list").status_code == 200
    caller.service.stop()
    with pytest.raises(httpx.TransportError):
        caller.activity("subscriptions/list")
    caller.service.stop()


def test_a_defect_of_the_service_is_500_and_told(open_service: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    caller = open_service(small(accounts=5))
    caller.headers("management")
    with monkeypatch.context() as patched:
        patched.setattr(type(caller.service.tenant()), "catch_up", lambda self, now_ms: 1 // 0)
        assert caller.activity("subscriptions/list").status_code == 500
    assert any("ZeroDivisionError" in problem for problem in caller.service.problems)
    for site in caller.service._sites:
        site.problems.clear()


def test_a_clock_of_its_own_begins_now_and_runs_as_fast_as_told() -> None:
    clock = practice_clock(1000.0, NOW)
    time.sleep(0.02)
    assert NOW + 10_000 < clock.now_ms() < NOW + 60_000_000
    assert abs(practice_clock(1.0).now_ms() - time.time_ns() // 1_000_000) < 5_000


def test_what_was_available_is_told_at_the_end(open_service: Open) -> None:
    caller = open_service(small(accounts=5, subscribed=("Audit.Exchange",)), sent=True)
    first, *others = caller.listing("Audit.Exchange", NOW - 12 * HOUR, NOW)
    caller.call("management", "GET", first["contentUri"])
    caller.service.stop()
    told = json.loads((caller.service.options.folder / "served" / caller.who.id / "available.json").read_text())
    feed = told["activity/Audit.Exchange"]
    assert first["contentId"] not in feed["unserved"]
    assert {content["contentId"] for content in others} <= set(feed["unserved"])
    assert feed["contents"] == len(feed["unserved"]) + 1


def test_connections_are_kept_alive(shared: Caller) -> None:
    shared.headers("management")
    with httpx.Client(verify=ssl.create_default_context(cafile=str(shared.service.ca_bundle)), trust_env=False) as http:
        streams = [http.get(f"{shared.feed}/subscriptions/list", headers=shared.headers("management"))
                   .extensions["network_stream"].get_extra_info("client_addr") for _ in range(3)]  # fmt: skip
    assert len(set(streams)) == 1


def test_bodies_are_compressed_only_when_the_service_is_told_to(open_service: Open) -> None:
    caller = open_service(small(accounts=5, past_days=1, subscribed=("Audit.Exchange",)), gzip=True)
    content = max((caller.call("management", "GET", found["contentUri"]) for found in
                   caller.listing("Audit.Exchange", NOW - 12 * HOUR, NOW)), key=lambda answer: len(answer.content))  # fmt: skip
    assert content.headers["Content-Encoding"] == "gzip" and content.json()

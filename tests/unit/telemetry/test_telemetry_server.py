"""`/metrics`, `/live` and `/ready` as an orchestrator asks for them."""

from __future__ import annotations

import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from streams.clock import WallClock
from streams.telemetry.catalogue import CATALOGUE
from streams.telemetry.health import Health
from streams.telemetry.server import Address, AddressError, TelemetryServer, address
from streams.telemetry.telemetry import Telemetry


class Seconds:
    """A clock that is set by hand."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def health(seconds: Seconds) -> Health:
    return Health(seconds)


@pytest.fixture
def server(health: Health) -> Iterator[TelemetryServer]:
    found = TelemetryServer(Address("127.0.0.1", 0), Telemetry(WallClock(), "1", "run"), health)
    found.start()
    yield found
    found.stop()


def fetch(server: TelemetryServer, path: str, method: str = "GET", **headers: str) -> tuple[int, bytes, Any]:
    request = urllib.request.Request(f"http://127.0.0.1:{server.port}{path}", method=method, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read(), error.headers


def test_metrics_are_served_in_both_forms(server: TelemetryServer) -> None:
    status, body, headers = fetch(server, "/metrics?x=1")
    assert (status, headers["Content-Type"].split(";")[0]) == (200, "text/plain")
    assert len(list(text_string_to_metric_families(body.decode()))) == len(CATALOGUE)
    _, body, headers = fetch(server, "/metrics", Accept="application/openmetrics-text; version=1.0.0")
    assert headers["Content-Type"].startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")


def test_unready_says_why(server: TelemetryServer, health: Health, seconds: Seconds) -> None:
    status, body, _ = fetch(server, "/ready")
    assert (status, json.loads(body)) == (
        503,
        {"ready": False, "checks": {"start": {"ok": False, "reason": "still starting"}}},
    )
    health.started()
    assert fetch(server, "/ready")[0] == 200
    health.set("feeds", "activity/Audit.Exchange\x1b[31m fails: HTTP 401")
    checks = json.loads(fetch(server, "/ready")[1])["checks"]
    assert checks["feeds"] == {"ok": False, "reason": "activity/Audit.Exchange\\x1b[31m fails: HTTP 401"}
    assert checks["start"] == {"ok": True}
    health.set("feeds")
    health.check("store", lambda: "the disk is full")
    assert json.loads(fetch(server, "/ready")[1])["checks"]["store"]["reason"] == "the disk is full"
    health.check("store", lambda: str(1 / 0))
    assert "ZeroDivisionError" in json.loads(fetch(server, "/ready")[1])["checks"]["store"]["reason"]
    health.remove("store")
    assert fetch(server, "/ready")[0] == 200


def test_a_stuck_loop_is_not_alive_and_not_ready(server: TelemetryServer, health: Health, seconds: Seconds) -> None:
    health.started()
    loop = health.loop("collector", limit_seconds=30)
    other = health.loop("delivery", limit_seconds=300)
    seconds.at = 30
    assert fetch(server, "/live")[0] == 200
    seconds.at = 31
    status, body, _ = fetch(server, "/live")
    assert status == 503
    checks = json.loads(body)["checks"]
    assert checks["collector"]["reason"] == "no sign of life for 31 s (limit 30 s)"
    assert checks["delivery"] == {"ok": True}
    assert fetch(server, "/ready")[0] == 503
    loop.beat()
    assert fetch(server, "/live")[0] == 200
    seconds.at = 1000
    loop.end()
    other.end()
    assert fetch(server, "/live")[0] == 200


def test_a_process_that_starts_is_alive_and_not_ready(server: TelemetryServer) -> None:
    assert (fetch(server, "/live")[0], fetch(server, "/ready")[0]) == (200, 503)


@pytest.mark.parametrize("path", ["/", "/metricsx", "/../etc/passwd", "/%00", "/live/"])
def test_other_paths_are_not_found(server: TelemetryServer, path: str) -> None:
    assert fetch(server, path)[0] == 404


def test_other_methods_change_nothing(server: TelemetryServer) -> None:
    assert fetch(server, "/ready", "POST")[0] == 501
    status, body, headers = fetch(server, "/metrics", "HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) > 1000


def test_a_client_that_says_nothing_holds_nobody_up(server: TelemetryServer) -> None:
    with (
        socket.create_connection(("127.0.0.1", server.port)) as silent,
        socket.create_connection(("127.0.0.1", server.port)),
    ):
        silent.sendall(b"GET /met")
        assert fetch(server, "/metrics")[0] == 200
        server.stop()
    assert not [thread for thread in threading.enumerate() if thread.name == "telemetry"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("127.0.0.1:9464", ("127.0.0.1", 9464)),
        ("[::1]:0", ("::1", 0)),
        (":9464", ("", 9464)),
        (" localhost:1 ", ("localhost", 1)),
        ("OFF", None),
    ],
)
def test_addresses_are_read(text: str, found: tuple[str, int] | None) -> None:
    assert address(text) == found


@pytest.mark.parametrize(
    "text", ["", "9464", "host", "host:", "host:x", "host:70000", "::1:9464", "host:-1", "host:\u0661"]
)
def test_a_wrong_address_is_one_clear_line(text: str) -> None:
    with pytest.raises(AddressError, match="metrics_address"):
        address(text)


def test_a_taken_port_is_one_clear_line(server: TelemetryServer) -> None:
    telemetry = Telemetry(WallClock(), "1", "run")
    for at in (Address("127.0.0.1", server.port), Address("203.0.113.1", 0), Address("a..b", 0)):
        with pytest.raises(
            AddressError, match=r"metrics_address: cannot listen on port \d+: .*; set another one, or off"
        ):
            TelemetryServer(at, telemetry, Health())

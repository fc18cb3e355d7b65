"""Webhooks: the handshake at the start, notifications, and their list."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.simulation.service.web import Reply, Request, Site

from .conftest import HOUR, NOW, Open, moment, small


class Receiver:
    """Answers 200 (or what it is told) and remembers."""

    def __init__(self) -> None:
        self.status, self.seen = 200, []  # type: ignore[var-annotated]
        self.arrived = threading.Event()

    def __call__(self, request: Request) -> Reply:
        self.seen.append((dict(request.headers), request.json()))
        if isinstance(request.json(), list):
            self.arrived.set()
        return Reply(self.status)


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[tuple[Receiver, Any]]:
    """A receiver without TLS, and its site."""
    receiver = Receiver()
    site = Site("localhost", 0, receiver, lambda: NOW, None)
    site.start()
    yield receiver, site
    site.stop()


def start(caller: Any, webhook: dict[str, Any]) -> Any:
    url = f"{caller.feed}/subscriptions/start?contentType=Audit.Exchange"
    return caller.call("management", "POST", url, json={"webhook": webhook})


@pytest.mark.parametrize(
    ("webhook", "code"),
    [
        ({"address": "http://localhost/x"}, "AF20021"),
        ({"address": "https://localhost:1/x"}, "AF20021"),
        ({"address": "https://localhost/x", "expiration": "2020-01-01"}, "AF20003"),
        ({"address": "https://localhost/x", "expiration": "soon"}, "AF20002"),
    ],
)
def test_webhooks_that_are_refused(open_service: Open, webhook: dict[str, Any], code: str) -> None:
    caller = open_service(small(accounts=5, past_days=1))
    answer = start(caller, webhook)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert caller.activity("subscriptions/list").json() == []


def test_handshake_notifications_and_their_list(
    open_service: Open, hook: tuple[Receiver, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver, site = hook
    caller = open_service(small(accounts=5, past_days=1))
    webhooks = type(caller.service._webhooks)
    plain = webhooks._post

    def without_tls(self: Any, address: str, body: object, headers: dict[str, str]) -> int:
        return plain(self, address.replace("https://", "http://"), body, headers)

    monkeypatch.setattr(webhooks, "_post", without_tls)
    address = site.url.replace("http://", "https://") + "/hook"
    answer = start(caller, {"address": address, "authId": "tag"})
    assert answer.json()["webhook"]["status"] == "enabled"
    headers, body = receiver.seen[0]
    assert headers["webhook-validationcode"] == body["validationCode"] and headers["webhook-authid"] == "tag"
    caller.clock.ms += HOUR
    assert receiver.arrived.wait(10.0)
    told = receiver.seen[-1][1][0]
    assert (told["tenantId"], told["clientId"]) == (caller.who.id, caller.who.client_id)
    assert caller.call("management", "GET", told["contentUri"]).status_code == 200
    asked = {"contentType": "Audit.Exchange", "startTime": moment(NOW), "endTime": moment(NOW + 2 * HOUR)}
    for _ in range(100):
        listed = caller.activity("subscriptions/notifications", **asked).json()
        if listed:
            break
    assert {item["notificationStatus"] for item in listed} == {"success"}
    assert "tenantId" not in listed[0]

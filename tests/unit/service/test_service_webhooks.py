"""Webhooks over HTTPS: the handshake at the start, notifications, refusals, repeats, ends, and their list."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from streams.simulation.clock import graph_time, trace_time
from streams.simulation.service.web import Reply, Request, Site

from .conftest import HOUR, NOW, Caller, Open, moment, small

MINUTE = 60_000
_WAIT_SECONDS = 20.0


class Receiver:
    """Answers 200 (or what it is told) and remembers headers and bodies of the handshakes and of the notifications."""

    def __init__(self) -> None:
        self.status = 200
        self.handshakes: list[tuple[dict[str, str], Any]] = []
        self.told: list[tuple[dict[str, str], Any]] = []
        self._changed = threading.Condition()

    def __call__(self, request: Request) -> Reply:
        with self._changed:
            (self.told if isinstance(request.json(), list) else self.handshakes).append(
                (dict(request.headers), request.json())
            )
            self._changed.notify_all()
        return Reply(self.status, b"", {"Location": "/elsewhere"} if self.status == 302 else {})

    def wait(self, count: int) -> None:
        """Until so many notifications have come."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.told) >= count, _WAIT_SECONDS), (
                f"{len(self.told)} of {count}"
            )


@pytest.fixture
def caller(open_service: Open) -> Caller:
    return open_service(small(accounts=5, past_days=1, page_blobs=20))


@pytest.fixture
def hook(caller: Caller) -> Iterator[tuple[Receiver, str]]:
    """A receiver with a certificate of the tenant's own authority, and its address."""
    receiver = Receiver()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(caller.service.options.folder / "tls" / "server.pem")
    site = Site("localhost", 0, receiver, lambda: NOW, context)
    site.start()
    yield receiver, f"{site.url}/hook"
    site.stop()


def start(caller: Caller, webhook: object) -> Any:
    url = f"{caller.feed}/subscriptions/start?contentType=Audit.Exchange"
    return caller.call("management", "POST", url, json={"webhook": webhook})


def shown(caller: Caller) -> Any:
    return caller.activity("subscriptions/list").json()[0]["webhook"]


def sent_at(caller: Caller) -> list[str]:
    """The moments at which the webhook was called."""
    return sorted({item["notificationSent"] for item in list(caller.service._webhooks.history)})


def until(true: Callable[[], bool]) -> None:
    """Ask again and again."""
    for _ in range(2000):
        if true():
            return
        threading.Event().wait(0.01)
    raise AssertionError("did not come true")


@pytest.mark.parametrize(
    ("webhook", "code"),
    [
        ({"address": "http://localhost/x"}, "AF20021"),
        ({"address": "https://localhost:1/x"}, "AF20021"),
        ({"address": "https://"}, "AF20021"),
        ({"address": "https://localhost/x", "expiration": "2020-01-01"}, "AF20003"),
        ({"address": "https://localhost/x", "expiration": "soon"}, "AF20002"),
        ("https://localhost/x", "AF20002"),
    ],
)
def test_webhooks_that_are_refused(caller: Caller, webhook: object, code: str) -> None:
    answer = start(caller, webhook)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)
    assert caller.activity("subscriptions/list").json() == []


@pytest.mark.parametrize("status", [204, 302, 500])
def test_a_handshake_that_is_not_answered_200_makes_no_subscription(
    caller: Caller, hook: tuple[Receiver, str], status: int
) -> None:
    receiver, address = hook
    receiver.status = status
    assert start(caller, {"address": address}).json()["error"]["code"] == "AF20021"
    assert len(receiver.handshakes) == 1 and caller.activity("subscriptions/list").json() == []


def test_handshake_and_notifications(caller: Caller, hook: tuple[Receiver, str]) -> None:
    receiver, address = hook
    answer = start(caller, {"address": address, "authId": "tag"})
    assert answer.json()["webhook"] == {"status": "enabled", "address": address, "authId": "tag", "expiration": None}
    headers, body = receiver.handshakes[0]
    assert headers["webhook-validationcode"] == body["validationCode"] and headers["webhook-authid"] == "tag"
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert start(caller, {"address": address, "authId": "tag"}).json()["error"]["code"] == "AF20024"
    caller.clock.ms += HOUR
    receiver.wait(1)
    headers, body = receiver.told[0]
    assert (headers["content-type"], headers["webhook-authid"]) == ("application/json; utf-8", "tag")
    assert (body[0]["tenantId"], body[0]["clientId"]) == (caller.who.id, caller.who.client_id)
    assert caller.call("management", "GET", body[0]["contentUri"]).status_code == 200
    assert {item["contentId"] for item in body} <= {
        content["contentId"] for content in caller.listing("Audit.Exchange", NOW - 12 * HOUR, NOW + HOUR)}  # fmt: skip


def test_the_list_of_notifications_has_pages(caller: Caller, hook: tuple[Receiver, str]) -> None:
    receiver, address = hook
    start(caller, {"address": address})
    caller.clock.ms += 6 * HOUR
    receiver.wait(1)
    asked = f"contentType=Audit.Exchange&startTime={moment(NOW)}&endTime={moment(NOW + 12 * HOUR)}"
    first = f"{caller.feed}/subscriptions/notifications?{asked}"
    until(lambda: bool(caller.call("management", "GET", first).json()))
    listed: list[dict[str, Any]] = []
    url: str | None = first
    while url:
        answer = caller.call("management", "GET", url)
        listed += answer.json()
        assert len(answer.json()) <= 20
        url = answer.headers.get("NextPageUri")
    told = [item["contentId"] for _, body in receiver.told for item in body]
    assert len(told) > 20 and [item["contentId"] for item in listed] == told
    assert {item["notificationStatus"] for item in listed} == {"success"}
    assert "tenantId" not in listed[0] and listed[0]["notificationSent"].endswith("Z")


def test_what_was_not_taken_is_told_again_later_and_the_webhook_is_disabled_in_the_end(
    caller: Caller, hook: tuple[Receiver, str]
) -> None:
    receiver, address = hook
    start(caller, {"address": address})
    receiver.status = 500
    caller.clock.ms += HOUR
    for failures in range(1, 6):
        receiver.wait(failures)
        assert len(receiver.told) == failures  # not before the delay has passed
        until(lambda count=failures: len(sent_at(caller)) == count)  # type: ignore[misc]
        caller.clock.ms += MINUTE << failures
    assert sent_at(caller) == [
        trace_time(NOW + HOUR + ((2 << past) - 2) * MINUTE) for past in range(5)
    ]  # each once, ever later
    first = {item["contentId"] for item in receiver.told[0][1]}
    assert all(first <= {item["contentId"] for item in body} for _, body in receiver.told)
    until(lambda: shown(caller)["status"] == "disabled")
    caller.clock.ms += HOUR
    receiver.status = 200
    assert start(caller, {"address": address}).json()["webhook"]["status"] == "enabled"
    caller.clock.ms += HOUR
    receiver.wait(6)
    assert not first & {item["contentId"] for item in receiver.told[5][1]}
    assert shown(caller)["status"] == "enabled"


def test_a_webhook_expires_and_is_renewed_or_taken_off_by_the_same_call(
    caller: Caller, hook: tuple[Receiver, str]
) -> None:
    receiver, address = hook
    start(caller, {"address": address, "expiration": graph_time(NOW + 10 * MINUTE)})
    assert shown(caller)["status"] == "enabled"
    caller.clock.ms += 11 * MINUTE
    assert shown(caller)["status"] == "expired"
    later = graph_time(NOW + 10 * HOUR)
    assert start(caller, {"address": address, "expiration": later}).json()["webhook"]["status"] == "enabled"
    assert start(caller, None).json()["webhook"] is None
    caller.clock.ms += HOUR
    assert caller.listing("Audit.Exchange", NOW, NOW + HOUR)
    assert len(receiver.handshakes) == 2 and shown(caller) is None

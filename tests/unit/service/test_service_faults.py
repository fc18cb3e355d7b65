"""Faults come in the vendor's shapes, at one tenant and not at its neighbour, and leave the data whole."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import httpx
import pytest

from streams.simulation.service import Faults, fault_profile
from streams.simulation.service.faults import Fault

from .conftest import DAY, NOW, Caller, Open, moment, small

TYPES = ("Audit.Exchange",)
ASKED = {"contentType": "Audit.Exchange", "startTime": moment(NOW - DAY), "endTime": moment(NOW)}


@pytest.fixture(scope="module")
def failing(shared: Caller) -> Caller:
    """The shared tenant, whose faults each test sets and clears."""
    shared.headers("management")
    shared.headers("graph")
    return shared


@pytest.fixture
def faults(failing: Caller) -> Iterator[Faults]:
    """The faults of the shared tenant, cleared afterwards."""
    tenant = failing.service.tenant()
    kept = tenant.faults.copy()
    yield tenant.faults
    for name in Faults.__slots__:
        setattr(tenant.faults, name, getattr(kept, name))


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ("af429", 403, b'{"error":{"code":"AF429","message":"Too many requests. Method=ListContent, PublisherId='),
        (
            "af429_quotes",
            403,
            b"{'error':{'code':'AF429','message':'Too many requests. Method=ListContent, PublisherId=",
        ),
        ("throttled", 429, b'{"error":{"code":"AF429"'),
        ("internal", 500, b'{"error":{"code":"AF50000"'),
        ("unavailable", 503, b""),
        ("timeout", 408, b""),
        ("unauthorized", 401, b""),
    ],
)
def test_refusals_of_the_activity_api(failing: Caller, faults: Faults, fault: str, status: int, body: bytes) -> None:
    setattr(faults, fault, 1.0)
    answer = failing.activity("subscriptions/content", **ASKED)
    assert answer.status_code == status and answer.content.startswith(body)
    assert "Retry-After" not in answer.headers
    assert bool(body) == bool(answer.content)


def test_the_publisher_is_named_in_the_refusal(failing: Caller, faults: Faults) -> None:
    faults.af429 = 1.0
    answer = failing.activity("subscriptions/content", **ASKED, PublisherIdentifier=failing.who.id)
    assert answer.json()["error"]["message"].endswith(failing.who.id)


def test_retry_after_is_a_fault_of_its_own(failing: Caller, faults: Faults) -> None:
    faults.throttled_after, faults.retry_after_seconds = 1.0, 7
    for answer in (failing.activity("subscriptions/list"), failing.graph("v1.0/organization")):
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("throttled", 429, "TooManyRequests"),
        ("internal", 500, "UnknownError"),
        ("unauthorized", 401, "InvalidAuthenticationToken"),
    ],
)
def test_refusals_of_graph(failing: Caller, faults: Faults, fault: str, status: int, code: str) -> None:
    setattr(faults, fault, 1.0)
    answer = failing.graph("v1.0/organization")
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_reset_in_the_middle_of_the_body(failing: Caller, faults: Faults) -> None:
    faults.reset = 1.0
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        failing.activity("subscriptions/content", **ASKED)


def test_a_cut_body_that_claims_to_be_whole(failing: Caller, faults: Faults) -> None:
    faults.truncated = 1.0
    answer = failing.activity("subscriptions/content", **ASKED)
    assert answer.status_code == 200 and int(answer.headers["Content-Length"]) == len(answer.content)
    with pytest.raises(ValueError, match=r".*"):
        answer.json()


def test_a_slow_body_is_whole(failing: Caller, faults: Faults) -> None:
    faults.slow, faults.slow_seconds = 1.0, 0.05
    assert failing.activity("subscriptions/list").json()


def test_a_cut_answer_is_not_in_the_log_of_what_was_sent(open_service: Open) -> None:
    caller = open_service(small(subscribed=TYPES))
    content = caller.listing("Audit.Exchange", NOW - DAY, NOW)[0]
    tenant = caller.service.tenant()
    tenant.faults.truncated = 1.0
    caller.call("management", "GET", content["contentUri"])
    tenant.faults.truncated, tenant.faults.reset = 0.0, 1.0
    with pytest.raises(httpx.TransportError):
        caller.call("management", "GET", content["contentUri"])
    assert tenant.sent.records == {}
    tenant.faults.reset = 0.0
    caller.call("management", "GET", content["contentUri"])
    assert tenant.sent.records["activity/Audit.Exchange"] > 0


def test_the_date_header_can_be_wrong(failing: Caller, faults: Faults) -> None:
    faults.skew_ms = 10 * 60_000
    told = parsedate_to_datetime(failing.activity("subscriptions/list").headers["Date"])
    assert told.timestamp() * 1000 == failing.clock.ms + 10 * 60_000


def test_the_life_of_a_token_can_be_short(failing: Caller, faults: Faults) -> None:
    faults.token_seconds = -1
    token = failing.ask_token().json()["access_token"]
    answer = failing.http.get(f"{failing.feed}/subscriptions/list", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


def test_a_limit_of_calls_for_each_minute(failing: Caller, faults: Faults) -> None:
    faults.management_limit = 3
    failing.clock.ms += 120_000
    statuses = [failing.activity("subscriptions/list").status_code for _ in range(5)]
    failing.clock.ms -= 120_000
    assert statuses == [200, 200, 200, 403, 403]


def test_one_tenant_fails_and_its_neighbour_does_not(open_service: Open) -> None:
    caller = open_service(small(seed=1, accounts=5), small(seed=2, accounts=5))
    other = Caller(caller.service, caller.clock, number=1)
    caller.service.tenant().faults.down = True
    assert caller.ask_token().status_code == 503
    assert other.activity("subscriptions/list").status_code == 200
    assert other.who.id != caller.who.id


def test_with_every_fault_a_patient_caller_gets_everything_once(open_service: Open) -> None:
    caller = open_service(small(subscribed=TYPES), faults=fault_profile("all"))
    faults = caller.service.tenant().faults
    for fault in Fault:
        setattr(faults, fault.value, 0.05)
    faults.slow_seconds = 0.0

    def patient(url: str) -> httpx.Response:
        for _ in range(60):
            try:
                answer = caller.call("management", "GET", url)
                if answer.status_code == 200 and isinstance(answer.json(), list):
                    return answer
            except (httpx.TransportError, ValueError):
                continue
        raise AssertionError("no answer after 60 tries")

    found: set[str] = set()
    url: str | None = f"{caller.feed}/subscriptions/content?" + "&".join(f"{k}={v}" for k, v in ASKED.items())
    while url:
        answer = patient(url)
        for content in answer.json()[:15]:
            assert content["contentId"] not in found
            found.add(content["contentId"])
            assert patient(content["contentUri"]).json()
        url = answer.headers.get("NextPageUri")
    assert found
    assert len({outcome for _, _, outcome in caller.service.front.calls} & {fault.value for fault in Fault}) >= 6


def test_profiles_by_name() -> None:
    assert fault_profile("none") == Faults()
    assert all(getattr(fault_profile("all"), fault.value) > 0 for fault in Fault)
    assert fault_profile("reset").reset == 0.1 and fault_profile("expired").expired == 0.1
    with pytest.raises(ValueError, match="unknown fault profile 'floods'; known: none, all, af429"):
        fault_profile("floods")


def test_calls_that_are_no_calls(shared: Caller) -> None:
    base = shared.service.urls["management"]
    assert shared.http.get(f"{base}/").status_code == 404
    assert shared.http.get(f"{base}/api/v1.0/x").status_code == 404
    assert shared.http.post(f"{base}/api/v1.0/x", content=b"x" * (1 << 21)).status_code == 413
    assert shared.call("management", "GET", f"{shared.feed}/nothing").status_code == 404
    assert shared.http.get(f"{shared.service.urls['login']}/").status_code == 404

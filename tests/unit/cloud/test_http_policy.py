"""One HTTP policy: what is repeated, what is raised, and where a token goes."""

from __future__ import annotations

import gzip
import random
import threading
from collections.abc import Callable
from dataclasses import replace
from email.utils import formatdate
from typing import Any

import pytest

from streams.cloud import bodies
from streams.cloud.http import CloudHttp
from streams.cloud.seam import Api, BadAnswer, NoToken, Refused, Throttled, Unreachable
from streams.cloud.tenant_access import TenantAccess
from tests.unit.cloud.conftest import JumpingClock
from tests.unit.cloud.local_service import LocalService, Reply, error


def get(cloud: CloudHttp, service: LocalService, path: str = "/api/content", **more: Any) -> bytes:
    return cloud.call(Api.MANAGEMENT, "GET", service.url + path, **more).body


def test_a_call_carries_the_token_and_names_watchpost(cloud: CloudHttp, service: LocalService) -> None:
    service.api = [Reply(body=b'[{"a":1}]', headers={"NextPageUri": "https://x/y"})]
    answer = cloud.call(Api.MANAGEMENT, "GET", service.url + "/api", params={"startTime": "2026-08-14T09:00:00"})
    assert answer.json() == [{"a": 1}]
    assert answer.headers["nextpageuri"] == "https://x/y"
    sent = service.calls[0]
    assert sent.headers["authorization"] == f"Bearer {service.tokens[0]}"
    assert sent.headers["user-agent"].startswith("watchpost/")
    assert sent.headers["accept-encoding"] == "gzip"


def test_an_address_of_the_service_is_sent_as_given(cloud: CloudHttp, service: LocalService) -> None:
    get(
        cloud,
        service,
        "/audit/2026$2026$audit_exchange$na0021?x=a%20b&y=c+d",
        params={"$top": "5", "$filter": "a ge b'c"},
    )
    assert service.calls[0].path == "/audit/2026$2026$audit_exchange$na0021?x=a%20b&y=c+d&$top=5&$filter=a%20ge%20b%27c"
    get(cloud, service, "/audit/2026%242026")
    assert service.calls[1].path == "/audit/2026%242026"


def test_a_post_carries_json_or_nothing(cloud: CloudHttp, service: LocalService) -> None:
    cloud.call(Api.EXCHANGE, "POST", service.url + "/x", body={"a": None})
    cloud.call(Api.MANAGEMENT, "POST", service.url + "/start")
    assert (service.calls[0].body, service.calls[0].headers["content-type"]) == (b'{"a":null}', "application/json")
    assert (service.calls[1].body, service.calls[1].headers["content-length"]) == (b"", "0")


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/api",
        "https://evil.example:443/api",
        "http://localhost/api",
        "https://localhost@evil.example/api",
        "https://localhost:1/api",
        "//evil.example/x",
        "/api/v1.0/x",
        "https://user:pw@{host}/api",
        "https://{host}.evil.example/",
        "javascript:alert(1)",
        "https://[::1",
        "https://{host}/\n/x",
        "",
    ],
)
def test_a_token_never_goes_to_a_foreign_host(cloud: CloudHttp, service: LocalService, url: str) -> None:
    with pytest.raises(BadAnswer, match="nothing was sent there"):
        cloud.call(Api.MANAGEMENT, "GET", url.replace("{host}", service.url.removeprefix("https://")))
    assert not service.calls
    assert not service.sign_ins


def test_the_token_of_one_api_does_not_go_to_another_apis_host(
    access: Callable[..., TenantAccess], service: LocalService
) -> None:
    endpoints = replace(access().endpoints, graph="https://graph.test.example")
    cloud = CloudHttp(access(endpoints=endpoints), JumpingClock())
    with pytest.raises(BadAnswer, match="set graph_url"):
        cloud.call(Api.GRAPH, "GET", service.url + "/api")
    assert not service.calls


def test_a_redirect_is_not_followed(cloud: CloudHttp, service: LocalService) -> None:
    service.api = [Reply(302, b"", {"Location": "https://evil.example/take?token=1"})]
    with pytest.raises(BadAnswer, match=r"sends us on \(302\) to evil\.example; not followed"):
        get(cloud, service)
    assert len(service.calls) == 1


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_failing_service_is_asked_three_times(
    cloud: CloudHttp, service: LocalService, clock: JumpingClock, status: int
) -> None:
    service.api = [Reply(status, b""), error(status, "AF50000"), Reply(body=b"[1]")]
    assert get(cloud, service) == b"[1]"
    assert len(service.calls) == 3
    assert 0 < sum(clock.waits) < 5


def test_a_service_that_goes_on_failing_is_unreachable(cloud: CloudHttp, service: LocalService) -> None:
    service.api = [error(500, "AF50000")]
    with pytest.raises(Unreachable, match="HTTP 500 AF50000, 3 times"):
        get(cloud, service)
    assert len(service.calls) == 3
    assert cloud.facts.requests == {("management", "retried"): 2, ("management", "unreachable"): 1}


CUTS = {
    "announced length": Reply(body=b'[{"a":1},{"a":2}]', cut=5),
    "reset": Reply(body=b"[" + b"1," * 40_000 + b"1]", cut=30_000, reset=True),
    "nothing of it": Reply(body=b"[1,2,3,4]", cut=0, reset=True),
    "gzip without length": Reply(body=gzip.compress(b"[1]")[:-9], headers={"Content-Encoding": "gzip"}, framed=False),
    "damaged gzip": Reply(body=b"\x1f\x8bnonsense", headers={"Content-Encoding": "gzip"}),
    "JSON without length": Reply(body=b'[{"a":1},{"a"', framed=False),
    "JSON with length": Reply(body=b'[{"a":1},'),
    "strange compression": Reply(body=b"[1]", headers={"Content-Encoding": "br"}),
}


@pytest.mark.parametrize("kind", CUTS)
def test_a_cut_body_is_fetched_again_and_never_returned(cloud: CloudHttp, service: LocalService, kind: str) -> None:
    service.api = [CUTS[kind], Reply(body=b"[7]")]
    assert get(cloud, service) == b"[7]"
    service.api = [CUTS[kind]]
    with pytest.raises(Unreachable, match="3 times"):
        get(cloud, service)


def test_a_compressed_body_comes_whole(cloud: CloudHttp, service: LocalService) -> None:
    body = b"[" + b",".join(b'{"n":%d}' % number for number in range(200_000)) + b"]"
    packed = gzip.compress(body[:1000]) + gzip.compress(body[1000:])
    service.api = [Reply(body=packed, headers={"Content-Encoding": "gzip"})]
    assert get(cloud, service) == body


def test_a_body_that_trickles_is_given_up(
    cloud: CloudHttp, service: LocalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS_MAX", -1.0)
    with pytest.raises(Unreachable, match="the body took longer"):
        get(cloud, service)


def test_a_body_that_grows_without_end_is_refused(
    cloud: CloudHttp, service: LocalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies.read_body, "__defaults__", (1 << 20,))
    service.api = [Reply(body=gzip.compress(b"[" + b" " * (8 << 20) + b"]"), headers={"Content-Encoding": "gzip"})]
    with pytest.raises(BadAnswer, match="larger than 1048576 bytes"):
        get(cloud, service)


def test_a_refused_token_is_renewed_once(cloud: CloudHttp, service: LocalService) -> None:
    service.api = [Reply(401, b""), Reply(body=b"[1]")]
    assert get(cloud, service) == b"[1]"
    assert [call.headers["authorization"].removeprefix("Bearer ") for call in service.calls] == service.tokens
    assert len(service.tokens) == 2


def test_a_role_that_is_missing_is_told_after_one_renewal_a_minute(
    cloud: CloudHttp, service: LocalService, clock: JumpingClock
) -> None:
    service.api = [error(401, "AF10001", "The permission set (ServiceHealth.Read) does not include ActivityFeed.Read")]
    for _ in range(5):
        with pytest.raises(Refused) as told:
            get(cloud, service)
        assert (told.value.status, told.value.code) == (401, "AF10001")
    assert len(service.sign_ins) == 2
    clock.ahead += 61
    with pytest.raises(Refused):
        get(cloud, service)
    assert len(service.sign_ins) == 3


def test_a_front_door_that_lags_behind_is_asked_again(cloud: CloudHttp, service: LocalService) -> None:
    for script in ([Reply(401, b""), Reply(401, b""), Reply(body=b"[1]")], [Reply(401, b""), Reply(body=b"[1]")]):
        service.api = [*script]
        assert get(cloud, service) == b"[1]"
    service.api = [Reply(401, b"")]
    with pytest.raises(Refused, match="HTTP 401"):
        get(cloud, service)
    assert len(service.sign_ins) == 2


SINGLE_QUOTES = b"{'error':{'code':'AF429','message':'Too many requests. Method=GetBlob, PublisherId=0000'}}"


@pytest.mark.parametrize(
    "reply", [error(403, "AF429"), Reply(403, SINGLE_QUOTES), Reply(429, b""), error(429, "UnknownError", "")]
)
def test_throttling_in_every_shape_is_raised_and_remembered(
    cloud: CloudHttp, service: LocalService, clock: JumpingClock, reply: Reply
) -> None:
    service.api = [reply, Reply(body=b"[1]")]
    with pytest.raises(Throttled) as told:
        get(cloud, service)
    assert 9_000 < told.value.retry_ms - clock.now_ms() < 13_500
    with pytest.raises(Throttled) as again:
        get(cloud, service)
    assert again.value.retry_ms == told.value.retry_ms
    assert len(service.calls) == 1
    assert cloud.call(Api.GRAPH, "GET", service.url + "/users").body == b"[1]"  # another class is not concerned
    clock.ahead += 14
    assert get(cloud, service) == b"[1]"
    assert cloud.facts.throttled == {"management": 1}


def test_retry_after_is_obeyed_in_seconds_and_as_a_date(
    cloud: CloudHttp, service: LocalService, clock: JumpingClock
) -> None:
    service.api = [error(429, "TooManyRequests", Retry_After="44")]
    with pytest.raises(Throttled) as told:
        get(cloud, service)
    assert 42_000 < told.value.retry_ms - clock.now_ms() <= 44_000
    clock.ahead += 45
    when = formatdate(clock.now_ms() / 1000 + 90, usegmt=True)
    service.api = [error(429, "TooManyRequests", Retry_After=when, Date=formatdate(clock.now_ms() / 1000, usegmt=True))]
    with pytest.raises(Throttled) as told:
        get(cloud, service)
    assert 85_000 < told.value.retry_ms - clock.now_ms() < 93_000
    service.api = [error(429, "TooManyRequests", Retry_After="99999999999999")]
    clock.ahead += 100
    with pytest.raises(Throttled) as told:
        get(cloud, service)
    assert told.value.retry_ms - clock.now_ms() <= 3_600_000


def test_repeated_throttling_backs_off_to_five_minutes_and_success_resets(
    cloud: CloudHttp, service: LocalService, clock: JumpingClock
) -> None:
    service.api = [Reply(429, b"")]
    waits = []
    for _ in range(8):
        with pytest.raises(Throttled) as told:
            get(cloud, service)
        waits.append((told.value.retry_ms - clock.now_ms()) / 1000)
        clock.ahead += waits[-1] + 1
    assert sorted(waits[:5]) == waits[:5]
    assert 290 < max(waits) <= 300
    service.api = [Reply(body=b"[1]"), Reply(429, b"")]
    get(cloud, service)
    with pytest.raises(Throttled) as told:
        get(cloud, service)
    assert told.value.retry_ms - clock.now_ms() < 14_000


def test_a_failing_service_that_names_a_late_hour_is_left_alone(cloud: CloudHttp, service: LocalService) -> None:
    service.api = [Reply(503, b"", {"Retry-After": "120"})]
    with pytest.raises(Throttled):
        get(cloud, service)
    assert len(service.calls) == 1


def test_a_refusal_tells_code_message_and_request_id(cloud: CloudHttp, service: LocalService) -> None:
    body = b'{"error":{"code":"Forbidden","message":"no\\u001b[31m \\u202elicence\\r\\nhere","innerError":{"request-id":"r-1"}}}'
    service.api = [Reply(403, body)]
    with pytest.raises(Refused) as told:
        get(cloud, service)
    assert (told.value.status, told.value.code, told.value.request_id) == (403, "Forbidden", "r-1")
    assert str(told.value).isprintable()
    assert len(service.calls) == 1


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"\0\0\0\0", "HTTP403", "no reason given"),
        (b"", "HTTP403", "no reason given"),
        (b"<html><body>Proxy says no</body></html>", "HTTP403", "no reason given"),
        (b'"text"', "HTTP403", "no reason given"),
        (b'{"error":"unauthorized_client","error_description":"why"}', "unauthorized_client", "why"),
        (b'{"Message":1}', "HTTP403", "no reason given"),
        (
            b'{"error":{"code":"400","message":"Invalid Operation","innererror":{"internalexception":{"message":"real"}}}}',
            "400",
            "real",
        ),
        (b'{"error":{"code":"400","message":"Invalid Operation","details":[{"message":"|T.X|real"}]}}', "400", "real"),
        (b'{"error":{"code":["x"],"message":{"a":1}}}', "HTTP403", "no reason given"),
    ],
)
def test_refusals_of_every_shape_are_read(
    cloud: CloudHttp, service: LocalService, body: bytes, code: str, message: str
) -> None:
    service.api = [Reply(403, body)]
    with pytest.raises(Refused) as told:
        get(cloud, service)
    assert (told.value.code, told.value.message) == (code, message)


def test_the_clock_of_the_service_is_learnt_and_one_liar_changes_nothing(
    cloud: CloudHttp, service: LocalService, clock: JumpingClock
) -> None:
    def reply(offset: float) -> Reply:
        return Reply(headers={"Date": formatdate(clock.now_ms() / 1000 + offset, usegmt=True)})

    get(cloud, service)
    assert abs(cloud.now_ms() - clock.now_ms()) < 50
    for offset in (400, 400, 400, -50_000, 400):
        service.api = [reply(offset)]
        get(cloud, service)
    assert 397_000 < cloud.now_ms() - clock.now_ms() < 402_000
    assert 397_000 < cloud.facts.skew_ms < 402_000
    for text in ("yesterday", "", "Mon, 99 Foo 2026 77:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 -0000"):
        service.api = [Reply(headers={"Date": text})]
        get(cloud, service)
    assert 397_000 < cloud.now_ms() - clock.now_ms() < 402_000


def test_a_service_that_is_not_there_is_unreachable(access: Callable[..., TenantAccess], service: LocalService) -> None:
    cloud = CloudHttp(access(), JumpingClock())
    get(cloud, service)
    service.close()
    cloud.close()
    cloud = CloudHttp(access(), JumpingClock())
    with pytest.raises(NoToken) as told:
        get(cloud, service)
    assert not told.value.fatal
    assert "cannot be reached" in str(told.value)


def test_an_untrusted_certificate_is_told_at_once(access: Callable[..., TenantAccess], service: LocalService) -> None:
    cloud = CloudHttp(access(ca_bundle=None), JumpingClock())
    with pytest.raises(NoToken, match=r"not trusted.*ca_bundle"):
        get(cloud, service)


def test_an_api_that_the_cloud_does_not_have_is_told(
    access: Callable[..., TenantAccess], service: LocalService
) -> None:
    cloud = CloudHttp(access(cloud="china", endpoints=replace(access().endpoints, management="")), JumpingClock())
    with pytest.raises(NoToken, match=r"china has no management API.*management_url"):
        cloud.call(Api.MANAGEMENT, "GET", "/api/v1.0/x")


def test_stopping_ends_the_waiting(access: Callable[..., TenantAccess], service: LocalService) -> None:
    stop = threading.Event()
    stop.set()
    cloud = CloudHttp(access(), JumpingClock(), stop, chance=random.Random(1))
    service.api = [Reply(503, b"")]
    with pytest.raises(Unreachable):
        get(cloud, service)
    assert len(service.calls) == 1


def test_our_own_budget_makes_a_flood_wait_and_then_refuses(
    cloud: CloudHttp, service: LocalService, clock: JumpingClock
) -> None:
    for _ in range(6):
        cloud.call(Api.GRAPH, "GET", service.url + "/auditLogs/signIns", cost="reporting:signins")
    assert 10 < sum(clock.waits) < 12.5  # 5 in 10 s, at 90 %
    assert cloud.facts.requests == {("graph", "ok"): 6}


def test_no_cookie_is_kept(cloud: CloudHttp, service: LocalService) -> None:
    service.api = [Reply(headers={"Set-Cookie": "a=b"})]
    get(cloud, service)
    get(cloud, service)
    assert "cookie" not in service.calls[1].headers


def test_every_request_is_observed(access: Callable[..., TenantAccess], service: LocalService) -> None:
    seen: list[tuple[Api, str]] = []
    cloud = CloudHttp(access(), JumpingClock(), observe=lambda api, outcome, _: seen.append((api, outcome)))
    service.api = [Reply(500, b""), Reply(), Reply(403, b"")]
    get(cloud, service)
    with pytest.raises(Refused):
        get(cloud, service)
    assert seen == [(Api.MANAGEMENT, "retried"), (Api.MANAGEMENT, "ok"), (Api.MANAGEMENT, "refused")]

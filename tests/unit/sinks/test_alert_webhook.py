"""The webhook against a real HTTPS server: what it sends, and what each kind of answer means."""

from __future__ import annotations

import hashlib
import hmac
import logging
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from streams.clock import PracticeClock
from streams.sinks.alert_sink import SinkFailure, SinkRefused, SinkRetry
from streams.sinks.http_post import BadAddress, HttpPost, check_address, retry_after_seconds, shown_address
from streams.sinks.secret import Secret
from streams.sinks.webhook import Webhook
from tests.unit.sinks.alert_examples import SECRETS, URL_TOKEN, alert
from tests.unit.sinks.receivers import Authority, HttpReceiver, Says

CLOCK = PracticeClock(1_772_546_700_000, 1 << 62, 0.0)


@pytest.fixture
def receiver(authority: Authority) -> Iterator[HttpReceiver]:
    with HttpReceiver(authority.context()) as found:
        yield found


def webhook(receiver: HttpReceiver, authority: Authority | None, timeout: float = 5.0) -> Webhook:
    bundle = authority.bundle if authority else None
    return Webhook(
        "hook",
        HttpPost(Secret(receiver.url), timeout, bundle),
        CLOCK,
        Secret(SECRETS["signing"]),
        Secret(SECRETS["token"]),
        {"X-Tenant": Secret(SECRETS["header"])},
    )


def failure(sink: Webhook) -> SinkFailure:
    with pytest.raises(SinkFailure) as caught:
        sink.send([alert()])
    assert "\n" not in caught.value.reason
    assert not any(secret in caught.value.reason for secret in SECRETS.values())
    return caught.value


def test_the_message_arrives_as_it_was_emitted(receiver: HttpReceiver, authority: Authority) -> None:
    sent = alert("Zoë & <b>")
    webhook(receiver, authority).send([sent])
    [asked] = receiver.asked
    assert asked.body == sent.body
    assert asked.headers["Content-Type"] == "application/json"
    assert asked.headers["Idempotency-Key"] == sent.uid
    assert asked.headers["Authorization"] == f"Bearer {SECRETS['token']}"
    assert asked.headers["X-Tenant"] == SECRETS["header"]


def test_the_signature_is_verifiable(receiver: HttpReceiver, authority: Authority) -> None:
    webhook(receiver, authority).send([alert()])
    [asked] = receiver.asked
    parts = dict(part.split("=", 1) for part in asked.headers["Watchpost-Signature"].split(","))
    expected = hmac.new(SECRETS["signing"].encode(), parts["t"].encode() + b"." + asked.body, hashlib.sha256)
    assert parts["t"] == str(CLOCK.now_ms() // 1000)
    assert hmac.compare_digest(parts["v1"], expected.hexdigest())


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_is_a_success(receiver: HttpReceiver, authority: Authority, status: int) -> None:
    receiver.script = [Says(status, body=b"")]
    webhook(receiver, authority).send([alert()])


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_what_can_pass_is_tried_again(receiver: HttpReceiver, authority: Authority, status: int) -> None:
    receiver.script = [Says(status, {"Retry-After": "17"})]
    error = failure(webhook(receiver, authority))
    assert isinstance(error, SinkRetry)
    assert error.after_seconds == 17.0


def test_throttling_without_a_time_says_none(receiver: HttpReceiver, authority: Authority) -> None:
    receiver.script = [Says(429)]
    error = failure(webhook(receiver, authority))
    assert isinstance(error, SinkRetry)
    assert error.after_seconds is None


@pytest.mark.parametrize(
    ("status", "words"), [(401, "credentials"), (404, "address"), (410, "removed"), (422, "not accept")]
)
def test_what_needs_a_person_is_refused(receiver: HttpReceiver, authority: Authority, status: int, words: str) -> None:
    receiver.script = [Says(status, body=b"secret detail " + URL_TOKEN.encode())]
    error = failure(webhook(receiver, authority))
    assert isinstance(error, SinkRefused)
    assert not error.message
    assert words in error.reason


@pytest.mark.parametrize(
    ("body", "shown"),
    [(b"no_service", " (no_service)"), (b"hooks", ""), (b"{}", ""), (b"Two words", ""), (b"\xff", ""), (b"x" * 41, "")],
)
def test_only_a_code_word_of_an_answer_is_repeated(
    receiver: HttpReceiver, authority: Authority, body: bytes, shown: str
) -> None:
    receiver.script = [Says(404, body=body)]
    assert f"HTTP 404{shown}: check the address" in failure(webhook(receiver, authority)).reason


def test_an_alert_that_is_too_large_is_that_alerts_own_fault(receiver: HttpReceiver, authority: Authority) -> None:
    receiver.script = [Says(413)]
    error = failure(webhook(receiver, authority))
    assert isinstance(error, SinkRefused)
    assert error.message


def test_redirects_are_not_followed(receiver: HttpReceiver, authority: Authority) -> None:
    receiver.script = [Says(307, {"Location": receiver.url})]
    assert "redirects" in failure(webhook(receiver, authority)).reason
    assert len(receiver.asked) == 1


def test_a_server_that_hangs_is_given_up(receiver: HttpReceiver, authority: Authority) -> None:
    receiver.script = [Says(hang=True)]
    error = failure(webhook(receiver, authority, timeout=0.3))
    assert isinstance(error, SinkRetry)
    assert "no answer within 0.3 s" in error.reason


def test_an_answer_that_breaks_off_is_tried_again_with_the_same_key(
    receiver: HttpReceiver, authority: Authority
) -> None:
    receiver.script = [Says(200, cut=True)]
    sink = webhook(receiver, authority)
    assert isinstance(failure(sink), SinkRetry)
    sink.send([alert()])
    first, second = receiver.asked
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"] == alert().uid
    assert first.body == second.body


def test_an_answer_without_end_is_not_read_to_its_end(receiver: HttpReceiver, authority: Authority) -> None:
    receiver.script = [Says(body=b"x" * 3_000_000)]
    sink = webhook(receiver, authority)
    sink.send([alert()])
    sink.send([alert()])
    assert len(receiver.asked) == 2


def test_an_answer_that_drips_is_cut_off(receiver: HttpReceiver, authority: Authority) -> None:
    receiver.script = [Says(500, body=b"0" * 400, drip=True)]
    error = failure(webhook(receiver, authority, timeout=0.15))
    assert "HTTP 500" in error.reason
    assert receiver.answered == 0


def test_nobody_listening_is_tried_again(authority: Authority) -> None:
    with HttpReceiver(authority.context()) as gone:
        sink = webhook(gone, authority)
    error = failure(sink)
    assert isinstance(error, SinkRetry)
    assert "cannot be reached" in error.reason


def test_an_unknown_authority_is_named(receiver: HttpReceiver) -> None:
    error = failure(webhook(receiver, None))
    assert isinstance(error, SinkRefused)
    assert "certificate is not accepted" in error.reason
    assert "ca_bundle" in error.reason
    assert not receiver.asked


@pytest.mark.parametrize("leaf", ["other", "old"])
def test_a_wrong_certificate_is_refused(authority: Authority, leaf: str) -> None:
    made = {"other": (["other.example"], 2), "old": (["localhost"], -1)}[leaf]
    file = authority.leaf(leaf, made[0], () if leaf == "other" else ["127.0.0.1"], made[1])
    with HttpReceiver(authority.context(file)) as receiver:
        error = failure(webhook(receiver, authority))
    assert isinstance(error, SinkRefused)
    assert {"other": "IP address mismatch", "old": "expired"}[leaf] in error.reason
    assert not receiver.asked


def test_a_port_without_tls_is_said(authority: Authority) -> None:
    with HttpReceiver(None) as receiver:
        receiver.url = receiver.url.replace("http:", "https:")
        error = failure(webhook(receiver, authority))
    assert "does not speak TLS" in error.reason


def test_a_connection_is_used_again(receiver: HttpReceiver, authority: Authority) -> None:
    sink = webhook(receiver, authority)
    sink.send([alert()])
    sink.close()
    sink.close()
    sink.send([alert(), alert()])
    assert len(receiver.asked) == 3


def test_logs_do_not_hold_the_address(
    receiver: HttpReceiver, authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, logger="httpx"):
        webhook(receiver, authority).send([alert()])
    assert "HTTP Request" in caplog.text
    assert not any(secret in caplog.text for secret in SECRETS.values())


def test_a_proxy_does_not_get_what_is_for_this_machine(
    receiver: HttpReceiver, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    webhook(receiver, authority).send([alert()])
    assert len(receiver.asked) == 1


def test_the_proxy_is_used_for_other_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.settimeout(5)
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        post = HttpPost(Secret("https://hooks.example/x"), 0.2)
        with pytest.raises(SinkRetry):
            post.post(b"{}", {})
        connection, _ = proxy.accept()
        with connection:
            assert connection.recv(100).startswith(b"CONNECT hooks.example:443 ")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://soc.example/x", "must be https"),
        ("ftp://soc.example/x", "must begin with https"),
        ("soc.example/x", "must begin with https"),
        ("https://user:pw@soc.example/x", "user name or password"),
        ("https://", "must begin with https"),
        ("https://soc.example:99999/x", "not a valid address"),
        ("https://soc.example/\x00", "not a valid address"),
    ],
)
def test_addresses_that_are_not_used(url: str, words: str) -> None:
    with pytest.raises(BadAddress, match=words) as caught:
        check_address(url)
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["https://soc.example/x", "http://localhost:1/x", "http://[::1]:80/", "http://127.0.0.2/"]
)
def test_addresses_that_are_used(url: str) -> None:
    check_address(url)


def test_an_address_is_shown_without_its_secret_part() -> None:
    assert shown_address(f"https://soc.example:8443/{URL_TOKEN}?sig={URL_TOKEN}#x") == "https://soc.example:8443"
    assert shown_address("https://[2001:db8::1]/x") == "https://[2001:db8::1]"


def test_retry_after_as_number_date_and_nonsense() -> None:
    now = datetime(2026, 3, 2, tzinfo=UTC)
    later = format_datetime(now + timedelta(seconds=90), usegmt=True)
    earlier = format_datetime(now - timedelta(seconds=90), usegmt=True)
    assert retry_after_seconds("5", now.timestamp()) == 5.0
    assert retry_after_seconds("999999999", now.timestamp()) == 3600.0
    assert retry_after_seconds(later, now.timestamp()) == 90.0
    assert retry_after_seconds(earlier, now.timestamp()) == 0.0
    for nonsense in (None, "", "-3", "soon", "1e9", "²", "Mon, 99 Foo 2026 00:00:00 GMT"):
        assert retry_after_seconds(nonsense, now.timestamp()) is None

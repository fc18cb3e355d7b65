"""Syslog against real listeners by TLS, TCP and UDP, read by a parser of RFC 5424."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.contracts.incident import Activity, EvidenceRecord, Resource, Stage, Tier
from streams.sinks.alert_sink import SinkFailure, SinkRefused, SinkRetry
from streams.sinks.syslog import Syslog, SyslogTarget, Transport
from streams.sinks.syslog_line import SyslogForm, syslog_line
from tests.unit.sinks.alert_examples import ACCOUNT, WALL_MS, alert, named
from tests.unit.sinks.conftest import HOSTILE, evidence
from tests.unit.sinks.receivers import Authority, StreamListener
from tests.unit.sinks.rfc5424 import frames, parse

FORM = SyslogForm(hostname="watcher.contoso.example", process="4711")
BIG = 1 << 20


def until(condition: Callable[[], bool]) -> None:
    """Wait for a listener's thread."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end, "the listener did not get it"
        time.sleep(0.005)


def line(found: Any, bytes_max: int = BIG) -> bytes:
    made = syslog_line(found, FORM, bytes_max)
    assert made is not None
    assert len(made) <= bytes_max
    return made


def many_records() -> tuple[EvidenceRecord, ...]:
    return tuple(replace(evidence("y" * 400), uid=f"{number}") for number in range(64))


def tls(authority: Authority, port: int, **more: Any) -> Syslog:
    fields: dict[str, Any] = {"ca_bundle": authority.bundle, "timeout_seconds": 5.0, "form": FORM}
    return Syslog("syslog", SyslogTarget("127.0.0.1", port, Transport.TLS, **(fields | more)))


def plain(port: int, transport: Transport = Transport.TCP, **more: Any) -> Syslog:
    return Syslog("syslog", SyslogTarget("127.0.0.1", port, transport, timeout_seconds=2.0, form=FORM, **more))


def failure(sink: Syslog) -> SinkFailure:
    with pytest.raises(SinkFailure) as caught:
        sink.send([alert()])
    assert "\n" not in caught.value.reason
    return caught.value


def test_the_fields_are_where_the_rfc_wants_them() -> None:
    found = alert(resources=(Resource("User", ACCOUNT, ACCOUNT),), uid="0a1b", message_uid="m1")
    message = parse(line(found))
    assert (message.facility, message.severity) == (10, 3)
    assert message.time == "2026-03-03T14:05:00.000Z"
    assert (message.host, message.app, message.process, message.id) == (
        "watcher.contoso.example",
        "watchpost",
        "4711",
        "incident-create",
    )
    data = message.data["watchpost@32473"]
    assert data["uid"] == "m1"
    assert data["incident"] == "0a1b"
    assert data["tier"] == "act"
    assert data["account"] == ACCOUNT
    assert json.loads(message.text) == found.parsed


@pytest.mark.parametrize(
    ("fields", "severity"),
    [
        ({"tier": Tier.REVIEW}, 4),
        ({"tier": Tier.ACT}, 3),
        ({"tier": Tier.ACT, "stages": (Stage.IMPACT,)}, 2),
        ({"activity": Activity.CLOSE}, 5),
    ],
)
def test_severity_follows_the_incident(fields: dict[str, Any], severity: int) -> None:
    assert parse(line(alert(**fields))).severity == severity


@pytest.mark.parametrize("text", [*HOSTILE, 'a"b]c\\d', "]", "\\", "字" * 300, "x" * 5_000])
def test_hostile_text_is_escaped(text: str) -> None:
    made = line(alert(text))
    message = parse(made)
    assert list(message.data) == ["watchpost@32473"]
    assert message.text.isascii()
    assert b"\n" not in made
    assert json.loads(message.text)["class_uid"] == 2004


def test_an_odd_host_name_stays_a_field() -> None:
    made = syslog_line(alert(), SyslogForm(hostname="my host\nö", process=""), BIG)
    assert made is not None
    assert (parse(made).host, parse(made).process) == ("myhost", "-")


@pytest.mark.parametrize("bytes_max", [65_536, 8_192, 2_048, 1_400])
def test_a_long_message_is_shortened_and_says_so(bytes_max: int) -> None:
    found = alert("x" * 30, evidence=many_records(), uid="0a1b")
    assert len(line(found)) > 65_536
    body = json.loads(parse(line(found, bytes_max)).text)
    assert body["shortened"] is True
    assert body["finding_info"]["uid"] == "0a1b"


def test_what_cannot_be_shortened_enough_is_said() -> None:
    assert syslog_line(alert(), FORM, 100) is None
    assert parse(line(alert(), 400)).text == b""


def test_it_arrives_by_tls_in_frames(authority: Authority) -> None:
    with StreamListener(authority.context()) as listener:
        sink = tls(authority, listener.port)
        sink.send([named(1)])
        sink.send([named(2), named(3)])
        sink.close()
        until(lambda: bool(listener.received) and len(frames(bytes(listener.received[0]))) == 3)
    assert len(listener.received) == 1
    found = [parse(frame).data["watchpost@32473"]["uid"] for frame in frames(bytes(listener.received[0]))]
    assert found == ["m1", "m2", "m3"]


def test_a_receiver_may_ask_for_our_certificate(authority: Authority) -> None:
    context = authority.context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.bundle)
    with StreamListener(context) as listener:
        sink = tls(authority, listener.port, certificate=authority.leaf("client", ["watcher.example"]))
        sink.send([alert()])
        until(lambda: bool(listener.received) and bool(listener.received[0]))
        sink.close()
    assert listener.peers[0]["subject"] == ((("commonName", "client"),),)


def test_an_unknown_authority_gets_nothing(authority: Authority) -> None:
    with StreamListener(authority.context()) as listener:
        error = failure(tls(authority, listener.port, ca_bundle=None))
    assert isinstance(error, SinkRefused)
    assert "certificate is not accepted" in error.reason
    assert not listener.received


def test_a_receiver_without_tls_gets_nothing(authority: Authority) -> None:
    with StreamListener() as listener:
        error = failure(tls(authority, listener.port, timeout_seconds=0.3))
    assert isinstance(error, SinkRetry)
    assert all(b"watchpost" not in kept for kept in listener.received)


def test_it_arrives_by_tcp_and_a_new_connection_is_made_when_the_old_one_ended() -> None:
    with StreamListener() as listener:
        sink = plain(listener.port)
        sink.send([named(1)])
        until(lambda: bool(listener.received) and bool(listener.received[0]))
        listener.hang_up()
        sink.send([named(2)])
        until(lambda: len(listener.received) == 2 and bool(frames(bytes(listener.received[1]))))
        sink.close()
    assert parse(frames(bytes(listener.received[1]))[0]).data["watchpost@32473"]["uid"] == "m2"


def test_it_arrives_by_udp_within_what_every_receiver_takes() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        sink = plain(receiver.getsockname()[1], Transport.UDP)
        sink.send([alert("x", evidence=many_records()), named(2)])
        first, second = receiver.recv(65_536), receiver.recv(65_536)
        sink.close()
    assert len(first) <= 2_048
    assert json.loads(parse(first).text)["shortened"] is True
    assert parse(second).data["watchpost@32473"]["uid"] == "m2"


def test_nobody_listening_is_tried_again() -> None:
    with StreamListener() as gone:
        port = gone.port
    error = failure(plain(port))
    assert isinstance(error, SinkRetry)
    assert error.reason == f"syslog tcp 127.0.0.1:{port}: Connection refused"


def test_a_limit_that_is_too_small_is_said() -> None:
    with StreamListener() as listener:
        error = failure(plain(listener.port, bytes_max=100))
    assert isinstance(error, SinkRefused)
    assert error.message


def test_a_host_that_does_not_exist_is_tried_again() -> None:
    sink = Syslog("syslog", SyslogTarget("host.invalid", 1, Transport.UDP))
    error = failure(sink)
    assert isinstance(error, SinkRetry)
    assert "address is not known" in error.reason


def test_a_certificate_file_that_is_none_is_refused(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "c.pem").write_text("nothing")
    with pytest.raises(ssl.SSLError):
        tls(authority, 1, certificate=tmp_path / "c.pem")


def test_the_time_is_when_the_alert_was_made() -> None:
    assert parse(line(alert(wall_ms=WALL_MS + 61_001))).time == "2026-03-03T14:06:01.001Z"


@settings(max_examples=60)
@given(st.text(max_size=80), st.integers(300, 4_000))
def test_any_text_and_limit_gives_a_message_of_the_rfc(text: str, bytes_max: int) -> None:
    made = syslog_line(alert(text), FORM, bytes_max)
    if made is not None:
        assert len(made) <= bytes_max
        assert parse(made).data["watchpost@32473"]["tier"] == "act"

"""`[[sinks]]`: what is made of it, and one line for everything that is wrong."""

from __future__ import annotations

import pickle
import tomllib
from pathlib import Path
from typing import Any

import pytest

from schemas.contracts.incident import Activity, Tier
from streams.clock import WallClock
from streams.sinks.secret import Secret
from streams.sinks.sink_kinds import KINDS
from streams.sinks.sink_settings import ConfiguredSink, shown, sinks_for, sinks_from
from streams.sinks.sink_table import SinkError
from tests.unit.sinks.alert_examples import SECRETS, URL_TOKEN
from tests.unit.sinks.conftest import incident
from tests.unit.sinks.receivers import Authority

HOOK = f"https://hooks.example/{URL_TOKEN}"
EVERY_KIND = """
[[sinks]]
kind = "stdout"
words = true

[[sinks]]
kind = "file"
path = "{folder}/alerts.jsonl"
rotate-bytes = 1000
keep = 3

[[sinks]]
kind = "webhook"
name = "soar"
tier = "act"
activities = ["create", "update"]
historical = false
url = "https://soar.example/alerts"
token_file = "{folder}/token"
signing_secret_file = "{folder}/signing"
headers = {{ X-Plain = "1", X-Secret_file = "{folder}/header" }}
timeout_seconds = 3

[[sinks]]
kind = "teams"
url_file = "{folder}/url"

[[sinks]]
kind = "slack"
name = "soc-channel"
ca_bundle = "{ca}"

[[sinks]]
kind = "mail"
host = "smtp.contoso.example"
security = "tls"
user = "watchpost"
from = "watchpost@contoso.example"
to = ["soc@contoso.example", "boss@contoso.example"]
password_file = "{folder}/password"

[[sinks]]
kind = "syslog"
host = "siem.contoso.example"
facility = "local4"
ca_bundle = "{ca}"
enterprise = 4711

[[sinks]]
kind = "kafka"
brokers = "127.0.0.1:9"
[sinks.properties]
security.protocol = "SASL_PLAINTEXT"
sasl.mechanism = "PLAIN"
"sasl.username" = "watchpost"
"sasl.password.file" = "{folder}/sasl"
"socket.keepalive.enable" = true
"""
ENVIRON = {"WATCHPOST_SINK_SOC_CHANNEL_URL": HOOK}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, value in SECRETS.items():
        (tmp_path / name).write_text(f"{HOOK if name == 'url' else value}\n")
    return tmp_path


def sinks(*tables: dict[str, Any], **environ: str) -> list[ConfiguredSink]:
    return sinks_from(list(tables), environ, WallClock())


def error(*tables: Any, **environ: str) -> str:
    with pytest.raises(SinkError) as caught:
        sinks_from(list(tables), environ, WallClock())
    text = str(caught.value)
    assert text.isprintable()
    assert not any(secret in text for secret in SECRETS.values())
    return text


def test_every_kind_is_made(folder: Path, authority: Authority) -> None:
    text = EVERY_KIND.format(folder=folder, ca=authority.bundle)
    found = sinks_from(tomllib.loads(text)["sinks"], ENVIRON, WallClock())
    assert [one.kind for one in found] == list(KINDS)
    assert [one.name for one in found] == ["stdout", "file", "soar", "teams", "soc-channel", "mail", "syslog", "kafka"]
    assert found[2].tier is Tier.ACT
    assert found[2].activities == {Activity.CREATE, Activity.UPDATE}
    assert shown(found)[4] == "soc-channel (slack, from review)"
    for one in found:
        one.sink.close()


def test_no_secret_is_ever_shown(folder: Path, authority: Authority) -> None:
    text = EVERY_KIND.format(folder=folder, ca=authority.bundle)
    for one in sinks_from(tomllib.loads(text)["sinks"], ENVIRON, WallClock()):
        everything = repr(one) + str(one) + repr(deep(one))
        assert not any(secret in everything for secret in SECRETS.values()), one.kind


def deep(thing: Any, depth: int = 6) -> Any:
    """What a debugger or a crash report would print: all members, however deep."""
    if depth == 0 or isinstance(thing, str | int | float | bool | bytes | None):
        return thing
    if isinstance(thing, dict):
        return {repr(key): deep(value, depth - 1) for key, value in thing.items()}
    if isinstance(thing, list | tuple | set | frozenset):
        return [deep(value, depth - 1) for value in thing]
    names = [*getattr(thing, "__dict__", {}), *getattr(type(thing), "__slots__", ())]
    if isinstance(thing, Secret) or not names:
        return repr(thing)
    return {name: deep(getattr(thing, name, None), depth - 1) for name in names}


def test_a_secret_is_not_pickled() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret("x"))


def test_which_alerts_a_sink_wants() -> None:
    found = sinks(
        {"kind": "stdout", "tier": "act", "activities": "create", "historical": False},
        {"kind": "stdout", "name": "every"},
    )
    assert sinks_for(found, incident(tier=Tier.ACT)) == ["stdout", "every"]
    assert sinks_for(found, incident(tier=Tier.REVIEW)) == ["every"]
    assert sinks_for(found, incident(tier=Tier.ACT, activity=Activity.UPDATE)) == ["every"]
    assert sinks_for(found, incident(tier=Tier.ACT, historical=True)) == ["every"]


def test_no_sinks_is_no_error() -> None:
    assert sinks() == []


def test_a_variable_wins_over_the_file(folder: Path) -> None:
    sinks({"kind": "slack", "url_file": str(folder / "gone")}, WATCHPOST_SINK_SLACK_URL=HOOK)


MAIL = {"kind": "mail", "host": "h", "from": "a@b.example", "to": "c@d.example"}
SYSLOG = {"kind": "syslog", "host": "h"}
KAFKA = {"kind": "kafka", "brokers": "127.0.0.1:9"}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "sink 1: kind must be one of stdout, file, webhook, teams, slack, mail, syslog, kafka"),
    ({"kind": "pager"}, "sink 1: kind must be one of"),
    ({"kind": ["slack"]}, "sink 1: kind must be one of"),
    ({"kind": "stdout", "name": "Ä b"}, "sink 1 (stdout): name must be small letters"),
    ({"kind": "stdout", "name": 3}, "sink 1 (stdout): name must be"),
    ({"kind": "stdout", "wrods": True}, "sink stdout: unknown setting wrods"),
    ({"kind": "stdout", "\x1b[2J": True}, "sink stdout: unknown setting \\x1b[2J"),
    ({"kind": "stdout", "words": "yes"}, "sink stdout: words must be true or false"),
    ({"kind": "stdout", "tier": "panic"}, "sink stdout: tier must be one of review, act"),
    ({"kind": "stdout", "tier": ["act"]}, "sink stdout: tier must be one of"),
    ({"kind": "stdout", "activities": ["open"]}, "sink stdout: activities must be of create, update, close"),
    ({"kind": "stdout", "activities": []}, "sink stdout: activities must be a text or a list"),
    ({"kind": "file"}, "sink file: path is missing"),
    ({"kind": "file", "path": "/"}, "sink file: path names a folder"),
    ({"kind": "file", "path": "/no/such/folder/x"}, "sink file: path names a file in a folder that does not exist"),
    ({"kind": "file", "path": "x", "keep": -1}, "sink file: keep must be a whole number from 0 to 1000"),
    ({"kind": "file", "path": "x", "keep": True}, "sink file: keep must be a whole number"),
    ({"kind": "webhook"}, "sink webhook: url is missing: name a file with url_file, or set WATCHPOST_SINK_WEBHOOK_URL"),
    ({"kind": "webhook", "url": f"http://x.example/{URL_TOKEN}"}, "sink webhook: url must be https"),
    (
        {"kind": "webhook", "url": HOOK, "token": SECRETS["token"]},
        "sink webhook: token is a secret: put it into a file",
    ),
    (
        {"kind": "webhook", "url": HOOK, "timeout_seconds": 0},
        "sink webhook: timeout_seconds must be a number of seconds",
    ),
    ({"kind": "webhook", "url": HOOK, "headers": {"A B": "x"}}, "sink webhook: headers has a name"),
    ({"kind": "webhook", "url": HOOK, "headers": {"Host": "x"}}, "sink webhook: headers has a name"),
    (
        {"kind": "webhook", "url": HOOK, "headers": {"X": f"{SECRETS['token']}\r\nY: z"}},
        "sink webhook: headers.X must be one",
    ),
    ({"kind": "webhook", "url": HOOK, "headers": {"X": "ä"}}, "sink webhook: headers has a value"),
    ({"kind": "webhook", "url": HOOK, "headers": {"X": [1]}}, "sink webhook: headers.X must be a text or a number"),
    ({"kind": "webhook", "url": HOOK, "headers": 3}, "sink webhook: headers must be a table"),
    (
        {"kind": "webhook", "url": HOOK, "ca_bundle": "/no/ca.pem"},
        "sink webhook: ca_bundle cannot be used: No such file",
    ),
    (
        {"kind": "webhook", "url": HOOK, "ca_bundle": __file__},
        "sink webhook: ca_bundle cannot be used: it holds no usable",
    ),
    (
        {"kind": "slack", "url": HOOK},
        "sink slack: url is a secret: put it into a file named by url_file, or into WATCHPOST_",
    ),
    ({"kind": "slack", "url_file": "/no/file"}, "sink slack: url_file names a file that cannot be read: No such file"),
    ({"kind": "slack", "url_file": "/dev/null"}, "sink slack: url must be one line of printable text"),
    ({"kind": "slack", "url_file": "/dev/zero"}, "sink slack: url_file names a file larger than 65536 bytes"),
    ({"kind": "teams"}, "sink teams: url is missing: name a file with url_file, or set WATCHPOST_SINK_TEAMS_URL"),
    (MAIL | {"host": "h:25"}, "sink mail: host must be a host name or an address, without port"),
    (MAIL | {"security": "ssl"}, "sink mail: security must be one of starttls, tls, none"),
    (MAIL | {"user": "u"}, "sink mail: user and password go together"),
    (MAIL | {"to": "SOC <c@d.example>"}, "sink mail: to must be plain addresses"),
    (MAIL | {"from": "a@b.example\r\nBcc: x@y.example"}, "sink mail: from must be a text of one line"),
    (MAIL | {"port": 70_000}, "sink mail: port must be a whole number from 0 to 65535"),
    (SYSLOG | {"facility": "loud"}, "sink syslog: facility must be one of"),
    (SYSLOG | {"transport": "quic"}, "sink syslog: transport must be one of tls, tcp, udp"),
    (SYSLOG | {"certificate_file": "/no/c.pem"}, "sink syslog: ca_bundle or certificate_file cannot be used"),
    (KAFKA | {"topic": "a b"}, "sink kafka: topic must be letters"),
    (KAFKA | {"properties": {"acks": "0"}}, "sink kafka: properties may not set acks"),
    (KAFKA | {"properties": {"no.such": SECRETS["sasl"]}}, "sink kafka: properties are not accepted"),
    (
        KAFKA | {"properties": {"sasl.password.file": "/no/file"}},
        "sink kafka: properties.sasl.password.file names a file",
    ),
]


@pytest.mark.parametrize(("table", "words"), WRONG)
def test_what_is_wrong_is_named(table: dict[str, Any], words: str) -> None:
    assert error(table).startswith(words)


def test_two_of_one_name_are_refused() -> None:
    assert error({"kind": "stdout"}, {"kind": "stdout"}) == "two sinks are called stdout: give each a name of its own"


@pytest.mark.parametrize("tables", [{"kind": "stdout"}, "stdout", 3, None, ["stdout"]])
def test_one_table_is_no_list(tables: Any) -> None:
    with pytest.raises(SinkError, match=r"write \[\[sinks\]\] before each sink"):
        sinks_from(tables, {}, WallClock())


def test_a_password_in_the_clear_is_refused_except_on_this_machine() -> None:
    insecure = MAIL | {"security": "none", "user": "u"}
    assert "travel in the clear" in error(insecure, WATCHPOST_SINK_MAIL_PASSWORD=SECRETS["password"])
    sinks(insecure | {"host": "localhost"}, WATCHPOST_SINK_MAIL_PASSWORD=SECRETS["password"])


def test_a_secret_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "s").write_bytes(b"\xff\xfe")
    assert (
        error({"kind": "slack", "url_file": str(tmp_path / "s")})
        == "sink slack: url_file names a file that is not UTF-8 text"
    )

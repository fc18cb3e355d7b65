"""The settings of each kind of sink, and the sink they make. Layer: streams.

stdout   words (false: JSON lines)
file     path, rotate_bytes (100,000,000; 0 never), keep (5)
webhook  url or url_file, signing_secret_file, token_file (bearer), headers (table), ca_bundle, timeout_seconds (15)
teams    url_file, ca_bundle, timeout_seconds (15)
slack    url_file, ca_bundle, timeout_seconds (15)
mail     host, port, security (starttls, tls, none), user, password_file, from, to, ca_bundle, timeout_seconds (20)
syslog   host, port, transport (tls, tcp, udp), facility, hostname, enterprise, bytes_max, ca_bundle, certificate_file,
         timeout_seconds (10)
kafka    brokers, topic, properties (table of librdkafka's), timeout_seconds (30)

Each `<secret>_file` can be the variable `WATCHPOST_SINK_<NAME>_<SECRET>` instead, such as `WATCHPOST_SINK_SLACK_URL`.
Kafka's passwords are properties: `sasl.password.file` in the table, or `WATCHPOST_SINK_<NAME>_SASL_PASSWORD`.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Callable
from pathlib import Path

from schemas.contracts.topics import ALERTS
from streams.clock import Clock
from streams.sinks import slack, teams
from streams.sinks.alert_sink import AlertSink, SinkRefused
from streams.sinks.chat import ChatWebhook
from streams.sinks.file import AlertFile
from streams.sinks.http_post import BadAddress, HttpPost, is_loopback
from streams.sinks.mail import Mail, MailTarget, Security
from streams.sinks.secret import Secret
from streams.sinks.sink_table import SinkTable
from streams.sinks.stdout import StandardOutput
from streams.sinks.syslog import Syslog, SyslogTarget, Transport
from streams.sinks.syslog_line import EXAMPLE_ENTERPRISE, FACILITIES, SyslogForm
from streams.sinks.webhook import SIGNATURE, Webhook

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,252})|[0-9A-Fa-f:.]{2,45}")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}")
_OWN_HEADERS = frozenset(
    {"content-type", "content-length", "host", "transfer-encoding", "connection", "idempotency-key", SIGNATURE.lower()}
)
_KAFKA_SECRETS = ("sasl.password", "ssl.key.password", "sasl.oauthbearer.client.secret")

Build = Callable[[str, SinkTable, Clock], AlertSink]


def _stdout(name: str, table: SinkTable, clock: Clock) -> AlertSink:
    return StandardOutput(name, table.flag("words", False))


def _file(name: str, table: SinkTable, clock: Clock) -> AlertSink:
    path = Path(table.text("path"))
    if path.is_dir():
        raise table.error("path", "names a folder: name a file in it")
    if not path.parent.is_dir():
        raise table.error("path", "names a file in a folder that does not exist")
    return AlertFile(name, path, table.whole("rotate_bytes", 100_000_000, 0, 1 << 50), table.whole("keep", 5, 0, 1_000))


def _webhook(name: str, table: SinkTable, clock: Clock) -> AlertSink:
    plain = table.text("url", "")
    post = _post(table, Secret(plain) if plain else table.secret("url", required=True))
    headers = table.secret_values("headers")
    for header, value in headers.items():
        if not _HEADER.fullmatch(header) or header.lower() in _OWN_HEADERS:
            raise table.error("headers", "has a name that cannot be set")
        if not value.reveal().isascii():
            raise table.error("headers", "has a value with other than ASCII characters")
    token = table.secret("token")
    if token and not token.reveal().isascii():
        raise table.error("token", "has other than ASCII characters")
    return Webhook(name, post, clock, table.secret("signing_secret"), token, headers)


def _teams(name: str, table: SinkTable, clock: Clock) -> AlertSink:
    return ChatWebhook(name, _post(table, table.secret("url", required=True)), teams.message)


def _slack(name: str, table: SinkTable, clock: Clock) -> AlertSink:
    return ChatWebhook(name, _post(table, table.secret("url", required=True)), slack.message)


def _post(table: SinkTable, url: Secret | None) -> HttpPost:
    try:
        return HttpPost(url or Secret(""), table.seconds("timeout_seconds", 15.0), table.path("ca_bundle"))
    except BadAddress as error:
        raise table.error("url", str(error)) from None
    except OSError as error:
        raise table.error("ca_bundle", _unusable(error)) from None


def _mail(name: str, table: SinkTable, clock: Clock) -> AlertSink:
    host, security = _host(table), table.choice("security", Security, Security.STARTTLS)
    user, password = table.text("user", ""), table.secret("password")
    if bool(user) != bool(password):
        raise table.error("user", "and password go together: set both or neither")
    if security is Security.NONE and user and not is_loopback(host):
        raise table.error("security", "none with a password: it would travel in the clear")
    sender, recipients = table.text("from"), table.texts("to")
    for setting, address in (("from", sender), *(("to", recipient) for recipient in recipients)):
        if not _ADDRESS.fullmatch(address):
            raise table.error(setting, "must be plain addresses like soc@example.org (ASCII, no names)")
    target = MailTarget(
        host,
        sender,
        recipients,
        table.whole("port", 0, 0, 65_535),
        security,
        user,
        password,
        table.path("ca_bundle"),
        table.seconds("timeout_seconds", 20.0),
    )
    try:
        return Mail(name, target)
    except OSError as error:
        raise table.error("ca_bundle", _unusable(error)) from None


def _syslog(name: str, table: SinkTable, clock: Clock) -> AlertSink:
    facility = table.text("facility", "authpriv")
    if facility not in FACILITIES:
        raise table.error("facility", f"must be one of {', '.join(FACILITIES)}")
    hostname = table.text("hostname", socket.gethostname() or "-")
    enterprise = table.whole("enterprise", EXAMPLE_ENTERPRISE, 1, 2**32 - 1)
    target = SyslogTarget(
        _host(table),
        table.whole("port", 0, 0, 65_535),
        table.choice("transport", Transport, Transport.TLS),
        table.path("ca_bundle"),
        table.path("certificate_file"),
        table.seconds("timeout_seconds", 10.0),
        table.whole("bytes_max", 0, 0, 10_000_000),
        SyslogForm(facility, hostname, str(os.getpid()), enterprise),
    )
    try:
        return Syslog(name, target)
    except OSError as error:
        raise table.error("ca_bundle or certificate_file", _unusable(error)) from None


def _kafka(name: str, table: SinkTable, clock: Clock) -> AlertSink:
    from streams.sinks.kafka_alerts import (
        OWN_PROPERTIES,
        KafkaAlerts,
    )  # others need no client library

    brokers, topic = table.text("brokers"), table.text("topic", ALERTS)
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,249}", topic):
        raise table.error("topic", "must be letters, digits, dots, hyphens and underscores")
    properties = table.secret_values("properties")
    if own := sorted(OWN_PROPERTIES & properties.keys()):
        raise table.error("properties", f"may not set {', '.join(own)}")
    for secret in _KAFKA_SECRETS:
        if value := table.from_variable(secret):
            properties[secret] = value
    sink = KafkaAlerts(name, brokers, properties, topic, table.seconds("timeout_seconds", 30.0))
    try:
        sink.check()
    except SinkRefused as error:
        raise table.error("properties", f"are not accepted: {error.reason}") from None
    return sink


def _host(table: SinkTable) -> str:
    host = table.text("host")
    if not _HOST.fullmatch(host):
        raise table.error("host", "must be a host name or an address, without port")
    return host


def _unusable(error: OSError) -> str:
    why = "it holds no usable certificate" if isinstance(error, ssl.SSLError) else error.strerror
    return f"cannot be used: {why}"


KINDS: dict[str, Build] = {
    "stdout": _stdout,
    "file": _file,
    "webhook": _webhook,
    "teams": _teams,
    "slack": _slack,
    "mail": _mail,
    "syslog": _syslog,
    "kafka": _kafka,
}

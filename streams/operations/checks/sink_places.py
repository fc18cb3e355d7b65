"""Host and port behind the settings of a sink; never its path, which may be a password. Layer: streams."""

from __future__ import annotations

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from streams.sinks import mail, syslog
from streams.sinks.http_post import is_loopback
from streams.sinks.sink_table import SinkTable
from streams.sinks.tls import client_context

_URL_KINDS = ("webhook", "teams", "slack")
_KAFKA_PORT = 9092


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sink connects to. `tls`: with which certificates the host is checked; `datagrams`: there is no connection."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    datagrams: bool = False
    through: str = ""  # the proxy's part in it, for people

    @property
    def shown(self) -> str:
        """For people."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}{self.through}"


def places(name: str, kind: str, table: Mapping[str, object], environ: Mapping[str, str]) -> list[Place]:
    """The places of a sink whose settings are right; none for standard output and files."""
    reader = SinkTable(name, table, environ)
    bundle = reader.path("ca_bundle")
    if kind in _URL_KINDS:
        plain = reader.text("url", "") if kind == "webhook" else ""
        secret = None if plain else reader.secret("url", required=True)
        return [_of_url(plain or (secret.reveal() if secret else ""), bundle)]
    if kind == "mail":
        security = reader.choice("security", mail.Security, mail.Security.STARTTLS)
        tls = client_context(bundle) if security is mail.Security.TLS else None
        return [Place(reader.text("host"), reader.whole("port", 0, 0, 65_535) or mail.PORTS[security], tls)]
    if kind == "syslog":
        transport = reader.choice("transport", syslog.Transport, syslog.Transport.TLS)
        own = reader.path("certificate_file")
        tls = client_context(bundle, own) if transport is syslog.Transport.TLS else None
        port = reader.whole("port", 0, 0, 65_535) or syslog.PORTS[transport]
        return [Place(reader.text("host"), port, tls, transport is syslog.Transport.UDP)]
    return _brokers(reader.text("brokers")) if kind == "kafka" else []


def _of_url(url: str, bundle: Path | None) -> Place:
    parts = urlsplit(url)
    host, encrypted = parts.hostname or "", parts.scheme == "https"
    port = parts.port or (443 if encrypted else 80)
    proxy = getproxies().get(parts.scheme, "")
    if proxy and not is_loopback(host) and not proxy_bypass(f"{host}:{port}"):
        way = urlsplit(proxy if "//" in proxy else f"//{proxy}")
        return Place(way.hostname or "", way.port or 80, through=f" (the proxy to {host})")
    return Place(host, port, client_context(bundle) if encrypted else None)


def _brokers(text: str) -> list[Place]:
    found = []
    for broker in text.split(","):
        match = re.fullmatch(r"(?:[A-Z_]+://)?\[?([^\[\]]+?)\]?(?::(\d{1,5}))?", broker.strip())
        if match:
            found.append(Place(match[1], int(match[2] or _KAFKA_PORT)))
    return found

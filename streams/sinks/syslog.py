"""Alerts to a syslog receiver: TLS (RFC 5425), TCP (RFC 6587, octet counting) or UDP (RFC 5426). Layer: streams.

Syslog has no answer. Over TCP and TLS an alert counts as delivered when the system took its bytes and the receiver had
not hung up; what is under way when a connection breaks can be lost. Where that matters, use a webhook or Kafka.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from schemas.text import printable
from streams.sinks.alert_sink import Alert, SinkFailure, SinkRefused, SinkRetry
from streams.sinks.syslog_line import SyslogForm, syslog_line
from streams.sinks.tls import certificate_problem, client_context

STREAM_BYTES_MAX = 65_536
DATAGRAM_BYTES_MAX = 2_048


class Transport(StrEnum):
    """How messages travel."""

    TLS = "tls"
    TCP = "tcp"
    UDP = "udp"


PORTS = {Transport.TLS: 6514, Transport.TCP: 601, Transport.UDP: 514}


@dataclass(frozen=True, slots=True)
class SyslogTarget:
    """Where to. `bytes_max` 0: 65,536 by TLS and TCP, 2,048 by UDP (what RFC 5426 asks every receiver to take)."""

    host: str
    port: int = 0
    transport: Transport = Transport.TLS
    ca_bundle: Path | None = None
    certificate: Path | None = None
    timeout_seconds: float = 10.0
    bytes_max: int = 0
    form: SyslogForm = field(default_factory=SyslogForm)


class Syslog:
    """Sends each alert as one message, over a connection that is kept."""

    batch_max = 1

    def __init__(self, name: str, target: SyslogTarget) -> None:
        """`OSError` when a certificate file cannot be used."""
        self.name = name
        self._target = target
        self._port = target.port or PORTS[target.transport]
        datagrams = target.transport is Transport.UDP
        self._bytes_max = target.bytes_max or (DATAGRAM_BYTES_MAX if datagrams else STREAM_BYTES_MAX)
        encrypted = target.transport is Transport.TLS
        self._context = client_context(target.ca_bundle, target.certificate) if encrypted else None
        self._socket: socket.socket | None = None

    def send(self, alerts: Sequence[Alert]) -> None:
        """Send; `SinkRetry`, `SinkRefused`."""
        for alert in alerts:
            line = syslog_line(alert, self._target.form, self._bytes_max)
            if line is None:
                raise SinkRefused(f"an alert does not fit into {self._bytes_max} bytes: raise bytes_max", message=True)
            try:
                self._send(line)
            except OSError as error:
                self.close()
                raise self._failure(error) from None

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _send(self, line: bytes) -> None:
        if self._socket is not None and self._hung_up(self._socket):
            self.close()
        if self._socket is None:
            self._socket = self._opened()
        if self._target.transport is Transport.UDP:
            self._socket.send(line)
        else:
            self._socket.sendall(b"%d " % len(line) + line)
            if self._hung_up(self._socket):
                raise ConnectionResetError

    def _opened(self) -> socket.socket:
        target = self._target
        if target.transport is Transport.UDP:
            family, kind, protocol, _, address = socket.getaddrinfo(target.host, self._port, type=socket.SOCK_DGRAM)[0]
            datagrams = socket.socket(family, kind, protocol)
            datagrams.settimeout(target.timeout_seconds)
            datagrams.connect(address)
            return datagrams
        plain = socket.create_connection((target.host, self._port), target.timeout_seconds)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if self._context is None:
            return plain
        try:
            return self._context.wrap_socket(plain, server_hostname=target.host)
        except OSError:
            plain.close()
            raise

    def _hung_up(self, connection: socket.socket) -> bool:
        """Whether the receiver closed: it never sends, so anything to read is its end."""
        if self._target.transport is Transport.UDP:
            return False
        connection.setblocking(False)
        try:
            return connection.recv(1) == b""
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except OSError:
            return True
        finally:
            connection.settimeout(self._target.timeout_seconds)

    def _failure(self, error: OSError) -> SinkFailure:
        place = printable(f"syslog {self._target.transport.value} {self._target.host}:{self._port}")
        if problem := certificate_problem(error):
            return SinkRefused(f"{place}: {problem}")
        if isinstance(error, ssl.SSLError):
            return SinkRefused(f"{place}: no TLS connection ({printable(error.reason or 'handshake failed')})")
        if isinstance(error, TimeoutError):
            return SinkRetry(f"{place}: no connection within {self._target.timeout_seconds:g} s")
        if isinstance(error, socket.gaierror):
            return SinkRetry(f"{place}: the host's address is not known")
        return SinkRetry(f"{place}: {printable(error.strerror or 'the receiver closed the connection')}")

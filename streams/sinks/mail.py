"""Alerts by mail over SMTP with STARTTLS or TLS. Layer: streams."""

from __future__ import annotations

import logging
import smtplib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from schemas.text import printable
from streams.sinks.alert_sink import Alert, SinkFailure, SinkRefused, SinkRetry
from streams.sinks.mail_message import mail_of
from streams.sinks.secret import Secret
from streams.sinks.tls import certificate_problem, client_context

_LOG = logging.getLogger("watchpost.sinks")
_TOO_LARGE = (552, 523)


class Security(StrEnum):
    """How the connection is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}


@dataclass(frozen=True, slots=True)
class MailTarget:
    """The server, who writes and to whom. Without a user nobody signs in."""

    host: str
    sender: str
    recipients: tuple[str, ...]
    port: int = 0
    security: Security = Security.STARTTLS
    user: str = ""
    password: Secret | None = None
    ca_bundle: Path | None = None
    timeout_seconds: float = 20.0


class Mail:
    """Sends each alert as one mail, over one connection per batch."""

    batch_max = 10

    def __init__(self, name: str, target: MailTarget) -> None:
        """`OSError` when the bundle cannot be used."""
        self.name = name
        self._target = target
        self._port = target.port or PORTS[target.security]
        self._context = None if target.security is Security.NONE else client_context(target.ca_bundle)

    def send(self, alerts: Sequence[Alert]) -> None:
        """Send; `SinkRetry`, `SinkRefused`."""
        sent = 0
        try:
            with self._connected() as server:
                for alert in alerts:
                    self._send(server, alert)
                    sent += 1
        except OSError as error:  # SMTPException is one
            if sent == len(alerts):
                return  # all are accepted; only the good-bye failed
            failure = self._failure(error)
            failure.sent = sent
            raise failure from None

    def close(self) -> None:
        """No connection is kept."""

    def _connected(self) -> smtplib.SMTP:
        target, hello = self._target, _own_name()
        server: smtplib.SMTP
        if target.security is Security.TLS:
            server = smtplib.SMTP_SSL(
                target.host, self._port, hello, timeout=target.timeout_seconds, context=self._context
            )
        else:
            server = smtplib.SMTP(target.host, self._port, hello, timeout=target.timeout_seconds)
        try:
            if target.security is Security.STARTTLS:
                server.starttls(context=self._context)
            if target.user:
                server.login(target.user, target.password.reveal() if target.password else "")
        except BaseException:
            server.close()
            raise
        return server

    def _send(self, server: smtplib.SMTP, alert: Alert) -> None:
        target = self._target
        mail = mail_of(alert, target.sender, target.recipients)
        refused = server.send_message(mail, target.sender, list(target.recipients))
        if refused:
            codes = ", ".join(sorted({str(code) for code, _ in refused.values()}))
            _LOG.warning(
                "%s: %d of %d recipients were refused (%s)", self._place, len(refused), len(target.recipients), codes
            )

    @property
    def _place(self) -> str:
        return printable(f"mail server {self._target.host}:{self._port}")

    def _failure(self, error: OSError) -> SinkFailure:
        if isinstance(error, smtplib.SMTPException):
            return self._answer(error)
        if problem := certificate_problem(error):
            return SinkRefused(f"{self._place}: {problem}")
        if isinstance(error, ssl.SSLError):
            return SinkRefused(f"{self._place}: no TLS connection: check port and security")
        if isinstance(error, TimeoutError):
            return SinkRetry(f"{self._place}: no answer within {self._target.timeout_seconds:g} s")
        if isinstance(error, socket.gaierror):
            return SinkRetry(f"{self._place}: the host's address is not known")
        return SinkRetry(f"{self._place}: {printable(error.strerror or 'cannot be reached')}")

    def _answer(self, error: smtplib.SMTPException) -> SinkFailure:
        """What the server's answer means; its text is not repeated, it may quote what we sent."""
        if isinstance(error, smtplib.SMTPServerDisconnected):
            late = isinstance(error.__context__, TimeoutError)
            what = f"no answer within {self._target.timeout_seconds:g} s" if late else "it closed the connection"
            return SinkRetry(f"{self._place}: {what}")
        if isinstance(error, smtplib.SMTPNotSupportedError):
            return SinkRefused(f"{self._place}: it offers no {_wanted(self._target)}: check port and security")
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            codes = [code for code, _ in error.recipients.values()]
            line = f"{self._place}: every recipient was refused ({', '.join(sorted({str(code) for code in codes}))})"
            return SinkRetry(line) if all(400 <= code < 500 for code in codes) else SinkRefused(f"{line}: check `to`")
        if not isinstance(error, smtplib.SMTPResponseException):
            return SinkRefused(f"{self._place}: no way to sign in that both sides know")
        line = f"{self._place}: it answered {error.smtp_code}"
        if 400 <= error.smtp_code < 500:
            return SinkRetry(line)
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return SinkRefused(f"{line}: check user and password")
        if isinstance(error, smtplib.SMTPSenderRefused):
            return SinkRefused(f"{line} to the sender: check `from`")
        return SinkRefused(f"{line}: it does not take the mail", message=error.smtp_code in _TOO_LARGE)


def _wanted(target: MailTarget) -> str:
    return "STARTTLS" if target.security is Security.STARTTLS else "sign-in"


def _own_name() -> str:
    """For EHLO: this machine's name where it has a full one, else an address literal; no look-up."""
    name = socket.gethostname()
    return name if "." in name and name.isascii() else "[127.0.0.1]"

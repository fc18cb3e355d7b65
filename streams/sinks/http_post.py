"""One POST over HTTPS, as all webhooks need it: no redirects, short answers, errors without secrets. Layer: streams."""

from __future__ import annotations

import ipaddress
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from schemas.contracts.ocsf import package_version
from schemas.text import printable
from streams.sinks.alert_sink import SinkFailure, SinkRefused, SinkRetry
from streams.sinks.secret import Secret
from streams.sinks.tls import certificate_problem, client_context

ANSWER_BYTES_MAX = 65_536
RETRY_AFTER_SECONDS_MAX = 3_600.0
_TOO_LARGE = 413
_ADVICE = {
    401: "check the credentials",
    403: "check the credentials and what they may do",
    404: "check the address",
    405: "check the address",
    407: "the proxy asks for credentials",
    410: "the webhook was removed: make a new one",
}


class _HiddenAddresses(logging.Filter):
    """httpx logs every request with its address: those of webhooks are cut to their host."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: dict[str, str] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Every record passes."""
        if isinstance(record.args, tuple):
            record.args = tuple(self.addresses.get(str(item), item) for item in record.args)
        return True


_HIDDEN = _HiddenAddresses()
logging.getLogger("httpx").addFilter(_HIDDEN)


class BadAddress(ValueError):
    """An address that no alert may be sent to. One plain line that does not repeat the address."""


def check_address(url: str) -> None:
    """`BadAddress` unless it is https (http on this machine's own loopback) with a host and without credentials."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        raise BadAddress("is not a valid address") from None
    if parts.scheme not in ("https", "http") or not host:
        raise BadAddress("must begin with https:// and name a host")
    if parts.username is not None or parts.password is not None:
        raise BadAddress("holds a user name or password: give a token by its own setting")
    if parts.scheme == "http" and not is_loopback(host):
        raise BadAddress("must be https: alerts are not sent in the clear")


def is_loopback(host: str) -> bool:
    """Whether a host name is this machine."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def shown_address(url: str) -> str:
    """Scheme, host and port: path and query of a webhook are its password."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return printable(f"{parts.scheme}://{host}" + (f":{parts.port}" if parts.port else ""))


class HttpPost:
    """Posts to one address. `HTTPS_PROXY` and `NO_PROXY` are honoured, except to this machine itself."""

    def __init__(self, url: Secret, timeout_seconds: float = 15.0, ca_bundle: Path | None = None) -> None:
        """`BadAddress`; `OSError` when the bundle cannot be used. The time limit is for each step, and twice that for all."""
        check_address(url.reveal())
        self._url = url
        self._shown = shown_address(url.reveal())
        _HIDDEN.addresses[str(httpx.URL(url.reveal()))] = self._shown
        self._timeout_seconds = timeout_seconds
        self._context = client_context(ca_bundle)
        self._client: httpx.Client | None = None

    def post(self, body: bytes, headers: Mapping[str, str]) -> None:
        """Send; returns when the receiver said 2xx. `SinkRetry`, `SinkRefused`."""
        try:
            status, answer, answer_headers = self._send(body, headers)
        except httpx.HTTPError as error:
            self.close()
            raise self._failure(error) from None
        if not 200 <= status < 300:
            raise self._refusal(status, answer, answer_headers)

    def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _send(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes, httpx.Headers]:
        if self._client is None:
            self._client = self._opened()
        until = time.monotonic() + 2 * self._timeout_seconds
        with self._client.stream("POST", self._url.reveal(), content=body, headers=dict(headers)) as response:
            answer = b""
            for piece in response.iter_raw():
                answer += piece
                if len(answer) > ANSWER_BYTES_MAX or time.monotonic() > until:
                    break
            return response.status_code, answer, response.headers

    def _opened(self) -> httpx.Client:
        return httpx.Client(
            verify=self._context,
            timeout=self._timeout_seconds,
            follow_redirects=False,
            trust_env=not is_loopback(urlsplit(self._url.reveal()).hostname or ""),
            headers={"User-Agent": f"Watchpost/{package_version()}", "Accept-Encoding": "identity"},
            limits=httpx.Limits(max_connections=1, keepalive_expiry=30.0),
        )

    def _failure(self, error: httpx.HTTPError) -> SinkFailure:
        if problem := certificate_problem(error):
            return SinkRefused(f"{self._shown}: {problem}")
        if isinstance(error, httpx.ProxyError):
            return SinkRetry(f"{self._shown}: the proxy does not connect to it")
        if isinstance(error, httpx.ConnectError):
            return SinkRetry(f"{self._shown}: cannot be reached")
        if isinstance(error, httpx.TimeoutException):
            return SinkRetry(f"{self._shown}: no answer within {self._timeout_seconds:g} s")
        return SinkRetry(f"{self._shown}: the connection ended before the answer was whole")

    def _refusal(self, status: int, answer: bytes, headers: httpx.Headers) -> SinkFailure:
        line = f"{self._shown}: HTTP {status}" + _code_word(answer, self._url.reveal())
        if status in (408, 425, 429) or status >= 500:
            return SinkRetry(line, retry_after_seconds(headers.get("retry-after"), time.time()))
        if 300 <= status < 400:
            return SinkRefused(f"{line}: it redirects, which is not followed: give the final address")
        if status == _TOO_LARGE:
            return SinkRefused(f"{line}: the alert is too large for it", message=True)
        return SinkRefused(f"{line}: {_ADVICE.get(status, 'the receiver does not accept the alert')}")


def retry_after_seconds(text: str | None, now_seconds: float) -> float | None:
    """Seconds of a `Retry-After` header (a number or a date), at most an hour; None without one or when it is neither."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), RETRY_AFTER_SECONDS_MAX)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    seconds = (moment - datetime.fromtimestamp(now_seconds, UTC)).total_seconds()
    return min(max(seconds, 0.0), RETRY_AFTER_SECONDS_MAX)


def _code_word(answer: bytes, url: str) -> str:
    """The receiver's answer when it is one code word ("no_service"); anything else may hold what must not be shown."""
    word = answer.strip()[:41].decode("utf-8", "replace")
    known = len(word) <= 40 and word.isascii() and word.replace("_", "").isalpha() and word.islower()
    return f" ({word})" if known and word not in url else ""

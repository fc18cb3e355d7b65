"""`/metrics`, `/live` and `/ready` over HTTP (contracts 5). Layer: streams."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson
from prometheus_client.exposition import choose_encoder

from streams.telemetry.health import Health
from streams.telemetry.telemetry import Telemetry

DEFAULT_ADDRESS = "127.0.0.1:9464"
OFF = "off"
REQUEST_SECONDS_MAX = 10.0
POLL_SECONDS = 0.2  # how soon `stop()` is noticed
JSON = "application/json; charset=utf-8"


class AddressError(ValueError):
    """The metrics address is wrong or taken. One line that says what to do."""


class Address(NamedTuple):
    """Where to listen; port 0: any free one."""

    host: str
    port: int


def address(text: str) -> Address | None:
    """Read `host:port`, `[ipv6]:port` or `:port` (every interface); None for "off". `AddressError`."""
    text = text.strip()
    if text.lower() == OFF:
        return None
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise AddressError('metrics_address is not "host:port" (like 127.0.0.1:9464), nor "off"')
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise AddressError("metrics_address: write an IPv6 address in brackets, like [::1]:9464")
    return Address(host, int(port))


class TelemetryServer:
    """Serves one process's metrics and health on threads of its own until `stop()`."""

    def __init__(self, at: Address, telemetry: Telemetry, health: Health) -> None:
        """Listen; `AddressError` when that is not possible."""
        try:
            self._server = _server_class(at.host)((at.host, at.port), _handler(telemetry, health))
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or "not a host"
            raise AddressError(
                f"metrics_address: cannot listen on port {at.port}: {reason}; set another one, or off"
            ) from None
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), name="telemetry", daemon=True
        )

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End; a request under way is not waited for."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()


def _server_class(host: str) -> type[ThreadingHTTPServer]:
    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        address_family = socket.AF_INET6 if _is_ipv6(host) else socket.AF_INET

        def handle_error(self, request: Any, client_address: Any) -> None:
            """Nothing: a client that goes away is no news."""

    return Server


def _is_ipv6(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).version == 6
    except ValueError:
        return False


def _handler(telemetry: Telemetry, health: Health) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = REQUEST_SECONDS_MAX

        def do_GET(self) -> None:
            status, kind, body = self._answer(urlsplit(self.path).path)
            self.send_response_only(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET

        def _answer(self, path: str) -> tuple[int, str, bytes]:
            if path == "/metrics":
                encode, kind = choose_encoder(self.headers.get("Accept") or "")
                return 200, kind, encode(telemetry.registry)
            if path == "/live":
                return _judged("live", health.live())
            if path == "/ready":
                return _judged("ready", health.ready())
            return 404, JSON, b'{"error":"there are /metrics, /live and /ready"}'

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Handler


def _judged(word: str, reasons: Mapping[str, str]) -> tuple[int, str, bytes]:
    """`{"ready": false, "checks": {"feeds": {"ok": false, "reason": "…"}}}`."""
    sound = not any(reasons.values())
    checks = {name: {"ok": False, "reason": why} if why else {"ok": True} for name, why in sorted(reasons.items())}
    return 200 if sound else 503, JSON, orjson.dumps({word: sound, "checks": checks})

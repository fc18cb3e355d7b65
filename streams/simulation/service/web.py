"""HTTP/1.1 with TLS for the practice tenant: one thread per connection, kept alive. Layer: streams."""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import orjson

_BODY_LIMIT = 1 << 20
_IDLE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Request:
    """A call: path decoded, names of query parameters and headers in lower case."""

    method: str
    path: str
    raw_query: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; None when it is empty or none."""
        try:
            return orjson.loads(self.body) if self.body else None
        except orjson.JSONDecodeError:
            return None

    def form(self) -> dict[str, str]:
        """The body as a form."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))


@dataclass(slots=True)
class Reply:
    """An answer. `cut`: send only that many bytes, then reset; `slow`: seconds to spread the body over.

    `served` is called before an answer is sent that is going to be whole.
    """

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    slow: float = 0.0
    served: Callable[[], None] | None = None


def json_reply(status: int, body: object, headers: dict[str, str] | None = None) -> Reply:
    """An answer of JSON."""
    found = {"Content-Type": "application/json; charset=utf-8"} | (headers or {})
    return Reply(status, orjson.dumps(body), found)


Application = Callable[[Request], Reply]


class Site:
    """One listening port with an application behind it; `date_ms` gives the time of the `Date` header.

    `problems` are the application's own errors (each answered 500).
    """

    def __init__(
        self,
        host: str,
        port: int,
        application: Application,
        date_ms: Callable[[], int],
        tls: ssl.SSLContext | None,
        compress: bool = False,
    ) -> None:
        self.problems: list[str] = []
        members = {
            "application": staticmethod(application),
            "compress": compress,
            "date_ms": staticmethod(date_ms),
            "problems": self.problems,
            "tls": tls,
        }
        handler = type("Handler", (_Handler,), members)
        self._server = _Server((host, port), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://{host}:{self._server.server_address[1]}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering, close connections."""
        self._server.shutdown()
        self._thread.join(5.0)
        self._server.close_connections()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(address, handler)

    def opened(self, connection: socket.socket) -> None:
        """Remember a connection, to be closed at the end."""
        with self._guard:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        """Forget a connection."""
        with self._guard:
            self._open.discard(connection)

    def close_connections(self) -> None:
        """Close what clients keep alive."""
        with self._guard:
            found = list(self._open)
        for connection in found:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is none of our errors."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    disable_nagle_algorithm = True
    application: Application
    date_ms: Callable[[], int]
    tls: ssl.SSLContext | None
    compress: bool
    problems: list[str]

    def setup(self) -> None:
        if self.tls is not None:
            self.request.settimeout(_IDLE_SECONDS)
            self.request = self.tls.wrap_socket(self.request, server_side=True)
        super().setup()
        self.server.opened(self.request)

    def finish(self) -> None:
        self.server.closed(self.request)
        super().finish()
        if self.tls is not None:
            self.request.close()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: requests are counted elsewhere."""

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if length > _BODY_LIMIT:
            self.close_connection = True
            self._send(Reply(413))
            return
        body = self.rfile.read(length) if length else b""
        query = {name.lower(): value for name, value in parse_qsl(parts.query, keep_blank_values=True)}
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, unquote(parts.path), parts.query, query, headers, body)
        try:
            reply = type(self).application(request)
        except Exception as error:  # our own defect: told to whoever runs the service, and as 500 to the caller
            self.problems.append(f"{request.method} {request.path[:80]}: {type(error).__name__}: {error}"[:300])
            reply = Reply(500)
        self._send(reply)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _answer

    def _send(self, reply: Reply) -> None:
        body = reply.body
        headers = dict(reply.headers)
        if self.compress and len(body) > 1024 and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 1)
            headers["Content-Encoding"] = "gzip"
        reason = self.responses.get(reply.status, ("",))[0]
        headers.setdefault("Date", formatdate(type(self).date_ms() / 1000, usegmt=True))
        lines = [f"HTTP/1.1 {reply.status} {reason}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if reply.status != 204:
            lines.append(f"Content-Length: {len(body)}")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        if reply.served is not None and reply.cut is None:
            reply.served()
        if reply.cut is not None:
            self._cut(head + body[: reply.cut])
        elif reply.slow > 0.0:
            self._trickle(head, body, reply.slow)
        else:
            self.wfile.write(head + body)

    def _trickle(self, head: bytes, body: bytes, seconds: float) -> None:
        self.wfile.write(head)
        step = max(1, len(body) // 5)
        for begin in range(0, len(body), step):
            time.sleep(seconds / 5)
            self.wfile.write(body[begin : begin + step])
            self.wfile.flush()

    def _cut(self, data: bytes) -> None:
        """Send a part, then reset the connection rather than close it."""
        self.wfile.write(data)
        self.wfile.flush()
        self.close_connection = True
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

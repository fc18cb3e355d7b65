"""A login service and an API on localhost over HTTPS, whose answers a test scripts."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509 import Certificate

from tests.unit.cloud.certificates import certificate_pem, key_pem, make_certificate

TENANT = "7f0c1b52-4a1e-4a0c-9e1d-5a0e6b1d2f33"
CLIENT = "a1b2c3d4-0000-4000-8000-000000000001"
SECRET = "wRong~Never.Shown_Secret-0815"


@dataclass
class Seen:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The body's form fields."""
        return dict(parse_qsl(self.body.decode()))


@dataclass
class Reply:
    """What to answer. `cut` sends only so many bytes of the body; `reset` then breaks the connection hard."""

    status: int = 200
    body: bytes = b"[]"
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    reset: bool = False
    framed: bool = True  # announces its length


def error(status: int, code: str, message: str = "no", **headers: str) -> Reply:
    """An API's error in JSON."""
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    return Reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


def login_error(code: int, status: int = 400, text: str = "Something.") -> Reply:
    """A login service's error."""
    answer = {
        "error": "invalid_client",
        "error_codes": [code],
        "trace_id": "1d6a",
        "error_description": f"AADSTS{code}: {text}",
    }
    return Reply(status, json.dumps(answer).encode())


@dataclass
class LocalService:
    """Scripted answers: `api` for every other path, `login` for the token endpoint; the last one repeats for ever."""

    folder: Path
    roles: tuple[str, ...] = ("ActivityFeed.Read",)
    api: list[Reply | Callable[[Seen], Reply]] = field(default_factory=list)
    login: list[Reply | Callable[[Seen], Reply]] = field(default_factory=list)
    discovery: Reply | None = None
    calls: list[Seen] = field(default_factory=list)
    sign_ins: list[Seen] = field(default_factory=list)
    discoveries: int = 0
    tokens: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen on a free port."""
        key, certificate = _own_certificate()
        self.ca_bundle = self.folder / "ca.pem"
        self.ca_bundle.write_bytes(certificate_pem(certificate))
        pair = self.folder / "server.pem"
        pair.write_bytes(key_pem(key) + certificate_pem(certificate))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://localhost:{self._server.server_address[1]}"
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, seen: Seen) -> Reply:
        """Answer one request."""
        with self._lock:
            if seen.path.endswith("/.well-known/openid-configuration"):
                self.discoveries += 1
                return self.discovery or Reply(body=json.dumps(self._document()).encode())
            if seen.path.endswith("/oauth2/v2.0/token"):
                self.sign_ins.append(seen)
                return _next(self.login, seen) or self.new_token(seen)
            self.calls.append(seen)
            return _next(self.api, seen) or Reply()

    def new_token(self, seen: Seen | None = None, **extra: Any) -> Reply:
        """A token answer; the token is readable, not signed, and never the same."""
        claims = {"roles": list(self.roles), "tid": TENANT, "n": len(self.tokens)}
        parts = [json.dumps({"alg": "none"}), json.dumps(claims), "signature"]
        token = ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
        self.tokens.append(token)
        body = {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": token, **extra}
        return Reply(body=json.dumps(body).encode())

    def _document(self) -> dict[str, str]:
        base = f"{self.url}/{TENANT}"
        return {
            "issuer": f"{base}/v2.0",
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
        }


@lru_cache
def _own_certificate() -> tuple[RSAPrivateKey, Certificate]:
    return make_certificate("localhost")


def _next(script: list[Reply | Callable[[Seen], Reply]], seen: Seen) -> Reply | None:
    if not script:
        return None
    step = script.pop(0) if len(script) > 1 else script[0]
    return step(seen) if callable(step) else step


def _handler(service: LocalService) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._write(service.answer(Seen(self.command, self.path, headers, body)))

        do_POST = do_PATCH = do_DELETE = do_GET

        def _write(self, reply: Reply) -> None:
            self.send_response_only(reply.status)
            given = {
                "Content-Type": "application/json; charset=utf-8",
                "Date": formatdate(usegmt=True),
                **reply.headers,
            }
            if reply.framed:
                given["Content-Length"] = str(len(reply.body))
            else:
                given["Connection"] = "close"
            for name, value in given.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body[: reply.cut])
            self.wfile.flush()
            if reply.reset:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if reply.cut is not None or reply.reset or not reply.framed:
                self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler

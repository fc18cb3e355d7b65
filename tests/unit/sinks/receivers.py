"""Receivers on this machine: an HTTP server that plays a script, listeners for syslog, an authority that signs for them."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Authority:
    """A certificate authority of the test, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
        certificate = self._signed(self._name, self._key, True, [])
        self.bundle = folder / "ca.pem"
        self.bundle.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        self.server = self.leaf("server", ["localhost"], ["127.0.0.1"])

    def leaf(self, name: str, hosts: Sequence[str], addresses: Sequence[str] = (), days: int = 2) -> Path:
        """A PEM file with a key and a certificate for the hosts."""
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
        names += [x509.IPAddress(ip_address(address)) for address in addresses]
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = self._signed(subject, key, False, names, days)
        file = self._folder / f"{name}.pem"
        encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        secret = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
        file.write_bytes(secret + certificate.public_bytes(encoding))
        return file

    def context(self, file: Path | None = None) -> ssl.SSLContext:
        """A server's context."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file or self.server)
        return context

    def _signed(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        authority: bool,
        names: Sequence[x509.GeneralName],
        days: int = 2,
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=10))
            .not_valid_after(now + timedelta(days=days))
            .add_extension(x509.BasicConstraints(authority, None), critical=True)
            .add_extension(_usage(authority), critical=True)  # Python 3.13 asks for it
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(self._key, hashes.SHA256())


def _usage(authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass
class Asked:
    """A request as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Says:
    """An answer: status, headers, body; `hang`: none at all; `cut`: the connection ends within it; `drip`: slow."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    hang: bool = False
    cut: bool = False
    drip: bool = False


class HttpReceiver:
    """Plays `script`, one answer per request, then says 200."""

    def __init__(self, context: ssl.SSLContext | None, script: Sequence[Says] = ()) -> None:
        self.asked: list[Asked] = []
        self.answered = 0  # whole answers
        self.script = list(script)
        self.released = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}/hooks/T0KENxINxPATH?sig=T0KENxINxPATH"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> HttpReceiver:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.asked.append(Asked(self.path, dict(self.headers), body))
                receiver._answer(self, receiver.script.pop(0) if receiver.script else Says())

            def log_message(self, *_: Any) -> None:
                pass

        return Handler

    def _answer(self, handler: BaseHTTPRequestHandler, says: Says) -> None:
        if says.hang:
            self.released.wait(10)
            handler.close_connection = True
            return
        handler.send_response(says.status)
        for name, value in says.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(says.body) + 100 * says.cut))
        handler.end_headers()
        try:
            for at in range(0, len(says.body), 1 if says.drip else len(says.body) or 1):
                handler.wfile.write(says.body[at : at + 1] if says.drip else says.body)
                if says.drip and self.released.wait(0.02):
                    return
            self.answered += 1
        except OSError:
            handler.close_connection = True
        if says.cut:
            handler.close_connection = True


class StreamListener:
    """Takes connections by TCP or TLS and keeps the bytes of each."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.received: list[bytearray] = []
        self.peers: list[Any] = []
        self._context = context
        self._connections: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def __enter__(self) -> StreamListener:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def hang_up(self) -> None:
        """End every connection."""
        for connection in self._connections:
            connection.shutdown(socket.SHUT_RDWR)

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._start(lambda taken=connection: self._take(taken))  # type: ignore[misc]

    def _take(self, connection: socket.socket) -> None:
        kept = bytearray()
        try:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
                self.peers.append(connection.getpeercert())
            self._connections.append(connection)
            self.received.append(kept)
            while piece := connection.recv(65_536):
                kept += piece
        except OSError:
            pass
        finally:
            connection.close()

"""A proxy that the environment names is used for every host but those it excepts."""

from __future__ import annotations

import base64
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from streams.cloud.http import CloudHttp
from streams.cloud.seam import Api, NoToken
from streams.cloud.secret import Secret
from streams.cloud.tenant_access import TenantAccess
from tests.unit.cloud.conftest import JumpingClock
from tests.unit.cloud.local_service import LocalService


class Tunnel:
    """A CONNECT proxy for one service."""

    def __init__(self, refuse: bool = False) -> None:
        self.heads: list[str] = []
        self._refuse = refuse
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        self.heads.append(head.decode())
        if self._refuse:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            client.close()
            return
        host, _, port = head.split()[1].decode().partition(":")
        upstream = socket.create_connection((host, int(port)))
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        threading.Thread(target=_pump, args=(client, upstream), daemon=True).start()
        _pump(upstream, client)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


@pytest.fixture
def tunnel() -> Iterator[Tunnel]:
    found = Tunnel()
    yield found
    found.close()


def test_login_and_apis_go_through_the_proxy(
    access: Callable[..., TenantAccess], service: LocalService, tunnel: Tunnel
) -> None:
    proxy = Secret(f"http://user:pass-0815@127.0.0.1:{tunnel.port}")
    cloud = CloudHttp(access(proxy=proxy), JumpingClock())
    assert cloud.call(Api.GRAPH, "GET", service.url + "/x").body == b"[]"
    cloud.close()
    assert tunnel.heads
    assert all(head.startswith("CONNECT localhost:") for head in tunnel.heads)
    assert base64.b64encode(b"user:pass-0815").decode() in tunnel.heads[0]
    assert "proxy-authorization" not in service.calls[0].headers


def test_excepted_hosts_are_reached_directly(
    access: Callable[..., TenantAccess], service: LocalService, tunnel: Tunnel
) -> None:
    cloud = CloudHttp(access(proxy=Secret(f"http://127.0.0.1:{tunnel.port}"), no_proxy=("localhost",)), JumpingClock())
    assert cloud.call(Api.GRAPH, "GET", service.url + "/x").body == b"[]"
    assert not tunnel.heads


def test_a_proxy_that_refuses_is_told_without_its_password(access: Callable[..., TenantAccess]) -> None:
    tunnel = Tunnel(refuse=True)
    cloud = CloudHttp(access(proxy=Secret(f"http://user:pass-0815@127.0.0.1:{tunnel.port}")), JumpingClock())
    with pytest.raises(NoToken, match="ProxyError") as told:
        cloud.call(Api.GRAPH, "GET", cloud.endpoints.graph + "/x")
    assert "pass-0815" not in str(told.value)
    tunnel.close()

"""Tokens through the real msal against a local login service."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from streams.cloud.credentials import Certificate, ClientSecret, FederatedToken, ManagedIdentity, Source
from streams.cloud.login_errors import LOGIN_ERRORS, refused
from streams.cloud.seam import Api, NoToken
from streams.cloud.secret import Redactor
from streams.cloud.tenant_access import TenantAccess
from streams.cloud.tokens import TokenSource, roles_in
from streams.cloud.transport import open_client
from tests.unit.cloud.certificates import write_pair
from tests.unit.cloud.conftest import JumpingClock
from tests.unit.cloud.local_service import CLIENT, SECRET, TENANT, LocalService, Reply, login_error


@pytest.fixture
def source(access: Callable[..., TenantAccess], clock: JumpingClock) -> Iterator[Callable[..., TokenSource]]:
    clients: list[httpx.Client] = []

    def make(*given: object, **changes: object) -> TokenSource:
        held = access(*given, **changes)
        clients.append(open_client(held, "test"))
        return TokenSource(held, clock, clients[-1])

    yield make
    for client in clients:
        client.close()


def test_each_api_has_a_token_for_its_own_resource(source: Callable[..., TokenSource], service: LocalService) -> None:
    tokens = source()
    found = {api: tokens.token(api) for api in Api}
    assert len(set(found.values())) == 3
    assert [seen.form["scope"] for seen in service.sign_ins] == [
        "https://manage.office.com/.default",
        "https://graph.microsoft.com/.default",
        "https://outlook.office365.com/.default",
    ]
    assert {api: tokens.token(api) for api in Api} == found
    assert len(service.sign_ins) == 3
    assert service.discoveries == 1
    assert service.sign_ins[0].form["client_secret"] == SECRET
    assert service.sign_ins[0].path == f"/{TENANT}/oauth2/v2.0/token"
    assert tokens.roles(Api.GRAPH) == {"ActivityFeed.Read"}


def test_the_resource_belongs_to_the_cloud_not_to_the_address(
    source: Callable[..., TokenSource], service: LocalService
) -> None:
    source(cloud="gcc-high").token(Api.MANAGEMENT)
    assert service.sign_ins[0].form["scope"] == "https://manage.office365.us/.default"


def test_a_certificate_signs_the_assertion(
    source: Callable[..., TokenSource], service: LocalService, tmp_path: Path
) -> None:
    path = tmp_path / "app.pem"
    key, certificate = write_pair(path, "its passphrase")
    (tmp_path / "phrase").write_text("its passphrase\n")
    credential = Certificate(Source("certificate", path=path), Source("passphrase", path=tmp_path / "phrase"))
    source(credential).token(Api.MANAGEMENT)
    form = service.sign_ins[0].form
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    claims = jwt.decode(
        form["client_assertion"],
        key.public_key(),
        algorithms=["PS256", "RS256"],
        audience=f"{service.url}/{TENANT}/oauth2/v2.0/token",
    )
    assert (claims["iss"], claims["sub"]) == (CLIENT, CLIENT)
    header = jwt.get_unverified_header(form["client_assertion"])
    digest = hashlib.sha256(certificate.public_bytes(serialization.Encoding.DER)).digest()
    assert header["x5t#S256"].rstrip("=") == base64.urlsafe_b64encode(digest).decode().rstrip("=")


def test_a_federated_token_is_read_again_for_each_request(
    source: Callable[..., TokenSource], service: LocalService, tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_text("first.assertion.text\n")
    tokens = source(FederatedToken(Source("federated_token_file", path=path)))
    tokens.token(Api.MANAGEMENT)
    path.write_text("second.assertion.text\n")
    tokens.token(Api.MANAGEMENT)
    tokens.token(Api.GRAPH)
    sent = [seen.form["client_assertion"] for seen in service.sign_ins]
    assert sent == ["first.assertion.text", "second.assertion.text"]
    path.unlink()
    with pytest.raises(NoToken, match="cannot be read"):
        tokens.token(Api.EXCHANGE)


def test_a_rotated_secret_is_found_after_the_failure(
    source: Callable[..., TokenSource], service: LocalService, clock: JumpingClock, tmp_path: Path
) -> None:
    path = tmp_path / "secret"
    path.write_text("old-secret\n")
    tokens = source(ClientSecret(Source("client_secret_file", path=path)))
    service.login = [login_error(7000222, 401), service.new_token]
    with pytest.raises(NoToken, match="expired"):
        tokens.token(Api.MANAGEMENT)
    path.write_text("new-secret\n")
    with pytest.raises(NoToken, match="expired"):
        tokens.token(Api.MANAGEMENT)
    assert len(service.sign_ins) == 1
    clock.ahead += 61
    tokens.token(Api.MANAGEMENT)
    assert [seen.form["client_secret"] for seen in service.sign_ins] == ["old-secret", "new-secret"]


@pytest.mark.parametrize("code", sorted(LOGIN_ERRORS))
def test_every_known_code_has_a_message_and_a_remedy(code: int) -> None:
    told = refused({"error_codes": [code], "error_description": f"AADSTS{code}: x"}, Redactor())
    assert told.code == f"AADSTS{code}"
    assert f"AADSTS{code}" in str(told)
    assert told.remedy.endswith(".")
    assert "\n" not in str(told)


@pytest.mark.parametrize(
    ("code", "word"), [(7000215, "value"), (7000222, "new secret"), (700016, "consent"), (53003, "policy")]
)
def test_a_refused_sign_in_is_told_with_its_remedy(
    source: Callable[..., TokenSource], service: LocalService, code: int, word: str
) -> None:
    service.login = [login_error(code, 401)]
    with pytest.raises(NoToken) as told:
        source().token(Api.MANAGEMENT)
    assert told.value.fatal
    assert word in told.value.remedy
    assert "trace 1d6a" in told.value.message


def test_an_unknown_code_is_told_with_the_services_words(
    source: Callable[..., TokenSource], service: LocalService
) -> None:
    service.login = [login_error(999999, 400, "Some\x1b[31m new reason.\nTrace ID: 1\nsecond line")]
    with pytest.raises(NoToken) as told:
        source().token(Api.MANAGEMENT)
    assert str(told.value).isprintable()
    assert "AADSTS999999" in str(told.value)
    assert "new reason." in str(told.value)
    assert "second line" not in str(told.value)


def test_an_unknown_tenant_is_told_though_discovery_fails_first(
    source: Callable[..., TokenSource], service: LocalService
) -> None:
    service.discovery = login_error(90002, 400)
    with pytest.raises(NoToken, match=r"AADSTS90002.*tenant"):
        source().token(Api.MANAGEMENT)
    service.discovery = Reply(404, b"not here")
    with pytest.raises(NoToken, match="no login service"):
        source().token(Api.MANAGEMENT)


@pytest.mark.parametrize(
    "reply", [Reply(503, b""), Reply(200, b"<html>"), Reply(500, b'{"error":"x"}'), Reply(200, b"[]")]
)
def test_a_failing_login_service_is_transient_and_comes_back(
    source: Callable[..., TokenSource], service: LocalService, clock: JumpingClock, reply: Reply
) -> None:
    service.login = [reply, service.new_token]
    tokens = source()
    with pytest.raises(NoToken) as told:
        tokens.token(Api.MANAGEMENT)
    assert not told.value.fatal
    clock.ahead += 6
    assert tokens.token(Api.MANAGEMENT) == service.tokens[-1]


def test_a_login_service_that_names_a_foreign_host_gets_no_secret(
    source: Callable[..., TokenSource], service: LocalService
) -> None:
    base = "https://evil.example"
    service.discovery = Reply(
        body=json.dumps(
            {"issuer": base, "authorization_endpoint": f"{base}/a/b", "token_endpoint": f"{base}/t/token"}
        ).encode()
    )
    with pytest.raises(NoToken, match="another host to sign in; nothing was sent there"):
        source().token(Api.MANAGEMENT)


def test_variables_for_other_software_do_not_change_whom_we_trust(
    source: Callable[..., TokenSource], service: LocalService, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_pair(tmp_path / "other.pem")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "other.pem"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert source().token(Api.MANAGEMENT) == service.tokens[0]


def test_threads_share_one_sign_in(source: Callable[..., TokenSource], service: LocalService) -> None:
    tokens = source()
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(tokens.token(Api.MANAGEMENT))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == service.tokens * 8
    renewed: list[str] = []
    threads = [
        threading.Thread(target=lambda: renewed.append(tokens.renew(Api.MANAGEMENT, found[0]))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(service.sign_ins) == 2
    assert set(renewed) == {service.tokens[1]}


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.!!!.c", "a.e30.c", "a.W10.c", "a.eyJyb2xlcyI6N30.c", "é.é.é"])
def test_roles_of_an_odd_token_are_none(token: str) -> None:
    assert roles_in(token) == frozenset()


class Machine:
    """The endpoint of a virtual machine for its own identity."""

    def __init__(self, script: list[tuple[int, bytes]]) -> None:
        self.script = script
        self.seen: list[tuple[str, str]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.seen.append((self.path, self.headers.get("Metadata", "")))
                status, body = outer.script.pop(0) if len(outer.script) > 1 else outer.script[0]
                self.send_response_only(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()


GOOD = json.dumps({"access_token": "machine-token-1", "expires_in": "86399", "expires_on": "9999999999"}).encode()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    for name in [name for name in os.environ if name.startswith(("IDENTITY_", "MSI_", "IMDS_"))]:
        monkeypatch.delenv(name)
    found = Machine([(200, GOOD)])
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", f"http://127.0.0.1:{found.server.server_address[1]}")
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.mark.parametrize(
    ("identity", "field"),
    [("", None), ("b1b2c3d4-0000-4000-8000-000000000001", "client_id"), ("/subscriptions/a/b", "msi_res_id")],
)
def test_a_machines_identity_gives_tokens(
    source: Callable[..., TokenSource], machine: Machine, identity: str, field: str | None
) -> None:
    tokens = source(ManagedIdentity(identity))
    assert tokens.token(Api.MANAGEMENT) == "machine-token-1"
    assert tokens.token(Api.MANAGEMENT) == "machine-token-1"
    [(path, metadata)] = machine.seen
    query = parse_qs(urlsplit(path).query)
    assert (query["resource"], metadata) == (["https://manage.office.com"], "true")
    assert field is None or query[field] == [identity]


def test_a_machines_endpoint_that_starts_is_asked_again(
    source: Callable[..., TokenSource], machine: Machine, clock: JumpingClock
) -> None:
    machine.script = [(429, b"{}"), (410, b"{}"), (500, b"<html>"), (200, GOOD)]
    assert source(ManagedIdentity()).token(Api.GRAPH) == "machine-token-1"
    assert clock.waits == [0.5, 1.0, 2.0]


def test_a_machine_without_identity_is_told(source: Callable[..., TokenSource], machine: Machine) -> None:
    machine.script = [(400, b'{"error":"invalid_request","error_description":"Identity not found"}')]
    with pytest.raises(NoToken, match=r"invalid_request\. Identity not found Assign the identity") as told:
        source(ManagedIdentity()).token(Api.MANAGEMENT)
    assert told.value.fatal
    assert len(machine.seen) == 1
    machine.script = [(503, b"")]
    with pytest.raises(NoToken, match="cannot be reached") as told:
        source(ManagedIdentity()).token(Api.MANAGEMENT)
    assert not told.value.fatal

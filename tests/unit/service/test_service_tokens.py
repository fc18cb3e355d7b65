"""The token endpoint: credentials, scopes, roles, and errors in the vendor's shape."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json
import time
import uuid
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from .conftest import Caller, Open, small


def claims(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def test_a_secret_gives_a_token_with_the_claims_of_the_vendor(shared: Caller) -> None:
    answer = shared.ask_token("management").json()
    found = claims(answer["access_token"])
    assert answer["token_type"] == "Bearer" and isinstance(answer["expires_in"], int)
    assert found["aud"] == shared.service.urls["management"]
    assert found["iss"] == f"https://sts.windows.net/{shared.who.id}/"
    assert (found["tid"], found["appid"], found["ver"]) == (shared.who.id, shared.who.client_id, "1.0")
    assert found["roles"] == ["ActivityFeed.Read", "ActivityFeed.ReadDlp"]


def test_the_vendors_own_addresses_are_scopes_too(shared: Caller) -> None:
    answer = shared.ask_token("https://graph.microsoft.com")
    assert "AuditLog.Read.All" in claims(answer.json()["access_token"])["roles"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"client_secret": "wrong"}, 401, 7000215),
        ({"client_secret": ""}, 401, 7000218),
        ({"client_id": str(uuid.UUID(int=1))}, 400, 700016),
        ({"scope": "https://graph.microsoft.com/User.Read"}, 400, 70011),
        ({"scope": "https://graph.microsoft.com/.default https://manage.office.com/.default"}, 400, 70011),
        ({"scope": "https://elsewhere.example/.default"}, 400, 500011),
        ({"grant_type": "password"}, 400, 70003),
    ],
)
def test_refusals_have_the_shape_and_number_of_the_vendor(
    shared: Caller, changes: dict[str, str], status: int, code: int
) -> None:
    answer = shared.ask_token(**changes)
    body = answer.json()
    assert (answer.status_code, body["error_codes"]) == (status, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert {"error", "timestamp", "trace_id", "correlation_id", "error_uri"} <= body.keys()


def test_an_unknown_tenant_is_90002_at_discovery_and_at_the_token(shared: Caller) -> None:
    base = f"{shared.service.urls['login']}/{uuid.UUID(int=5)}"
    for answer in (
        shared.http.get(f"{base}/v2.0/.well-known/openid-configuration"),
        shared.http.post(f"{base}/oauth2/v2.0/token", data={"grant_type": "client_credentials"}),
    ):
        assert answer.json()["error_codes"] == [90002]


def test_discovery_names_the_endpoints(shared: Caller) -> None:
    base = f"{shared.service.urls['login']}/{shared.who.id}"
    body = shared.http.get(f"{base}/v2.0/.well-known/openid-configuration").json()
    assert body["token_endpoint"] == f"{base}/oauth2/v2.0/token"
    assert body["issuer"] == f"{base}/v2.0"


def test_the_older_endpoint_answers_with_numbers_as_text(shared: Caller) -> None:
    answer = shared.http.post(
        f"{shared.service.urls['login']}/{shared.who.id}/oauth2/token",
        data={
            "grant_type": "client_credentials",
            "client_id": shared.who.client_id,
            "client_secret": shared.who.client_secret,
            "resource": "https://manage.office.com",
        },
    ).json()
    assert answer["expires_in"] == "3599" and answer["resource"] == "https://manage.office.com"


def test_a_role_that_is_missing_is_missing_in_the_token(open_service: Open) -> None:
    caller = open_service(small(roles=frozenset({"AuditLog.Read.All"})))
    assert claims(caller.ask_token("management").json()["access_token"])["roles"] == []
    assert claims(caller.ask_token("graph").json()["access_token"])["roles"] == ["AuditLog.Read.All"]
    denied = caller.activity("subscriptions/list")
    assert (denied.status_code, denied.json()["error"]["code"]) == (401, "AF10001")


def test_a_disabled_application_and_an_expired_secret_are_told_apart(open_service: Open) -> None:
    caller = open_service()
    tenant = caller.service.tenant()
    tenant.secret_expired = True
    assert caller.ask_token().json()["error_codes"] == [7000222]
    tenant.app_enabled = False
    assert caller.ask_token().json()["error_codes"] == [7000112]


def certificate() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "collector")])
    now = datetime.datetime.now(datetime.UTC)
    built = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    built = built.serial_number(1).not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    return key, built.sign(key, hashes.SHA256())


def signed(key: rsa.RSAPrivateKey, header: dict[str, Any], body: dict[str, Any]) -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    head = f"{part(header)}.{part(body)}"
    scheme: Any = padding.PKCS1v15()
    if header["alg"] == "PS256":
        scheme = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    signature = key.sign(head.encode(), scheme, hashes.SHA256())
    return f"{head}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def test_certificate_assertions_are_verified(open_service: Open) -> None:
    key, cert = certificate()
    other, _ = certificate()
    caller = open_service(small(certificate_pem=cert.public_bytes(serialization.Encoding.PEM).decode()))
    der = cert.public_bytes(serialization.Encoding.DER)
    body = {
        "aud": f"{caller.service.urls['login']}/{caller.who.id}/oauth2/v2.0/token",
        "iss": caller.who.client_id,
        "sub": caller.who.client_id,
        "exp": time.time() + 600.5,
        "iat": time.time(),
        "jti": "1",
    }
    padded = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode()

    def ask(token: str) -> httpx.Response:
        return caller.ask_token(client_secret="", client_assertion=token, client_assertion_type="jwt-bearer")

    assert ask(signed(key, {"alg": "PS256", "x5t#S256": padded}, body)).status_code == 200
    thumb = base64.urlsafe_b64encode(hashlib.sha1(der).digest()).rstrip(b"=").decode()
    assert ask(signed(key, {"alg": "RS256", "x5t": thumb}, body)).status_code == 200
    assert ask(signed(other, {"alg": "RS256", "x5t": thumb}, body)).json()["error_codes"] == [700027]
    late = body | {"exp": time.time() - 4000}
    assert ask(signed(key, {"alg": "RS256", "x5t": thumb}, late)).json()["error_codes"] == [700024]
    assert ask("no.jwt").json()["error_codes"] == [50027]


def test_federated_assertions_need_issuer_subject_and_audience(open_service: Open) -> None:
    key, _ = certificate()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    caller = open_service(small(federation=("https://issuer.example", "system:serviceaccount:a:b", public.decode())))
    body = {
        "iss": "https://issuer.example",
        "sub": "system:serviceaccount:a:b",
        "aud": ["api://AzureADTokenExchange"],
        "exp": time.time() + 600,
    }

    def ask(claims: dict[str, Any]) -> httpx.Response:
        return caller.ask_token(client_secret="", client_assertion=signed(key, {"alg": "RS256"}, claims))

    assert ask(body).status_code == 200
    assert ask(body | {"sub": "someone else"}).json()["error_codes"] == [700213]
    assert ask(body | {"iss": "https://other.example"}).json()["error_codes"] == [70021]


def test_the_instance_metadata_service_gives_tokens_to_machines(shared: Caller) -> None:
    url = f"{shared.service.urls['identity']}/metadata/identity/oauth2/token"
    query = {"api-version": "2018-02-01", "resource": "https://manage.office.com"}
    assert shared.http.get(url, params=query).status_code == 400
    answer = shared.http.get(url, params=query, headers={"Metadata": "true"}).json()
    assert isinstance(answer["expires_in"], str)
    assert claims(answer["access_token"])["roles"] == ["ActivityFeed.Read", "ActivityFeed.ReadDlp"]
    unknown = shared.http.get(url, params=query | {"client_id": "x"}, headers={"Metadata": "true"})
    assert (unknown.status_code, unknown.json()["error"]) == (400, "invalid_request")


def test_a_token_for_one_api_does_not_open_another(shared: Caller) -> None:
    headers = {"Authorization": f"Bearer {shared.ask_token('graph').json()['access_token']}"}
    assert shared.http.get(f"{shared.feed}/subscriptions/list", headers=headers).status_code == 401


def test_a_forged_token_does_not_open_anything(shared: Caller) -> None:
    token = shared.ask_token("management").json()["access_token"]
    for forged in (token[:-3] + "AAA", "a.b.c", "-", token.replace(".", "", 1)):
        answer = shared.http.get(f"{shared.feed}/subscriptions/list", headers={"Authorization": f"Bearer {forged}"})
        assert (answer.status_code, answer.content) == (401, b"")


def test_credentials_do_not_show_their_secret(shared: Caller) -> None:
    assert shared.who.client_secret not in repr(shared.who)
    assert shared.who.client_secret not in repr(shared.service.tenants)

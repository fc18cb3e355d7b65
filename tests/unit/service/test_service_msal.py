"""msal itself against the practice authority, by each credential that it knows."""

from __future__ import annotations

import time
from typing import Any

import msal
import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization

from .conftest import Caller, Open, small
from .test_service_tokens import certificate, claims, signed


@pytest.fixture(autouse=True)
def _no_other_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    """These variables override what msal is told to verify with."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


def ask(caller: Caller, credential: Any, api: str = "graph", **options: Any) -> dict[str, Any]:
    """The answer of msal to a request for a token of an API."""
    chosen = {"authority": f"{caller.service.urls['login']}/{caller.who.id}", "instance_discovery": False} | options
    app = msal.ConfidentialClientApplication(
        caller.who.client_id, client_credential=credential, verify=str(caller.service.ca_bundle), **chosen
    )
    found: dict[str, Any] = app.acquire_token_for_client([f"{caller.service.urls[api]}/.default"])
    return found


@pytest.mark.parametrize("options", [{}, {"instance_discovery": None, "validate_authority": False}])
def test_a_secret(shared: Caller, options: dict[str, Any]) -> None:
    token = ask(shared, shared.who.client_secret, **options)["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert shared.http.get(f"{shared.service.urls['graph']}/v1.0/organization", headers=headers).status_code == 200


def test_an_oidc_authority_whose_issuer_is_checked(shared: Caller) -> None:
    address = f"{shared.service.urls['login']}/{shared.who.id}/v2.0"
    assert "access_token" in ask(shared, shared.who.client_secret, authority=None, oidc_authority=address)


def test_refusals_are_answers_and_no_exceptions(shared: Caller) -> None:
    found = ask(shared, "wrong")
    assert (found["error"], found["error_codes"]) == ("invalid_client", [7000215])
    assert {"trace_id", "correlation_id", "timestamp", "error_uri"} <= found.keys()


def test_a_service_that_is_down_is_an_exception(open_service: Open) -> None:
    caller = open_service(small(accounts=5, past_days=1))
    app = msal.ConfidentialClientApplication(
        caller.who.client_id, client_credential=caller.who.client_secret, verify=str(caller.service.ca_bundle),
        authority=f"{caller.service.urls['login']}/{caller.who.id}", instance_discovery=False)  # fmt: skip
    caller.service.tenant().faults.down = True
    with pytest.raises(msal.exceptions.MsalServiceError, match="HTTP Error: 503"):
        app.acquire_token_for_client([f"{caller.service.urls['graph']}/.default"])


def test_a_certificate_by_its_public_part_and_by_its_thumbprint(open_service: Open) -> None:
    key, cert = certificate()
    public = cert.public_bytes(serialization.Encoding.PEM).decode()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                serialization.NoEncryption()).decode()  # fmt: skip
    caller = open_service(small(accounts=5, past_days=1, certificate_pem=public))
    thumbprint = cert.fingerprint(hashes.SHA1()).hex()
    for credential in ({"private_key": private, "public_certificate": public},
                       {"private_key": private, "thumbprint": thumbprint}):  # fmt: skip
        assert "access_token" in ask(caller, credential)
    other = certificate()[1].public_bytes(serialization.Encoding.PEM).decode()
    assert ask(caller, {"private_key": private, "public_certificate": other})["error_codes"] == [700027]


def test_an_assertion_of_another_issuer_read_anew_for_each_request(open_service: Open) -> None:
    key, _ = certificate()
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    subject = "system:serviceaccount:watch:post"
    caller = open_service(
        small(accounts=5, past_days=1, federation=("https://issuer.example", subject, public.decode()))
    )
    body = {"iss": "https://issuer.example", "sub": subject, "aud": "api://AzureADTokenExchange"}
    read: list[str] = []

    def assertion() -> str:
        read.append(signed(key, {"alg": "RS256"}, body | {"exp": time.time() + 600}))
        return read[-1]

    assert "access_token" in ask(caller, {"client_assertion": assertion})
    assert len(read) == 1


def test_a_managed_identity(shared: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", shared.service.urls["identity"])
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "MSI_ENDPOINT", "MSI_SECRET"):
        monkeypatch.delenv(name, raising=False)
    with requests.Session() as http:
        http.trust_env = False
        client = msal.ManagedIdentityClient(msal.SystemAssignedManagedIdentity(), http_client=http)
        found = client.acquire_token_for_client(resource="https://manage.office.com")
    assert claims(found["access_token"])["roles"] == ["ActivityFeed.Read", "ActivityFeed.ReadDlp"]
    assert found["expires_in"] > 80_000

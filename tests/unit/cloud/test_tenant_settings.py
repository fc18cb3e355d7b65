"""Tenants from a settings file and from variables (contracts 4)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from streams.cloud.clouds import CLOUDS, base, resource
from streams.cloud.credentials import AccessError, Certificate, ClientSecret, FederatedToken, ManagedIdentity
from streams.cloud.seam import Api
from streams.cloud.tenant_settings import tenants_from
from tests.unit.cloud.certificates import certificate_pem, key_pem, make_certificate, write_pair

TENANT = "7f0c1b52-4a1e-4a0c-9e1d-5a0e6b1d2f33"
OTHER = "7f0c1b52-4a1e-4a0c-9e1d-5a0e6b1d2f44"
CLIENT = "a1b2c3d4-0000-4000-8000-000000000001"
SECRET = "never~shown-0815"
ONE = {"WATCHPOST_TENANT_ID": TENANT, "WATCHPOST_CLIENT_ID": CLIENT}


@pytest.fixture
def secret_file(tmp_path: Path) -> Path:
    path = tmp_path / "secret"
    path.write_text(f"{SECRET}\n")
    return path


def entry(secret_file: Path, **more: Any) -> dict[str, Any]:
    return {"id": TENANT, "client_id": CLIENT, "client_secret_file": str(secret_file)} | more


def test_nothing_configured_is_no_tenant() -> None:
    assert tenants_from({}, {}) == []
    assert tenants_from({"home_domain": ["a.example"]}, {"WATCHPOST_CLOUD": "gcc", "PATH": "x"}) == []


def test_one_tenant_from_variables(secret_file: Path) -> None:
    [access] = tenants_from(
        {}, ONE | {"WATCHPOST_TENANT_ID": TENANT.upper(), "WATCHPOST_CLIENT_SECRET_FILE": str(secret_file)}
    )
    assert (access.tenant, access.client_id, access.publisher) == (TENANT, CLIENT, TENANT)
    assert access.credential.material() == SECRET  # type: ignore[union-attr]
    assert access.endpoints == CLOUDS["commercial"]
    [access] = tenants_from(
        {}, ONE | {"WATCHPOST_CLIENT_SECRET": SECRET, "WATCHPOST_HOME_DOMAIN": "B.example, @a.example."}
    )
    assert isinstance(access.credential, ClientSecret)
    assert access.home_domains == ("a.example", "b.example")


def test_the_top_of_the_file_stands_for_variables_that_are_not_set(secret_file: Path) -> None:
    top = {"tenant_id": TENANT, "client_id": CLIENT, "client_secret_file": str(secret_file), "cloud": "dod"}
    assert tenants_from(top, {})[0].endpoints == CLOUDS["dod"]
    assert tenants_from(top, {"WATCHPOST_CLOUD": "gcc-high"})[0].cloud == "gcc-high"


def test_several_tenants_differ_where_they_say_so(secret_file: Path) -> None:
    table = {
        "cloud": "gcc",
        "graph_url": "https://graph.gate.example/",
        "tenants": [
            entry(
                secret_file, cloud="gcc-high", home_domains=["one.example"], management_url="https://gate.example:8443"
            ),
            entry(secret_file, id=OTHER, **{"home-domains": ["two.example"], "publisher": TENANT}),
        ],
    }
    first, second = tenants_from(table, {"WATCHPOST_LOGIN_URL": "https://login.gate.example"})
    assert (first.cloud, second.cloud) == ("gcc-high", "gcc")
    assert first.endpoints.management == "https://gate.example:8443"
    assert first.endpoints.graph == second.endpoints.graph == "https://graph.gate.example"
    assert first.endpoints.login == second.endpoints.login == "https://login.gate.example"
    assert second.endpoints.management == "https://manage-gcc.office.com"
    assert (first.publisher, second.publisher) == (TENANT, TENANT)
    assert (first.home_domains, second.home_domains) == (("one.example",), ("two.example",))


def test_workload_identity_needs_only_its_webhook(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("a.b.c")
    webhook = {
        "AZURE_TENANT_ID": TENANT,
        "AZURE_CLIENT_ID": CLIENT,
        "AZURE_FEDERATED_TOKEN_FILE": str(path),
        "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.us/",
    }
    [access] = tenants_from({}, webhook)
    assert (access.tenant, access.client_id) == (TENANT, CLIENT)
    assert isinstance(access.credential, FederatedToken)
    assert access.credential.material()["client_assertion"]() == "a.b.c"
    assert access.endpoints.login == "https://login.microsoftonline.us"
    [access] = tenants_from({}, webhook | {"WATCHPOST_CLOUD": "commercial"})
    assert access.endpoints.login == "https://login.microsoftonline.com"
    [access] = tenants_from({}, webhook | ONE | {"WATCHPOST_TENANT_ID": OTHER, "WATCHPOST_CLIENT_SECRET": SECRET})
    assert (access.tenant, type(access.credential)) == (OTHER, ClientSecret)
    [access] = tenants_from({}, ONE | {"WATCHPOST_FEDERATED_TOKEN_FILE": str(path)})
    assert isinstance(access.credential, FederatedToken)


@pytest.mark.parametrize(
    ("identity", "client"), [("system", ""), (CLIENT.upper(), CLIENT), ("/subscriptions/a/resourceGroups/b", "")]
)
def test_a_managed_identity_needs_no_secret(identity: str, client: str) -> None:
    [access] = tenants_from({}, {"WATCHPOST_TENANT_ID": TENANT, "WATCHPOST_MANAGED_IDENTITY": identity})
    assert isinstance(access.credential, ManagedIdentity)
    assert access.client_id == client


def test_certificates_are_read_in_every_form(tmp_path: Path) -> None:
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

    key, certificate = write_pair(tmp_path / "app.pem")
    (tmp_path / "locked.pem").write_bytes(certificate_pem(certificate) + key_pem(key, SECRET))
    cover = BestAvailableEncryption(SECRET.encode())
    (tmp_path / "app.pfx").write_bytes(pkcs12.serialize_key_and_certificates(b"x", key, certificate, None, cover))
    plain = ONE | {"WATCHPOST_CLIENT_CERTIFICATE_FILE": str(tmp_path / "app.pem")}
    locked = {"WATCHPOST_CLIENT_CERTIFICATE_PASSPHRASE": SECRET}
    found = [
        tenants_from({}, plain),
        tenants_from({}, ONE | {"WATCHPOST_CLIENT_CERTIFICATE": (tmp_path / "app.pem").read_text()}),
        tenants_from({}, ONE | locked | {"WATCHPOST_CLIENT_CERTIFICATE_FILE": str(tmp_path / "locked.pem")}),
        tenants_from({}, ONE | locked | {"WATCHPOST_CLIENT_CERTIFICATE_FILE": str(tmp_path / "app.pfx")}),
        tenants_from({}, plain | locked),
    ]
    materials = [access.credential.material() for [access] in found]  # type: ignore[union-attr]
    assert all(isinstance(access.credential, Certificate) for [access] in found)
    assert all(material == materials[0] for material in materials)


def wrong_files(folder: Path) -> dict[str, Path]:
    key, certificate = make_certificate("a")
    _, stranger = make_certificate("b")
    contents = {
        "key only": key_pem(key),
        "certificate only": certificate_pem(certificate),
        "strangers": key_pem(key) + certificate_pem(stranger),
        "locked": key_pem(key, SECRET) + certificate_pem(certificate),
        "text": SECRET.encode(),
        "nothing": b"",
        "binary": bytes(range(256)),
        "huge": b"x" * (1 << 21),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    return {name: folder / name for name in contents} | {"folder": folder, "missing": folder / "no" / "file"}


def told(table: Mapping[str, Any], environment: Mapping[str, str]) -> str:
    with pytest.raises(AccessError) as error:
        tenants_from(table, environment)
    text = str(error.value)
    assert "\n" not in text
    assert SECRET not in text
    assert (error.value.__cause__ is None and error.value.__suppress_context__) or error.value.__context__ is None
    return text


def test_a_wrong_credential_file_is_one_clear_line(tmp_path: Path) -> None:
    for name, path in wrong_files(tmp_path).items():
        text = told({}, ONE | {"WATCHPOST_CLIENT_CERTIFICATE_FILE": str(path)})
        assert text.startswith(f"WATCHPOST_CLIENT_CERTIFICATE_FILE: the file {path}"), name
    for name in ("nothing", "binary", "huge", "folder", "missing"):
        path = tmp_path / name if name != "missing" else tmp_path / "no" / "file"
        for setting in ("WATCHPOST_CLIENT_SECRET_FILE", "WATCHPOST_FEDERATED_TOKEN_FILE"):
            path = tmp_path if name == "folder" else path
            assert told({}, ONE | {setting: str(path)}).startswith(f"{setting}: the file")
    locked = ONE | {"WATCHPOST_CLIENT_CERTIFICATE_FILE": str(tmp_path / "locked")}
    assert "client_certificate_passphrase_file" in told({}, locked)
    assert "passphrase" in told({}, locked | {"WATCHPOST_CLIENT_CERTIFICATE_PASSPHRASE": "wrong"})


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"WATCHPOST_TENANT_ID": "contoso.example"}, "WATCHPOST_TENANT_ID is not a GUID"),
        ({"WATCHPOST_TENANT_ID": ""}, "WATCHPOST_TENANT_ID is missing"),
        ({"WATCHPOST_CLIENT_ID": ""}, "client_id is missing"),
        ({"WATCHPOST_CLIENT_ID": SECRET}, "WATCHPOST_CLIENT_ID is not a GUID"),
        ({"WATCHPOST_CLIENT_SECRET": ""}, "no credential is given"),
        ({"WATCHPOST_CLIENT_SECRET": "  "}, "WATCHPOST_CLIENT_SECRET is empty"),
        ({"WATCHPOST_CLIENT_SECRET_FILE": "/x"}, "both given"),
        ({"WATCHPOST_FEDERATED_TOKEN_FILE": "/x"}, "several credentials"),
        ({"WATCHPOST_MANAGED_IDENTITY": "system"}, "several credentials"),
        ({"WATCHPOST_CLOUD": SECRET}, "WATCHPOST_CLOUD is none of commercial, gcc, gcc-high, dod, china"),
        ({"WATCHPOST_LOGIN_URL": "http://login.example"}, "WATCHPOST_LOGIN_URL is not a plain https address"),
        (
            {"WATCHPOST_GRAPH_URL": f"https://u:{SECRET}@graph.example"},
            "WATCHPOST_GRAPH_URL is not a plain https address",
        ),
        ({"WATCHPOST_MANAGEMENT_URL": "https://m.example/?a=b"}, "WATCHPOST_MANAGEMENT_URL is not"),
        ({"WATCHPOST_MANAGEMENT_URL": "https://m.example:99999"}, "WATCHPOST_MANAGEMENT_URL is not"),
        ({"WATCHPOST_EXCHANGE_URL": "https://"}, "WATCHPOST_EXCHANGE_URL is not"),
        ({"WATCHPOST_CA_BUNDLE": "/no/such/file"}, "ca_bundle: the file /no/such/file cannot be used"),
        ({"WATCHPOST_CA_BUNDLE": __file__}, "no PEM certificate in it"),
        ({"WATCHPOST_PUBLISHER": "x"}, "WATCHPOST_PUBLISHER is not a GUID"),
        ({"HTTPS_PROXY": f"socks5://u:{SECRET}@p"}, "HTTPS_PROXY is no address of an HTTP proxy"),
        ({"https_proxy": "http://"}, "https_proxy is no address"),
    ],
)
def test_a_wrong_variable_is_one_clear_line(changes: dict[str, str], words: str) -> None:
    assert words in told({}, ONE | {"WATCHPOST_CLIENT_SECRET": SECRET} | changes)


def test_a_wrong_entry_is_named_by_its_number(secret_file: Path) -> None:
    def second(**more: Any) -> str:
        return told({"tenants": [entry(secret_file), entry(secret_file, **({"id": OTHER} | more))]}, {})

    assert second(id=TENANT).startswith(f"the tenant {TENANT} is in [[tenants]] twice")
    assert "unknown setting 'colour' of [[tenants]] number 2" in second(colour="x")
    assert "client_id of [[tenants]] number 2 is not a GUID" in second(client_id="x")
    assert "client_id of [[tenants]] number 2 is not text" in second(client_id=7)
    assert "home_domains of [[tenants]] number 2" in second(home_domains=[1])
    assert "a settings file holds no secrets; use client_secret_file" in second(client_secret=SECRET)
    assert "client_secret_file of [[tenants]] number 2: the file /no" in second(client_secret_file="/no")
    assert "no credential of [[tenants]] number 2" in second(client_secret_file="")
    assert "[[tenants]]" in told({"tenants": {"id": TENANT}}, {})
    assert "[[tenants]]" in told({"tenants": ["x"]}, {})
    assert "both given" in told({"tenants": [entry(secret_file)]}, ONE)
    assert "holds no secrets" in told({"client_secret": SECRET}, {})
    assert tenants_from({"tenants": [entry(secret_file, feeds=["x"])]}, {}, frozenset({"feeds"}))


def test_a_proxy_is_used_except_for_the_hosts_without(secret_file: Path) -> None:
    environment = {"HTTPS_PROXY": f"u:{SECRET}@proxy.example:8080", "NO_PROXY": "localhost, .corp.example,10.0.0.1"}
    [access] = tenants_from({"tenants": [entry(secret_file)]}, environment)
    assert access.proxy_for("manage.office.com") == f"http://u:{SECRET}@proxy.example:8080"
    assert [access.proxy_for(host) for host in ("localhost", "a.Corp.example", "corp.example", "10.0.0.1")] == [
        None
    ] * 4
    assert SECRET not in repr(access)
    [access] = tenants_from({"tenants": [entry(secret_file)]}, environment | {"NO_PROXY": "*"})
    assert access.proxy_for("manage.office.com") is None


def test_every_cloud_has_its_hosts() -> None:
    assert [CLOUDS[cloud].management for cloud in CLOUDS] == [
        "https://manage.office.com",
        "https://manage-gcc.office.com",
        "https://manage.office365.us",
        "https://manage.protection.apps.mil",
        "",
    ]
    for cloud, endpoints in CLOUDS.items():
        assert all(resource(cloud, api) == base(endpoints, api) for api in Api)
        assert base(endpoints, Api.GRAPH).startswith("https://")

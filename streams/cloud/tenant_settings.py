"""Reads tenants from a settings file and the environment (contracts 4). Layer: streams.

An error names the setting, the entry and what to do. It never shows a value: a secret may stand in the wrong place.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from streams.cloud.clouds import CLOUDS, DEFAULT_CLOUD
from streams.cloud.credentials import (
    RESOURCE_ID_PREFIX,
    AccessError,
    Certificate,
    ClientSecret,
    Credential,
    FederatedToken,
    ManagedIdentity,
    Source,
)
from streams.cloud.seam import Endpoints
from streams.cloud.secret import Secret
from streams.cloud.tenant_access import TenantAccess, trust

PREFIX = "WATCHPOST_"
TENANTS_MAX = 1000
CREDENTIALS = ("client_secret", "client_certificate", "federated_token", "managed_identity")
ADDRESSES = ("login", "management", "graph", "exchange")
SECRET_SETTINGS = frozenset({"client_secret", "client_certificate", "client_certificate_passphrase", "federated_token"})
ENTRY_SETTINGS = frozenset(
    {"tenant_id", "client_id", "cloud", "home_domains", "ca_bundle", "publisher", "managed_identity"}
    | {f"{name}_url" for name in ADDRESSES}
    | {f"{name}_file" for name in SECRET_SETTINGS}
)
SHARED_SETTINGS = frozenset({"cloud", "ca_bundle", "publisher"} | {f"{name}_url" for name in ADDRESSES})

_GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_SPELLINGS = {"id": "tenant_id", "home_domain": "home_domains"}


@dataclass(frozen=True, slots=True)
class _Entry:
    """Settings of one tenant, and how to name the place they come from."""

    values: Mapping[str, Any]
    variables: Mapping[str, str]  # WATCHPOST_ variables that apply to this tenant, by setting
    shared: Mapping[str, Any]  # top of the file
    webhook: Mapping[str, str]  # AZURE_ variables of workload identity
    place: str

    def named(self, setting: str) -> str:
        """The setting as the reader finds it: the variable, or the setting and its entry."""
        if setting not in self.values and setting in self.variables:
            return PREFIX + setting.upper()
        return f"{setting} {self.place}".strip()

    def text(self, setting: str, default: str = "") -> str:
        """A setting's text; `AccessError` when it is no text."""
        for place in (self.values, self.variables, self.shared):
            value = place.get(setting)
            if value is None:
                continue
            if not isinstance(value, str):
                raise AccessError(f"{self.named(setting)} is not text: put it in quotes")
            if value.strip():
                return value.strip()
        return default

    def source(self, setting: str) -> Source | None:
        """A secret's file or variable; `AccessError` when both are given."""
        path, plain = self.text(f"{setting}_file"), self.variables.get(setting, "")
        if path and plain:
            raise AccessError(f"{PREFIX}{setting.upper()} and {self.named(f'{setting}_file')} are both given: keep one")
        if path:
            return Source(self.named(f"{setting}_file"), path=Path(path))
        return Source(PREFIX + setting.upper(), value=Secret(plain)) if plain else None


def tenants_from(
    table: Mapping[str, Any], environment: Mapping[str, str], also: frozenset[str] = frozenset()
) -> list[TenantAccess]:
    """The tenants of a settings file (`[[tenants]]`), or the one of the WATCHPOST_ variables (contracts 4).

    A tenant's own entry wins over variables, a variable over the top of the file. `also` are settings of an entry that
    others read. Empty when no tenant is configured. `AccessError` at the first thing that is wrong.
    """
    variables = {
        _spelled(name.removeprefix(PREFIX).lower()): value
        for name, value in environment.items()
        if name.startswith(PREFIX) and value
    }
    top = {_spelled(name): value for name, value in table.items() if name != "tenants"}
    _refuse_secrets(top, "at the top of the file")
    entries = table.get("tenants", [])
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise AccessError("tenants is not a list of tables: write [[tenants]] once for each tenant")
    if len(entries) > TENANTS_MAX:
        raise AccessError(f"more than {TENANTS_MAX} [[tenants]]: run several collectors")
    proxy = _proxy(environment)
    webhook = {name: value for name, value in environment.items() if name.startswith("AZURE_") and value}
    if not entries:
        return _single(top, variables, webhook, proxy)
    if "tenant_id" in variables:
        raise AccessError(f"{PREFIX}TENANT_ID and [[tenants]] are both given: keep one of them")
    common = {name: value for name, value in variables.items() if name in SHARED_SETTINGS}
    found = []
    for number, entry in enumerate(entries, start=1):
        values = {_spelled(name): value for name, value in entry.items()}
        place = f"of [[tenants]] number {number}"
        _refuse_secrets(values, place)
        for name in values:
            if name not in ENTRY_SETTINGS | also:
                raise AccessError(f"unknown setting {name!r:.60} {place}")
        found.append(_tenant(_Entry(values, common, top, webhook, place), proxy))
    _refuse_repeats(found)
    return found


def _single(
    top: Mapping[str, Any], variables: Mapping[str, str], webhook: Mapping[str, str], proxy: dict[str, Any]
) -> list[TenantAccess]:
    """The one tenant of the variables, the top of the file, or the variables of workload identity."""
    by_webhook = "AZURE_TENANT_ID" in webhook and "AZURE_FEDERATED_TOKEN_FILE" in webhook
    if "tenant_id" not in variables and "tenant_id" not in top and not by_webhook:
        for setting in ("client_id", *CREDENTIALS):
            if setting in variables or f"{setting}_file" in variables:
                raise AccessError(
                    f"{PREFIX}TENANT_ID is missing beside the other settings: set it to the tenant's GUID"
                )
        return []
    return [_tenant(_Entry({}, variables, top, webhook, ""), proxy)]


def _tenant(entry: _Entry, proxy: dict[str, Any]) -> TenantAccess:
    credential = _credential(entry)
    federated = isinstance(credential, FederatedToken)
    tenant = entry.text("tenant_id", entry.webhook.get("AZURE_TENANT_ID", "") if federated else "").lower()
    _demand_guid(entry, "tenant_id", tenant, "the Directory (tenant) ID, not a domain name")
    client = entry.text("client_id", entry.webhook.get("AZURE_CLIENT_ID", "") if federated else "").lower()
    if isinstance(credential, ManagedIdentity):
        client = client or ("" if credential.by_resource else credential.identity)
    if client or not isinstance(credential, ManagedIdentity):
        _demand_guid(entry, "client_id", client, "the Application (client) ID of the app registration")
    ca_bundle = Path(entry.text("ca_bundle")) if entry.text("ca_bundle") else None
    trust(ca_bundle)
    cloud, endpoints = _endpoints(entry, federated)
    return TenantAccess(
        tenant, client, credential, endpoints, cloud, _domains(entry), ca_bundle, proxy["proxy"], proxy["no_proxy"]
    )


def _credential(entry: _Entry) -> Credential:
    given = [name for name in CREDENTIALS[:3] if entry.source(name) is not None]
    identity = entry.text("managed_identity")
    if len(given) + bool(identity) > 1:
        raise AccessError(
            f"several credentials are given {entry.place}: keep one of {', '.join(CREDENTIALS)}".replace("  ", " ")
        )
    credential: Credential
    if identity:
        return _managed(entry, identity)
    source = entry.source(given[0]) if given else _webhook_source(entry)
    if source is None:
        raise AccessError(
            f"no credential {entry.place or 'is given'}: set one of client_secret_file, client_certificate_file, "
            "federated_token_file, managed_identity"
        )
    match given:
        case ["client_secret"]:
            credential = ClientSecret(source)
        case ["client_certificate"]:
            credential = Certificate(source, entry.source("client_certificate_passphrase"))
        case _:
            credential = FederatedToken(source)
            source.read()
    credential.material()
    return credential


def _webhook_source(entry: _Entry) -> Source | None:
    path = entry.webhook.get("AZURE_FEDERATED_TOKEN_FILE")
    return Source("AZURE_FEDERATED_TOKEN_FILE", path=Path(path)) if path else None


def _managed(entry: _Entry, identity: str) -> ManagedIdentity:
    if identity.lower() == "system":
        return ManagedIdentity()
    if identity.startswith(RESOURCE_ID_PREFIX):
        return ManagedIdentity(identity)
    _demand_guid(entry, "managed_identity", identity.lower(), '"system", a client id or a resource id')
    return ManagedIdentity(identity.lower())


def _endpoints(entry: _Entry, federated: bool) -> tuple[str, Endpoints]:
    cloud = entry.text("cloud", DEFAULT_CLOUD).lower().replace("_", "-")
    if cloud not in CLOUDS:
        raise AccessError(f"{entry.named('cloud')} is none of {', '.join(CLOUDS)}")
    endpoints = CLOUDS[cloud]
    if federated and not entry.text("cloud") and entry.webhook.get("AZURE_AUTHORITY_HOST"):
        endpoints = replace(endpoints, login=_address("AZURE_AUTHORITY_HOST", entry.webhook["AZURE_AUTHORITY_HOST"]))
    given = {name: entry.text(f"{name}_url") for name in ADDRESSES}
    changed = {name: _address(entry.named(f"{name}_url"), text) for name, text in given.items() if text}
    publisher = entry.text("publisher").lower()
    if publisher:
        _demand_guid(entry, "publisher", publisher, "the tenant id of the organisation that runs Watchpost")
    return cloud, replace(endpoints, publisher=publisher, **changed)


def _address(name: str, text: str) -> str:
    try:
        parts = urlsplit(text)
        sound = parts.scheme == "https" and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise AccessError(f"{name} is not a web address: write https://host or https://host:port") from None
    if not sound or parts.query or parts.fragment or parts.username or parts.password or re.search(r"[\s\\]", text):
        raise AccessError(f"{name} is not a plain https address: write https://host or https://host:port")
    return text.rstrip("/")


def _domains(entry: _Entry) -> tuple[str, ...]:
    given: Any = next(
        (place["home_domains"] for place in (entry.values, entry.variables, entry.shared) if "home_domains" in place),
        (),
    )
    items = given.split(",") if isinstance(given, str) else given
    if not isinstance(items, list | tuple) or not all(isinstance(item, str) for item in items):
        raise AccessError(f"{entry.named('home_domains')} is not a list of domain names")
    return tuple(sorted({text.strip().lower().removeprefix("@").rstrip(".") for text in items} - {""}))


def _proxy(environment: Mapping[str, str]) -> dict[str, Any]:
    def first(*names: str) -> tuple[str, str]:
        return next(((name, environment[name]) for name in names if environment.get(name)), ("", ""))

    name, text = first("HTTPS_PROXY", "https_proxy")
    _, exceptions = first("NO_PROXY", "no_proxy")
    if text:
        text = text if "://" in text else f"http://{text}"
        try:
            parts = urlsplit(text)
            sound = (
                parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
            )
        except ValueError:
            sound = False
        if not sound:
            raise AccessError(f"{name} is no address of an HTTP proxy: write http://host:port")
    hosts = tuple(part.strip() for part in exceptions.split(",") if part.strip())
    return {"proxy": Secret(text) if text else None, "no_proxy": hosts}


def _demand_guid(entry: _Entry, setting: str, value: str, what: str) -> None:
    if not value:
        raise AccessError(f"{setting} is missing {entry.place}".rstrip() + f": set it to {what}")
    if not _GUID.fullmatch(value):
        raise AccessError(f"{entry.named(setting)} is not a GUID: give {what}")


def _refuse_secrets(values: Mapping[str, Any], place: str) -> None:
    for name in SECRET_SETTINGS & values.keys():
        raise AccessError(
            f"{name} {place}: a settings file holds no secrets; use {name}_file or {PREFIX}{name.upper()}"
        )


def _refuse_repeats(tenants: list[TenantAccess]) -> None:
    seen: set[str] = set()
    for access in tenants:
        if access.tenant in seen:
            raise AccessError(f"the tenant {access.tenant} is in [[tenants]] twice: keep one entry")
        seen.add(access.tenant)


def _spelled(name: str) -> str:
    name = name.replace("-", "_")
    return _SPELLINGS.get(name, name)

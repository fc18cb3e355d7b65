"""Access tokens of one tenant, one per API, through msal. Layer: streams.

msal caches tokens and renews them before they expire. What it does not do is here: failures told with their remedy and
remembered for a while, the one renewal after an API refused a token, and a new msal object (which reads rotated
credentials, and forgets the failures it cached) after each failure.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
import msal  # type: ignore[import-untyped]
import orjson

from streams.clock import Clock
from streams.cloud.clouds import resource
from streams.cloud.credentials import AccessError, ManagedIdentity
from streams.cloud.login_errors import refused
from streams.cloud.login_transport import ForeignLogin, LoginClient
from streams.cloud.managed_identity import MachineIdentity
from streams.cloud.seam import Api, NoToken
from streams.cloud.tenant_access import TenantAccess

FATAL_SECONDS = 60.0  # a wrong credential is not tried again before
TRANSIENT_SECONDS = 5.0
RENEW_SECONDS = 60.0  # an API that refuses every token does not cause a sign-in for each call


class Issuer(Protocol):
    """Something that gives tokens for a resource in msal's form: `access_token`, or `error` with its description."""

    def token(self, resource: str) -> Mapping[str, Any]:
        """A cached or new token."""
        ...

    def forget(self) -> None:
        """Drop cached tokens."""
        ...


@dataclass(slots=True)
class _Slot:
    """What is known of one API's token."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    failure: NoToken | None = None
    retry_ms: int = 0
    renew_ms: int = 0  # not renewed again before
    token: str = ""
    roles: frozenset[str] = frozenset()


class TokenSource:
    """Tokens of one tenant. Thread-safe: one request per API at a time, a cached token never waits for another API's."""

    def __init__(self, access: TenantAccess, clock: Clock, client: httpx.Client) -> None:
        """`client` reaches the login service; a managed identity does not use it."""
        self._access = access
        self._clock = clock
        self._client = client
        self._slots = {api: _Slot() for api in Api}
        self._issuer: Issuer | None = None
        self._issuer_lock = threading.Lock()

    def token(self, api: Api) -> str:
        """A valid bearer token; `NoToken`."""
        slot = self._slots[api]
        with slot.lock:
            return self._token(api, slot)

    def roles(self, api: Api) -> frozenset[str]:
        """The app roles that the token names (read, not verified); `NoToken`."""
        slot = self._slots[api]
        with slot.lock:
            self._token(api, slot)
            return slot.roles

    def renew(self, api: Api, token: str) -> str:
        """Another token than this one, which the API has refused; the same one when it is too early. `NoToken`."""
        slot = self._slots[api]
        with slot.lock:
            now_ms = self._clock.now_ms()
            if slot.token == token and now_ms >= slot.renew_ms:
                slot.renew_ms = now_ms + int(1000 * RENEW_SECONDS)
                with self._issuer_lock:
                    if self._issuer is not None:
                        self._issuer.forget()
            return self._token(api, slot)

    def _token(self, api: Api, slot: _Slot) -> str:
        now_ms = self._clock.now_ms()
        if slot.failure is not None and now_ms < slot.retry_ms:
            raise _again(slot.failure)
        try:
            token = self._ask(api)
        except NoToken as failure:
            slot.failure = failure
            slot.retry_ms = now_ms + int(1000 * (FATAL_SECONDS if failure.fatal else TRANSIENT_SECONDS))
            with self._issuer_lock:
                self._issuer = None
            raise
        slot.failure = None
        if token != slot.token:
            self._access.redactor.remember(token)
            slot.token, slot.roles = token, roles_in(token)
        return token

    def _ask(self, api: Api) -> str:
        wanted = resource(self._access.cloud, api)
        if not wanted:
            raise NoToken(
                "unsupported",
                f"The cloud {self._access.cloud} has no {api.value} API.",
                "Leave out the feeds that need it.",
            )
        answer = _guarded(lambda: self._current().token(wanted), self._access)
        token = answer.get("access_token")
        if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
            raise refused(answer, self._access.redactor)
        return token

    def _current(self) -> Issuer:
        with self._issuer_lock:
            if self._issuer is None:
                self._issuer = self._made()
            return self._issuer

    def _made(self) -> Issuer:
        credential = self._access.credential
        if isinstance(credential, ManagedIdentity):
            return MachineIdentity(credential, self._clock, self._access.redactor)
        return AppRegistration(self._access, self._client)


class AppRegistration:
    """An app registration that signs in with its own credential. Making it asks for the discovery document."""

    def __init__(self, access: TenantAccess, client: httpx.Client) -> None:
        material: Any = access.credential.material()  # type: ignore[union-attr]
        if isinstance(material, dict) and callable(material.get("client_assertion")):
            material = {"client_assertion": _hidden(material["client_assertion"], access)}
        elif isinstance(material, str):
            access.redactor.remember(material)
        self._app = msal.ConfidentialClientApplication(
            access.client_id,
            client_credential=material,
            authority=f"{access.endpoints.login}/{access.tenant}",
            http_client=LoginClient(client, access.endpoints.login),
            instance_discovery=False,  # the login address is configured: no other host is asked about it
            http_cache={},
        )

    def token(self, resource: str) -> Mapping[str, Any]:
        """A cached or new token."""
        answer: Mapping[str, Any] = self._app.acquire_token_for_client(scopes=[f"{resource}/.default"])
        return answer

    def forget(self) -> None:
        """Drop cached tokens: roles are frozen in them."""
        self._app.remove_tokens_for_client()


def roles_in(token: str) -> frozenset[str]:
    """The `roles` claim of a token, not verified; empty when it cannot be read."""
    parts = token.split(".")
    if len(parts) < 2:
        return frozenset()
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return frozenset()
    roles = claims.get("roles") if isinstance(claims, dict) else None
    return frozenset(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else frozenset()


def _hidden(read: Callable[[], str], access: TenantAccess) -> Callable[[], str]:
    """The assertion's reader, which also hides each assertion from messages."""

    def assertion() -> str:
        text = read()
        access.redactor.remember(text)
        return text

    return assertion


def _guarded(ask: Callable[[], Mapping[str, Any]], access: TenantAccess) -> Mapping[str, Any]:
    """Every failure of msal and the network as a `NoToken`, without their texts where they may hold a value."""
    host = httpx.URL(access.endpoints.login).host
    try:
        return ask()
    except AccessError as error:
        raise NoToken("credential", str(error), "") from None
    except ForeignLogin:
        raise NoToken(
            "foreign-login", f"{host} sends us to another host to sign in; nothing was sent there.", "Check login_url."
        ) from None
    except httpx.HTTPError as error:
        raise _unreachable(host, error) from None
    except msal.exceptions.MsalServiceError:
        raise NoToken(
            "login-unavailable", f"The login service {host} answers with an error.", "It is tried again.", fatal=False
        ) from None
    except (json.JSONDecodeError, KeyError, AttributeError, TypeError):
        raise NoToken(
            "login-unreadable",
            f"The answer of {host} is none of a login service.",
            "Check login_url and the proxy.",
            fatal=False,
        ) from None
    except (ValueError, RuntimeError) as error:
        raise _no_authority(host, error, access) from None


def _no_authority(host: str, error: Exception, access: TenantAccess) -> NoToken:
    """Discovery failed: the service's own code where it gave one (msal keeps its answer in the error before)."""
    code = re.search(r"AADSTS\d+", f"{error} {error.__context__}")
    if code:
        return refused({"error": "invalid_tenant", "error_description": code.group()}, access.redactor)
    return NoToken(
        "login-authority",
        f"The login service {host} does not know the tenant, or is no login service.",
        "Compare the tenant id, login_url and the cloud.",
    )


def _unreachable(host: str, error: httpx.HTTPError) -> NoToken:
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return NoToken(
            "login-certificate",
            f"The certificate of {host} is not trusted.",
            "Set ca_bundle to the authority's PEM file when a proxy or a test tenant has its own.",
        )
    return NoToken(
        "login-unreachable",
        f"The login service {host} cannot be reached ({type(error).__name__}).",
        "Check DNS, the proxy and the firewall; it is tried again.",
        fatal=False,
    )


def _again(failure: NoToken) -> NoToken:
    """A new exception of the same content: one object raised by several threads would collect their tracebacks."""
    return NoToken(failure.code, failure.message, failure.remedy, failure.fatal)

"""Tokens of the machine's own identity in Azure, with the retries that its endpoint needs. Layer: streams.

The endpoint of a virtual machine answers 404, 410, 429 and 5xx while it starts or is renewed; Azure's documentation asks for
retries with back-off. msal has none.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import httpx
import msal  # type: ignore[import-untyped]

from streams.clock import Clock
from streams.cloud.credentials import ManagedIdentity
from streams.cloud.login_transport import LoginClient
from streams.cloud.seam import NoToken
from streams.cloud.secret import Redactor
from streams.cloud.transport import local_client

WAITS_SECONDS = (0.5, 1.0, 2.0)
TRANSIENT = frozenset({404, 408, 410, 429, 500, 502, 503, 504})


_REMEDY = "Assign the identity to this machine or workload, or set another credential."


class MachineIdentity:
    """Tokens for a system-assigned or user-assigned identity."""

    def __init__(self, identity: ManagedIdentity, clock: Clock, redactor: Redactor) -> None:
        self._identity = _named(identity)
        self._clock = clock
        self._redactor = redactor
        self._client = local_client()
        self._cache = msal.TokenCache()

    def token(self, resource: str) -> Mapping[str, Any]:
        """A cached or new token, after retries; `NoToken`."""
        for wait in (*WAITS_SECONDS, None):
            answer, status = self._once(resource)
            if "access_token" in answer:
                return answer
            if status and status not in TRANSIENT:
                raise self._refusal(answer, status)
            if wait is not None:
                self._clock.wait(wait, threading.Event())
        raise NoToken(
            "managed-identity", "The managed identity of this machine cannot be reached.", _REMEDY, fatal=False
        )

    def forget(self) -> None:
        """Drop cached tokens (the endpoint has a cache of its own)."""
        self._cache = msal.TokenCache()

    def _once(self, resource: str) -> tuple[Mapping[str, Any], int]:
        """One request: its answer and status, 0 without one. A new object each time: msal caches failures in it."""
        http = LoginClient(self._client, None)
        client = msal.ManagedIdentityClient(self._identity, http_client=http, token_cache=self._cache, http_cache={})
        try:
            answer: Mapping[str, Any] = client.acquire_token_for_client(resource=resource)
        except httpx.HTTPError:
            return {}, 0
        except (ValueError, msal.exceptions.MsalServiceError, msal.ManagedIdentityError):
            return {}, http.status
        return answer, http.status

    def _refusal(self, answer: Mapping[str, Any], status: int) -> NoToken:
        error = self._redactor.clean(str(answer.get("error") or f"HTTP {status}"), 60)
        reason = self._redactor.clean(str(answer.get("error_description") or ""), 200)
        text = f"The machine's endpoint gives no token: {error}. {reason}".rstrip()
        return NoToken("managed-identity", text, _REMEDY)


def _named(identity: ManagedIdentity) -> Any:
    if not identity.identity:
        return msal.SystemAssignedManagedIdentity()
    if identity.by_resource:
        return msal.UserAssignedManagedIdentity(resource_id=identity.identity)
    return msal.UserAssignedManagedIdentity(client_id=identity.identity)

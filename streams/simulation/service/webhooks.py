"""Webhooks of the Management Activity API: the validation handshake and notifications. Layer: streams."""

from __future__ import annotations

import secrets
import ssl
import threading
import urllib.request
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError

import orjson

from streams.simulation.clock import MINUTE, trace_time
from streams.simulation.service.blobs import Blob
from streams.simulation.service.errors import af
from streams.simulation.service.subscriptions import Subscription
from streams.simulation.service.tenant import PracticeTenant
from streams.simulation.service.web import Reply
from streams.simulation.service.window import parse_time

_TIMEOUT_SECONDS = 5.0
_DISABLED_AFTER = 5
_FIRST_DELAY_MS = MINUTE  # of practice time; doubled at each failure
_HISTORY = 50_000
_VALIDATION = "application/json; charset=utf-8"
_NOTIFICATION = "application/json; utf-8"  # as the reference prints it

Describe = Callable[[PracticeTenant, str, Blob], dict[str, str]]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A receiver answers itself, or has not answered 200."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


@dataclass(slots=True)
class _Progress:
    """How far a webhook has been told: the next content's number, failures in a row, when to try again."""

    position: int
    failures: int = 0
    not_before: int = 0


@dataclass(slots=True)
class Webhooks:
    """Calls the addresses that subscriptions name. `trust` is the context for their certificates."""

    trust: ssl.SSLContext
    history: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=_HISTORY))
    _progress: dict[tuple[str, str], _Progress] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def validate(self, webhook: object, now_ms: int) -> Reply | None:
        """The handshake; the refusal when it fails."""
        if not isinstance(webhook, dict):
            return af(400, "AF20002", "webhook", "Webhook")
        address = str(webhook.get("address", ""))
        if not address.lower().startswith("https://"):
            return af(400, "AF20021", address, "The address must begin with HTTPS.")
        expiration = webhook.get("expiration") or ""
        if expiration:
            moment = parse_time(str(expiration))
            if moment is None:
                return af(400, "AF20002", "expiration", "DateTime")
            if moment <= now_ms:
                return af(400, "AF20003", expiration)
        code = secrets.token_hex(16)
        headers = {"Content-Type": _VALIDATION, "Webhook-ValidationCode": code} | _auth(webhook)
        if self._post(address, {"validationCode": code}, headers) != 200:
            return af(400, "AF20021", address, "The endpoint did not return HTTP 200.")
        return None

    def begin(self, tenant: PracticeTenant, content_type: str) -> None:
        """What becomes available from now on is told; failures before are forgotten."""
        with tenant.stores.lock:
            position = len(tenant.stores.blobs[content_type].blobs)
        with self._lock:
            self._progress[(tenant.id, content_type)] = _Progress(position)

    def _post(self, address: str, body: object, headers: dict[str, str]) -> int:
        """The status of the answer; 0 when there is none."""
        handlers = (urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self.trust), _NoRedirect())
        try:
            call = urllib.request.Request(address, orjson.dumps(body), headers, method="POST")
            with urllib.request.build_opener(*handlers).open(call, timeout=_TIMEOUT_SECONDS) as answer:
                return int(answer.status)
        except HTTPError as error:
            error.close()
            return error.code
        except (OSError, HTTPException, ValueError):  # refused, broken off, or no address at all
            return 0

    def notify(self, tenant: PracticeTenant, describe: Describe, now_ms: int) -> None:
        """Tell each enabled webhook of the contents that became available since the last time it answered 200."""
        for subscription in tenant.subscriptions.all():
            settle(subscription, now_ms)
            webhook = subscription.webhook
            if webhook is not None and webhook["status"] == "enabled" and subscription.status == "enabled":
                self._tell(tenant, subscription.content_type, webhook, describe, now_ms)

    def _tell(
        self, tenant: PracticeTenant, name: str, webhook: dict[str, Any], describe: Describe, now_ms: int
    ) -> None:
        with self._lock:
            progress = self._progress.get((tenant.id, name))
        if progress is None or now_ms < progress.not_before:
            return
        with tenant.stores.lock:
            fresh = tenant.stores.blobs[name].blobs[progress.position :]
        if not fresh:
            return
        told = [{"tenantId": tenant.id, "clientId": tenant.client_id} | describe(tenant, name, blob) for blob in fresh]
        headers = {"Content-Type": _NOTIFICATION} | _auth(webhook)
        sent = self._post(str(webhook["address"]), told, headers) == 200
        with self._lock:
            self._record(progress, webhook, told, sent, now_ms)

    def _record(
        self, progress: _Progress, webhook: dict[str, Any], told: list[dict[str, str]], sent: bool, now_ms: int
    ) -> None:
        if sent:
            progress.position += len(told)
            progress.failures = progress.not_before = 0
        else:
            progress.not_before = now_ms + (_FIRST_DELAY_MS << progress.failures)
            progress.failures += 1
            if progress.failures >= _DISABLED_AFTER:
                webhook["status"] = "disabled"
        outcome = {"notificationSent": trace_time(now_ms), "notificationStatus": "success" if sent else "failed"}
        self.history.extend(item | outcome for item in told)

    def told(self, tenant: PracticeTenant, content_type: str, start: int, end: int) -> list[dict[str, Any]]:
        """The notifications sent in a window, in order, without the ids of tenant and client."""
        with self._lock:
            history = list(self.history)
        return [
            {key: value for key, value in item.items() if key not in ("tenantId", "clientId")}
            for item in history
            if item["tenantId"] == tenant.id
            and item["contentType"] == content_type
            and trace_time(start) <= item["notificationSent"] < trace_time(end)
        ]


def settle(subscription: Subscription, now_ms: int) -> None:
    """A webhook whose time has passed has expired."""
    webhook = subscription.webhook
    expiration = parse_time(str(webhook.get("expiration") or "")) if webhook is not None else None
    if webhook is not None and expiration is not None and expiration <= now_ms:
        webhook["status"] = "expired"


def _auth(webhook: dict[str, Any]) -> dict[str, str]:
    mark = webhook.get("authId")
    return {"Webhook-AuthID": str(mark)} if mark else {}

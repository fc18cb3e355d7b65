"""Webhooks of the Management Activity API: the validation handshake and notifications. Layer: streams."""

from __future__ import annotations

import secrets
import ssl
import threading
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.error import URLError

import orjson

from streams.simulation.clock import trace_time
from streams.simulation.service.errors import af
from streams.simulation.service.tenant import PracticeTenant
from streams.simulation.service.web import Reply, json_reply
from streams.simulation.service.window import parse_time

_TIMEOUT_SECONDS = 5.0
_DISABLED_AFTER = 5


@dataclass(slots=True)
class Webhooks:
    """Calls the addresses that subscriptions name. `trust` is the context for their certificates."""

    trust: ssl.SSLContext
    history: list[dict[str, Any]] = field(default_factory=list)
    _failures: dict[tuple[str, str], int] = field(default_factory=dict)
    _next: dict[tuple[str, str], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def validate(self, webhook: dict[str, Any], now_ms: int) -> Reply | None:
        """The handshake; the refusal when it fails."""
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
        headers = {"Webhook-ValidationCode": code} | _auth(webhook)
        if self._post(address, {"validationCode": code}, headers) != 200:
            return af(400, "AF20021", address, "The endpoint did not return HTTP 200.")
        return None

    def begin(self, tenant: PracticeTenant, content_type: str) -> None:
        """What becomes available from now on is told."""
        with tenant.stores.lock:
            self._next[(tenant.id, content_type)] = len(tenant.stores.blobs[content_type].blobs)

    def _post(self, address: str, body: object, headers: dict[str, str]) -> int:
        headers = {"Content-Type": "application/json; charset=utf-8"} | headers
        call = urllib.request.Request(address, orjson.dumps(body), headers, method="POST")
        try:
            with urllib.request.urlopen(call, timeout=_TIMEOUT_SECONDS, context=self.trust) as answer:
                return int(answer.status)
        except URLError as error:
            return int(getattr(error, "code", 0) or 0)
        except OSError:
            return 0

    def notify(
        self, tenant: PracticeTenant, describe: Callable[[PracticeTenant, str, Any], dict[str, str]], now_ms: int
    ) -> None:
        """Tell each enabled webhook of the contents that became available since the last time."""
        for subscription in tenant.subscriptions.all():
            webhook = subscription.webhook
            if webhook is None or webhook.get("status") != "enabled":
                continue
            name = subscription.content_type
            with tenant.stores.lock:
                blobs = tenant.stores.blobs[name].blobs
                begin = self._next.get((tenant.id, name), len(blobs))
                fresh = blobs[begin:]
                self._next[(tenant.id, name)] = len(blobs)
            if not fresh:
                continue
            told = [{"tenantId": tenant.id, "clientId": tenant.client_id} | describe(tenant, name, blob)
                    for blob in fresh]  # fmt: skip
            status = self._post(str(webhook["address"]), told, _auth(webhook))
            self._record((tenant.id, name), webhook, told, status == 200, now_ms)

    def _record(
        self, key: tuple[str, str], webhook: dict[str, Any], told: list[dict[str, str]], sent: bool, now_ms: int
    ) -> None:
        with self._lock:
            self._failures[key] = 0 if sent else self._failures.get(key, 0) + 1
            if self._failures[key] >= _DISABLED_AFTER:
                webhook["status"] = "disabled"
            for item in told:
                self.history.append(item | {"notificationSent": trace_time(now_ms),
                                            "notificationStatus": "success" if sent else "failed"})  # fmt: skip

    def listing(self, tenant: PracticeTenant, content_type: str, start: int, end: int) -> Reply:
        """The notifications sent in a window, without the ids of tenant and client."""
        found = [
            {key: value for key, value in item.items() if key not in ("tenantId", "clientId")}
            for item in self.history
            if item["tenantId"] == tenant.id
            and item["contentType"] == content_type
            and trace_time(start) <= item["notificationSent"] < trace_time(end)
        ]
        return json_reply(200, found)


def _auth(webhook: dict[str, Any]) -> dict[str, str]:
    mark = webhook.get("authId")
    return {"Webhook-AuthID": str(mark)} if mark else {}

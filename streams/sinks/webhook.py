"""Alerts to an address of one's own: the OCSF message as JSON, signed. Layer: streams.

`Watchpost-Signature: t=<Unix seconds>,v1=<hex>` is HMAC-SHA256 over `<t>.<body>` with the shared secret. The receiver
computes the same, compares in constant time, and refuses a `t` of more than some minutes ago. `Idempotency-Key` is the
message's `metadata.uid`: a repeat after a lost answer has the same.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from streams.clock import Clock
from streams.sinks.alert_sink import Alert
from streams.sinks.http_post import HttpPost
from streams.sinks.secret import Secret

SIGNATURE = "Watchpost-Signature"


class Webhook:
    """Posts each alert on its own."""

    batch_max = 1

    def __init__(
        self,
        name: str,
        post: HttpPost,
        clock: Clock,
        signing_secret: Secret | None = None,
        bearer: Secret | None = None,
        headers: Mapping[str, Secret] | None = None,
    ) -> None:
        """`headers` are the receiver's own; their values count as secrets."""
        self.name = name
        self._post = post
        self._clock = clock
        self._signing_secret = signing_secret
        self._bearer = bearer
        self._headers = dict(headers or {})

    def send(self, alerts: Sequence[Alert]) -> None:
        """Post; `SinkRetry`, `SinkRefused`."""
        for alert in alerts:
            self._post.post(alert.body, self._headers_of(alert))

    def close(self) -> None:
        """Close the connection."""
        self._post.close()

    def _headers_of(self, alert: Alert) -> dict[str, str]:
        headers = {name: value.reveal() for name, value in self._headers.items()}
        headers |= {"Content-Type": "application/json", "Idempotency-Key": alert.uid}
        if self._bearer:
            headers["Authorization"] = f"Bearer {self._bearer.reveal()}"
        if self._signing_secret:
            headers[SIGNATURE] = signature(self._signing_secret, alert.body, self._clock.now_ms() // 1000)
        return headers


def signature(secret: Secret, body: bytes, seconds: int) -> str:
    """Value of the signature header at Unix time `seconds`."""
    digest = hmac.new(secret.reveal().encode(), b"%d." % seconds + body, hashlib.sha256)
    return f"t={seconds},v1={digest.hexdigest()}"

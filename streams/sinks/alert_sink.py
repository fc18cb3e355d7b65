"""What an alert is, where it can be sent, and the two ways in which that fails. Layer: streams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import orjson

from schemas.contracts.incident import Activity, Tier

_ACTIVITIES = {1: Activity.CREATE, 2: Activity.UPDATE, 3: Activity.CLOSE}


class NotAnAlert(ValueError):
    """The bytes are not a message of contracts 2. One plain line."""


@dataclass(frozen=True)
class Alert:
    """One message about an incident, as it was emitted.

    `uid` is `metadata.uid`: the same when the message is sent again, so a receiver can drop the repeat. `incident` is
    `finding_info.uid`: messages of one incident are sent in their order. `body` is the OCSF JSON, never changed.
    `wall_ms` is when Watchpost made the message, UTC milliseconds.
    """

    uid: str
    incident: str
    tier: Tier
    activity: Activity
    body: bytes
    wall_ms: int

    @classmethod
    def of(cls, body: bytes, wall_ms: int) -> Alert:
        """An alert from the bytes of a message; `NotAnAlert`."""
        try:
            parsed = orjson.loads(body)
            uid, incident = parsed["metadata"]["uid"], parsed["finding_info"]["uid"]
            tier, activity = Tier(parsed["unmapped"]["tier"]), _ACTIVITIES[parsed["activity_id"]]
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            raise NotAnAlert(f"not an OCSF message about an incident ({len(body)} bytes)") from None
        if not (isinstance(uid, str) and uid and isinstance(incident, str) and incident):
            raise NotAnAlert("a message about an incident without metadata.uid or finding_info.uid")
        return cls(uid, incident, tier, activity, body, wall_ms)

    @cached_property
    def parsed(self) -> Mapping[str, Any]:
        """The message as objects; do not change it."""
        found: dict[str, Any] = orjson.loads(self.body)
        return found

    @property
    def account(self) -> str:
        """`uid` of the first resource: the account, empty where the message names none."""
        resources = self.parsed.get("resources") or [{}]
        return str(resources[0].get("uid", ""))

    @property
    def tenant(self) -> str:
        """`metadata.tenant_uid`."""
        return str(self.parsed["metadata"].get("tenant_uid", ""))


class SinkFailure(Exception):
    """A send that did not succeed. `reason` is one plain line without secrets or content of alerts.

    `sent` is how many alerts of the batch arrived before the one that failed; None when the sink cannot tell.
    """

    sent: int | None = None

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SinkRetry(SinkFailure):
    """The receiver is throttling, failing or out of reach: the same alert can succeed later.

    `after_seconds` is what the receiver asked for, None when it did not say.
    """

    def __init__(self, reason: str, after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.after_seconds = after_seconds


class SinkRefused(SinkFailure):
    """The receiver said no. Somebody has to change a setting; with `message`, this one message can never be taken."""

    def __init__(self, reason: str, message: bool = False) -> None:
        super().__init__(reason)
        self.message = message


class AlertSink(Protocol):
    """A place to send alerts to. Used by one thread at a time."""

    @property
    def name(self) -> str:
        """The name of the settings; label of metrics."""
        ...

    @property
    def batch_max(self) -> int:
        """How many alerts one `send` takes at most."""
        ...

    def send(self, alerts: Sequence[Alert]) -> None:
        """Send all, in order; when it returns they are with the receiver. `SinkRetry`, `SinkRefused`."""
        ...

    def close(self) -> None:
        """Give back connections and files; may be called again, and `send` after it opens them anew."""
        ...

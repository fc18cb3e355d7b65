"""Alerts as the engine emits them, and the secrets that no test may find anywhere."""

from __future__ import annotations

from typing import Any

import orjson

from schemas.contracts.incident import Tier
from schemas.contracts.ocsf import encode_ocsf
from streams.sinks.alert_sink import Alert
from tests.unit.sinks.conftest import incident

WALL_MS = 1_772_546_700_000
ACCOUNT = "anna@contoso.example"
URL_TOKEN = "T0KENxINxPATH"
SECRETS = {
    "url": URL_TOKEN,
    "token": "bearer-4711-secret",
    "signing": "signing-4711-secret",
    "password": "smtp-4711-password",
    "header": "header-4711-value",
    "sasl": "sasl-4711-password",
}


def alert(text: str = "plain words", tier: Tier = Tier.ACT, wall_ms: int = WALL_MS, **more: Any) -> Alert:
    """An alert whose every free text is `text`; `more` are fields of the incident."""
    return Alert.of(encode_ocsf(incident(text, tier, **more)), wall_ms)


def named(number: int, incident_uid: str = "0a1b") -> Alert:
    """An alert with a message uid of its own."""
    return alert(uid=incident_uid, message_uid=f"m{number}")


def changed(source: Alert, **fields: Any) -> Alert:
    """The same alert with members of its message replaced, None: removed."""
    message = {**source.parsed, **fields}
    kept = {name: value for name, value in message.items() if value is not None}
    return Alert.of(orjson.dumps(kept), source.wall_ms)

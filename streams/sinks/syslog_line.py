"""An alert as a syslog message of RFC 5424: key fields as structured data, the OCSF JSON as text. Layer: streams.

The structured data's id is `watchpost@32473`: 32473 is the private enterprise number that IANA keeps for examples (RFC 5612),
because Watchpost has none of its own; an organisation with a number can set it. The text is ASCII JSON (other characters
as `\\uXXXX`), so it needs no byte order mark. A message beyond the limit carries less evidence and says `"shortened": true`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from schemas.contracts.incident import Activity
from schemas.text import printable
from streams.sinks.alert_sink import Alert

EXAMPLE_ENTERPRISE = 32473
FACILITIES = {"user": 1, "daemon": 3, "auth": 4, "authpriv": 10, "audit": 13, "alert": 14} | {
    f"local{number}": 16 + number for number in range(8)
}
_APP_NAME = "watchpost"
_SEVERITIES = {5: 2, 4: 3, 3: 4}  # OCSF critical, high, medium -> syslog critical, error, warning
_NOTICE = 5
_VALUE_BYTES_MAX = 256
_NIL = "-"


@dataclass(frozen=True, slots=True)
class SyslogForm:
    """What is the same in every message. `hostname` is this machine's; `process` its process id."""

    facility: str = "authpriv"
    hostname: str = _NIL
    process: str = _NIL
    enterprise: int = EXAMPLE_ENTERPRISE


def syslog_line(alert: Alert, form: SyslogForm, bytes_max: int) -> bytes | None:
    """The message without framing, at most `bytes_max` long; None when not even its key fields fit."""
    head = _head(alert, form)
    for text in _texts(alert.parsed):
        if len(line := head + b" " + text) <= bytes_max:
            return line
    return head if len(head) <= bytes_max else None


def host_name(text: str) -> str:
    """A HOSTNAME field: printable ASCII without blanks, at most 255 characters, `-` for none."""
    return _field(text, 255)


def _head(alert: Alert, form: SyslogForm) -> bytes:
    priority = FACILITIES[form.facility] * 8 + _severity(alert)
    moment = datetime.fromtimestamp(alert.wall_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    parts = (f"<{priority}>1", moment, host_name(form.hostname), _APP_NAME, _field(form.process, 128))
    data = "".join(f' {name}="{_value(value)}"' for name, value in _fields(alert) if value)
    line = f"{' '.join(parts)} incident-{alert.activity.value} [watchpost@{form.enterprise}{data}]"
    return line.encode("utf-8", "replace")


def _severity(alert: Alert) -> int:
    if alert.activity is Activity.CLOSE:
        return _NOTICE
    return _SEVERITIES.get(alert.parsed.get("severity_id", 3), _NOTICE)


def _fields(alert: Alert) -> Iterator[tuple[str, str]]:
    message = alert.parsed
    yield "uid", alert.uid
    yield "incident", alert.incident
    yield "tier", alert.tier.value
    yield "activity", alert.activity.value
    yield "account", alert.account
    yield "tenant", alert.tenant
    yield "severity", str(message.get("severity_id", ""))
    yield "confidence", str(message.get("confidence_score", ""))
    yield "title", str((message.get("finding_info") or {}).get("title", ""))


def _value(text: str) -> str:
    """PARAM-VALUE: UTF-8 with three characters escaped (RFC 5424, 6.3.3)."""
    shown = printable(text).encode("utf-8", "replace")[:_VALUE_BYTES_MAX].decode("utf-8", "ignore")
    return shown.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def _field(text: str, limit: int) -> str:
    return "".join(char for char in text if "!" <= char <= "~")[:limit] or _NIL


def _texts(message: Mapping[str, Any]) -> Iterator[bytes]:
    """The whole message, then ever less of it."""
    yield _json(message)
    evidences = list(message.get("evidences") or [])
    while evidences:
        evidences = evidences[: len(evidences) // 2]
        yield _json({**message, "evidences": evidences, "shortened": True})
    finding = dict(message.get("finding_info") or {})
    kept = {name: value for name, value in message.items() if name not in ("evidences", "resources")}
    yield _json({**kept, "resources": list(message.get("resources") or [])[:1], "shortened": True})
    finding = {name: value for name, value in finding.items() if name in ("uid", "title", "first_seen_time")}
    brief = {name: message[name] for name in ("class_uid", "type_uid", "time", "metadata") if name in message}
    yield _json({**brief, "finding_info": finding, "shortened": True})


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"), sort_keys=True).encode("ascii")

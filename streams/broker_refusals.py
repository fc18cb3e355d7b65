"""Why a Kafka broker lets nobody in, in one line. Layer: streams.

A client that may not connect tries again and again; whoever asks it something hears only that no broker answered. The reason,
a password or a certificate, is told to the client's `error_cb` alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from confluent_kafka import KafkaError

from schemas.text import printable

_TEXT_MAX: Final = 220  # characters of what the client says
_BROKER: Final = re.compile(r"^\w+://(\S+?)(?:/\w+)?: ")  # librdkafka's `sasl_ssl://HOST:PORT/bootstrap: `
_DURATION: Final = re.compile(r" \(after \d+ms in state \w+\)")
_ADVICE: Final = {
    KafkaError._AUTHENTICATION: "check sasl.mechanism, sasl.username and sasl.password",
    KafkaError._SSL: "check security.protocol and ssl.ca.location",
}
# In the names of properties whose values nobody is shown.
_SECRET: Final = ("password", "secret", "jaas", "token", "pem")


class BrokerRefusals:
    """Give `noted` to a client as its `error_cb`, and let the client poll before `reason` is read."""

    def __init__(self, properties: Mapping[str, object]) -> None:
        """`properties` are the client's; their secrets are never told, whatever a broker answers."""
        self._secrets = sorted(
            (str(value) for name, value in properties.items() if value and any(part in name for part in _SECRET)),
            key=len,
            reverse=True,
        )
        self._reason = ""

    @property
    def reason(self) -> str:
        """The last refusal with what to check; empty where none came since the last `forget`."""
        return self._reason

    def forget(self) -> None:
        """A broker answered."""
        self._reason = ""

    def noted(self, error: KafkaError) -> None:
        """An error of the client's own."""
        advice = _ADVICE.get(error.code())
        if advice is None:
            return
        text = _DURATION.sub("", error.str() or error.name())
        place = _BROKER.match(text)
        if place is not None:
            text = f"{place[1]}: {text[place.end() :]}"
        for secret in self._secrets:
            text = text.replace(secret, "***")
        self._reason = f"{printable(text, _TEXT_MAX)}; {advice}"

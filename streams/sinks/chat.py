"""Posts each alert as one message to a chat's webhook; `slack` and `teams` say what a message looks like. Layer: streams."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from streams.sinks.alert_sink import Alert
from streams.sinks.alert_view import AlertView, view_of
from streams.sinks.http_post import HttpPost


class ChatWebhook:
    """A chat; `message` makes the payload of a view."""

    batch_max = 1

    def __init__(self, name: str, post: HttpPost, message: Callable[[AlertView], dict[str, Any]]) -> None:
        self.name = name
        self._post = post
        self._message = message

    def send(self, alerts: Sequence[Alert]) -> None:
        """Post; `SinkRetry`, `SinkRefused`."""
        for alert in alerts:
            self._post.post(
                orjson.dumps(self._message(view_of(alert))), {"Content-Type": "application/json; charset=utf-8"}
            )

    def close(self) -> None:
        """Close the connection."""
        self._post.close()

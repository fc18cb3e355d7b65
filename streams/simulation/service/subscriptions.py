"""Subscriptions of a tenant to content types. Layer: streams."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from streams.simulation.service.options import CONTENT_TYPES, TenantOptions


@dataclass(slots=True)
class Subscription:
    """One subscription: since when, what it can reach (UTC milliseconds), and its webhook."""

    content_type: str
    since: int
    oldest: int
    status: str = "enabled"
    webhook: dict[str, Any] | None = None

    def body(self) -> dict[str, Any]:
        """As the API shows it."""
        return {"contentType": self.content_type, "status": self.status, "webhook": self.webhook}


class Subscriptions:
    """All subscriptions of a tenant. Thread-safe."""

    def __init__(self, options: TenantOptions, start_ms: int) -> None:
        self._options = options
        self._lock = threading.Lock()
        self._ever: set[str] = set(options.subscribed)
        self._found = {name: Subscription(name, start_ms, start_ms) for name in options.subscribed}

    def get(self, content_type: str) -> Subscription | None:
        """The subscription to a content type."""
        return self._found.get(content_type)

    def all(self) -> list[Subscription]:
        """All of them, in the vendor's order."""
        with self._lock:
            return [self._found[name] for name in CONTENT_TYPES if name in self._found]

    def start(self, content_type: str, webhook: dict[str, Any] | None, now_ms: int) -> Subscription | None:
        """Create, change or re-enable; None when it is enabled already and nothing changes."""
        with self._lock:
            found = self._found.get(content_type)
            if found is not None:
                if found.status == "enabled" and found.webhook == webhook:
                    return None
                found.webhook = webhook
                found.status = "enabled"
                return found
            first = content_type not in self._ever
            self._ever.add(content_type)
            oldest = now_ms - self._options.backlog_ms if first else now_ms
            found = self._found[content_type] = Subscription(content_type, now_ms, oldest, webhook=webhook)
            return found

    def stop(self, content_type: str) -> bool:
        """End a subscription; False when there was none."""
        with self._lock:
            return self._found.pop(content_type, None) is not None

    def disable(self, content_type: str) -> None:
        """An administrator of the tenant switches it off."""
        with self._lock:
            if content_type in self._found:
                self._found[content_type].status = "disabled"

"""The calls of the Management Activity API that a collector makes, their URLs and their paging. Layer: streams."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from schemas.contracts.collected import Content
from schemas.records.values import time_ms
from streams.cloud.seam import Answer, Api, BadAnswer, Cloud

PAGES_MAX = 10_000  # of one window: a loop, not a listing
_LINKS = ("nextpageuri", "nextpageurl")  # the reference names the one, the troubleshooting page the other
_PUBLISHER = "PublisherIdentifier"


class ActivityCalls:
    """One content type of one tenant."""

    def __init__(self, cloud: Cloud, content_type: str) -> None:
        self._cloud = cloud
        self._content_type = content_type
        self._root = f"{cloud.endpoints.management}/api/v1.0/{cloud.tenant}/activity/feed"
        self._publisher = cloud.endpoints.publisher or cloud.tenant
        self._cost = f"management:{content_type}"

    def subscription(self) -> str:
        """Status of the subscription, lower case: "enabled", "disabled", or "" when there is none."""
        answer = self._get(f"{self._root}/subscriptions/list", {_PUBLISHER: self._publisher}).json()
        if not isinstance(answer, list):
            raise BadAnswer("the list of subscriptions is no list")
        for row in answer:
            if isinstance(row, dict) and str(row.get("contentType", "")).lower() == self._content_type.lower():
                return str(row.get("status") or "enabled").lower()  # a documented sample has no status
        return ""

    def start(self) -> None:
        """Start the subscription; `Refused` AF20024 when that is not necessary."""
        params = {"contentType": self._content_type, _PUBLISHER: self._publisher}
        self._cloud.call(Api.MANAGEMENT, "POST", f"{self._root}/subscriptions/start", params=params, cost=self._cost)

    def pages(self, from_ms: int, to_ms: int) -> Iterator[list[Any]]:
        """Every page of a window of at most 24 hours, the empty ones too; `BadAnswer` where the links run in a circle."""
        answer = self._get(
            f"{self._root}/subscriptions/content",
            {
                "contentType": self._content_type,
                "startTime": api_time(from_ms),
                "endTime": api_time(to_ms),
                _PUBLISHER: self._publisher,
            },
        )
        followed: set[str] = set()
        while True:
            page = answer.json()
            if not isinstance(page, list):
                raise BadAnswer("a page of the listing is no list")
            yield page
            link = next((answer.headers[name] for name in _LINKS if answer.headers.get(name)), "")
            if not link:
                return
            if link in followed or len(followed) >= PAGES_MAX:
                raise BadAnswer("the pages of the listing run in a circle")
            followed.add(link)
            answer = self._get(self._published(link))

    def content(self, row: Any, created_ms: int) -> Content | None:
        """A row of a page; `created_ms` where the row does not say. None when it has no id."""
        if not isinstance(row, dict) or not isinstance(row.get("contentId"), str) or not row["contentId"]:
            return None
        held, uri = row["contentId"], row.get("contentUri")
        return Content(
            held,
            time_ms(row.get("contentCreated")) or created_ms,
            time_ms(row.get("contentExpiration")) or 0,
            uri if isinstance(uri, str) and uri else f"{self._root}/audit/{held}",
        )

    def fetch(self, content: Content) -> Answer:
        """The body of a content, from the address that the service gave for it."""
        return self._get(self._published(content.locator))

    def _published(self, url: str) -> str:
        """The address as given, with our publisher identifier unless it is there in any case."""
        query = urlsplit(url).query
        if f"{_PUBLISHER.lower()}=" in query.lower():
            return url
        return f"{url}{'&' if query else '' if url.endswith('?') else '?'}{_PUBLISHER}={self._publisher}"

    def _get(self, url: str, params: dict[str, str] | None = None) -> Answer:
        return self._cloud.call(Api.MANAGEMENT, "GET", url, params=params, cost=self._cost)


def api_time(time_ms: int) -> str:
    """UTC without a zone and without fractions, which the service is not known to accept; rounded down."""
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")

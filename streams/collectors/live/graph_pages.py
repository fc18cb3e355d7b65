"""Pages of a Graph collection, their rows as the very bytes that came. Layer: streams."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote

from streams.cloud.seam import Api, BadAnswer, Cloud
from streams.collectors.live.verbatim import Pieces, page_elements

PAGES_MAX = 10_000  # of one window: a loop, not a listing
_NEXT = "@odata.nextLink"


def graph_time(time_ms: int) -> str:
    """UTC with `Z` and whole seconds, rounded down."""
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def query_url(address: str, options: Mapping[str, str]) -> str:
    """An address with OData options, everything but letters and digits encoded: Graph refuses literal blanks and quotes."""
    query = "&".join(f"{name}={quote(value, safe='')}" for name, value in options.items())
    return f"{address}?{query}" if query else address


class Page(NamedTuple):
    """A page: its rows, and the address of the next one, "" on the last."""

    pieces: Pieces
    next: str


def graph_pages(cloud: Cloud, url: str, headers: Mapping[str, str], cost: str) -> Iterator[Page]:
    """Every page from `url` on, the empty ones too; any `CloudError`, `BadAnswer` where the links run in a circle."""
    followed = {url}
    while url:
        pieces, others = page_elements(cloud.call(Api.GRAPH, "GET", url, headers=headers, cost=cost).body)
        link = others.get(_NEXT) or ""
        if not isinstance(link, str) or link in followed or len(followed) >= PAGES_MAX:
            raise BadAnswer("the pages of the listing run in a circle")
        yield Page(pieces, link)
        followed.add(link)
        url = link

"""The two ways to ask for an inventory: Exchange cmdlets and Graph listings. Layer: streams.

Source: reference response-actions, sections 4 and 6.1. What is asked only reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import orjson

from streams.cloud.seam import Api, BadAnswer, Cloud
from streams.collectors.live.graph_pages import graph_pages, query_url

COST: Final = "inventory"  # the feed's share of each API's budget
ROWS_MAX: Final = 200_000  # of one listing: more is an answer that does not end
_NEXT: Final = "@odata.nextLink"

Row = dict[str, Any]


def cmdlet(cloud: Cloud, name: str, parameters: Mapping[str, Any]) -> list[Row]:
    """Rows of an Exchange cmdlet, all pages; any `CloudError`."""
    first = url = f"{cloud.endpoints.exchange}/adminapi/beta/{cloud.tenant}/InvokeCommand"
    body = {"CmdletInput": {"CmdletName": name, "Parameters": dict(parameters)}}
    rows: list[Row] = []
    followed: set[str] = set()
    while url:
        followed.add(url)
        answer = cloud.call(Api.EXCHANGE, "POST", url, body=body, cost=COST).json()
        held = answer.get("value") if isinstance(answer, dict) else None
        if not isinstance(held, list):
            raise BadAnswer(f"the answer to {name} has no list of rows")
        rows += [row for row in held if isinstance(row, dict)]
        url = answer.get(_NEXT) or ""
        if not isinstance(url, str) or url in followed or url == first or len(rows) > ROWS_MAX:
            raise BadAnswer(f"the pages of {name} do not end")
    return rows


def listing(cloud: Cloud, path: str, options: Mapping[str, str] | None = None) -> list[Row]:
    """Objects of a Graph collection, all pages; any `CloudError`. `path` is below the version."""
    rows: list[Row] = []
    for page in graph_pages(cloud, query_url(f"{cloud.endpoints.graph}/v1.0/{path}", options or {}), {}, COST):
        rows += [row for piece in page.pieces.records if isinstance(row := _loaded(piece), dict)]
        if len(rows) > ROWS_MAX:
            raise BadAnswer(f"the listing of {path.partition('?')[0][:60]} does not end")
    return rows


def _loaded(piece: bytes) -> Any:
    try:
        return orjson.loads(piece)
    except orjson.JSONDecodeError:
        raise BadAnswer("an object of the listing is no JSON") from None


def text_of(row: Row, name: str) -> str:
    """A text member, trimmed; "" when there is none."""
    held = row.get(name)
    return held.strip() if isinstance(held, str) else ""

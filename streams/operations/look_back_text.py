"""A look back for people and for machines: tables, or JSON lines. Layer: streams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from schemas.text import printable
from streams.operations.look_back_result import TenantSeen
from streams.sinks.wording import time_text

NOTHING_FOUND = "Nothing found, and this is what could be seen."
NOTHING_SEEN = "Nothing could be seen: this is no finding about the tenant."
_CELL_CHARACTERS_MAX = 400


def show(console: Console, tenants: Sequence[TenantSeen]) -> None:
    """Print every tenant."""
    for seen in tenants:
        console.print(Text(f"Tenant {printable(seen.tenant)}", "bold"))
        console.print(Text(verdict(seen)))
        console.print(_incidents(seen), Text("What could be seen", "bold"), _feeds(seen), sep="\n")
        console.print(Text("What was already there", "bold"), _kinds(seen), sep="\n")
        if seen.inventory.unusual:
            console.print(Text("Unusual in this tenant: worth a look, no alarm", "bold"), _unusual(seen), sep="\n")
        for text in _remedies(seen):
            console.print(Text(text))
        console.print()


def verdict(seen: TenantSeen) -> str:
    """The answer in one line."""
    count = seen.found
    if count:
        answer = f"{count} incident{'s' if count > 1 else ''} found. This is what could be seen."
    else:
        answer = NOTHING_SEEN if seen.blind else NOTHING_FOUND
    return answer if seen.whole else f"{answer} The look back was ended before its time."


def json_lines(tenants: Sequence[TenantSeen]) -> Iterator[bytes]:
    """One object a line, each with its `type` and `tenant`."""
    for seen in tenants:
        for found in _objects(seen):
            yield orjson.dumps({"type": found.pop("type"), "tenant": seen.tenant, **found})


def _objects(seen: TenantSeen) -> Iterator[dict[str, Any]]:
    for _, message in seen.incidents:
        yield {"type": "incident", "message": message}
    for feed in seen.feeds:
        yield {"type": "feed", "name": feed.name, "from_ms": feed.from_ms, "to_ms": feed.to_ms, "records": feed.records,
               "unseen": feed.unseen, "remedy": feed.remedy}  # fmt: skip
    for kind in seen.inventory.kinds:
        yield {"type": "inventory", "name": kind.name, "seen_ms": kind.seen_ms, "count": kind.count,
               "unseen": kind.unseen, "remedy": kind.remedy}  # fmt: skip
        for row in kind.unusual:
            yield {"type": "unusual", "name": kind.name, **row._asdict()}
    yield {"type": "summary", "incidents": seen.found, "unusual": seen.inventory.unusual,
           "whole": seen.whole, "text": verdict(seen)}  # fmt: skip


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in names:
        table.add_column(name, overflow="fold", justify="right" if name in ("records", "seen") else "left")
    return table


def _row(table: Table, *texts: object) -> None:
    table.add_row(*(Text(printable(str(text), _CELL_CHARACTERS_MAX)) for text in texts))


def _incidents(seen: TenantSeen) -> Table | Text:
    if not seen.incidents:
        return Text("")
    table = _table("incident", "tier", "first seen", "account", "what")
    for row, message in seen.incidents:
        past = ", in the past" if message.get("unmapped", {}).get("historical") else ""
        what = row.title.removeprefix(f"{row.account}: ")
        _row(table, row.uid[:12], row.tier, time_text(row.first_ms), row.account, what + past)
    return table


def _feeds(seen: TenantSeen) -> Table:
    table = _table("feed", "from", "to", "records", "not seen")
    for feed in seen.feeds:
        begin, end = (time_text(at) if feed.to_ms else "-" for at in (feed.from_ms, feed.to_ms))
        _row(table, feed.name, begin, end, feed.records, feed.unseen)
    return table


def _kinds(seen: TenantSeen) -> Table:
    table = _table("inventory", "seen", "unusual", "not seen")
    for kind in seen.inventory.kinds:
        looked = kind.seen_ms > 0
        unseen = kind.unseen or ("" if looked else "it was not looked at")
        _row(table, kind.title, kind.count if looked else "-", len(kind.unusual) + kind.more if looked else "-", unseen)
    return table


def _unusual(seen: TenantSeen) -> Table:
    table = _table("who or what", "why", "how to look")
    for kind in seen.inventory.kinds:
        for row in kind.unusual:
            _row(table, *row)
        if kind.more:
            _row(table, "…", f"{kind.more} more of {kind.title}", "--format jsonl shows what was kept")
    return table


def _remedies(seen: TenantSeen) -> list[str]:
    """What to do to see more, each advice once."""
    held = [feed.remedy for feed in seen.feeds] + [kind.remedy for kind in seen.inventory.kinds]
    return [f"To see more: {printable(text, _CELL_CHARACTERS_MAX)}" for text in dict.fromkeys(held) if text]

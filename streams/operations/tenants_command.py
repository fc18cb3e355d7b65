"""`watchpost tenants list|remove`: whom a store knows, and forgetting one altogether. Layer: streams."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import orjson
from rich.table import Table

from streams.drivers.embedded.database import StoreLost
from streams.drivers.embedded.tenants import Removal, list_tenants, remove_tenant
from streams.operations.console import result_console
from streams.operations.one_line_group import STATUS_INCOMPLETE, STATUS_OK
from streams.operations.refusal import Refusal
from streams.operations.standard_error import tell
from streams.sinks.wording import time_text


def show_tenants(store: Path, as_json: bool) -> int:
    """Print one line per tenant."""
    try:
        rows = list_tenants(store)
    except StoreLost as error:
        raise Refusal(str(error)) from None
    if as_json:
        for row in rows:
            print(orjson.dumps(asdict(row)).decode())
        return STATUS_OK
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("tenant", "watched up to", "accounts", "entries", "incidents"):
        table.add_column(name, no_wrap=True)
    for row in rows:
        seen = time_text(row.clock_ms) if row.clock_ms else "not yet"
        table.add_row(row.tenant, seen, f"{row.accounts:,}", f"{row.entries:,}", f"{row.incidents:,}")
    result_console().print(table)
    return STATUS_OK


def forget_tenant(store: Path, tenant: str, sure: bool, as_json: bool) -> int:
    """Delete everything of a tenant and show that nothing is left; 1 when something is."""
    if not sure:
        raise Refusal(f"this deletes everything that is known of {tenant}: say --yes")
    try:
        removal = remove_tenant(store, tenant.strip().lower())
    except (StoreLost, LookupError) as error:
        raise Refusal(str(error)) from None
    if as_json:
        print(orjson.dumps(asdict(removal) | {"complete": removal.complete}).decode())
    else:
        _show(removal)
    return STATUS_OK if removal.complete else STATUS_INCOMPLETE


def _show(removal: Removal) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("rows of", "deleted", "left"):
        table.add_column(name, no_wrap=True)
    for name, before in removal.before.items():
        table.add_row(name, f"{before:,}", f"{removal.after.get(name, 0):,}")
    result_console().print(table)
    places = "its id is nowhere in the file" if not removal.traces else f"its id is still at {removal.traces} places"
    tell(
        f"{removal.tenant}: {sum(removal.before.values()):,} rows deleted, {sum(removal.after.values())} left; {places}"
    )

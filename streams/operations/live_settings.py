"""Settings of the commands that watch tenants: who, which feeds, by which clock. Layer: streams."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import typer

from streams.clock import Clock, PracticeClock, WallClock
from streams.cloud.credentials import AccessError, ManagedIdentity
from streams.cloud.seam import Endpoints
from streams.cloud.tenant_access import TenantAccess
from streams.cloud.tenant_settings import SECRET_SETTINGS, tenants_from
from streams.collectors.feed import LOCAL_TENANT
from streams.collectors.home_domains import given_domains
from streams.operations.live_feeds import chosen_feeds
from streams.operations.other_sources import OtherSources, other_sources
from streams.operations.refusal import Refusal
from streams.operations.settings import split, variable

_TIME_MS_MAX = 4_102_444_800_000  # the year 2100
_EXTRA = frozenset({"feeds", "follow", "topics"})
_SIGNS_IN = frozenset(
    {"client_id", "managed_identity", *SECRET_SETTINGS, *(f"{name}_file" for name in SECRET_SETTINGS)}
)
_NOWHERE = Endpoints(login="", management="", graph="", exchange="")
HOW_TO_NAME_A_TENANT = (
    "no tenant is configured: set WATCHPOST_TENANT_ID, WATCHPOST_CLIENT_ID and WATCHPOST_CLIENT_SECRET_FILE, or write"
    " [[tenants]] in the settings file; `watchpost try` needs none"
)


@dataclass(frozen=True, slots=True)
class WatchedTenant:
    """A tenant and the feeds that it is watched by: of Microsoft's APIs, and others."""

    access: TenantAccess
    feeds: tuple[str, ...]
    other: OtherSources = field(default_factory=OtherSources)

    @property
    def id(self) -> str:
        """Tenant id, lower case."""
        return self.access.tenant


def watched_tenants(
    context: typer.Context, follow: Sequence[str] = (), home_domains: Sequence[str] = ()
) -> list[WatchedTenant]:
    """The tenants of file and variables; Refusal when one is wrong. Empty when none is configured.

    `follow` are paths for the one tenant that there is, and `home_domains` are its own beside those of its entry; when there
    is none the paths are a tenant of their own, `local`, with these domains. An entry with `topics` or `follow` and nothing to
    sign in with is read from these alone.
    """
    table: Mapping[str, Any] = context.obj if isinstance(context.obj, dict) else {}
    table, silent = _silent(table)
    try:
        found = tenants_from(table, os.environ, also=_EXTRA)
    except AccessError as error:
        raise Refusal(str(error)) from None
    shared = _names(os.environ.get(variable("feeds")) or table.get("feeds"))
    entries = table.get("tenants") or [{}] * len(found)
    watched = [
        WatchedTenant(replace(access, endpoints=_NOWHERE), (), other_sources(entry))
        if number in silent
        else WatchedTenant(access, chosen_feeds(_names(entry.get("feeds")) or shared), other_sources(entry))
        for number, (access, entry) in enumerate(zip(found, entries, strict=True))
    ]
    if not all(path.strip() for path in follow):
        raise Refusal("--follow names no file: give a file or a folder")
    if len(watched) == 1:
        watched = [_at_home(watched[0], home_domains)]
    if not follow:
        return watched
    if len(watched) > 1:
        raise Refusal("several tenants are configured: say `follow` in the [[tenants]] entry that the files belong to")
    sources = OtherSources(tuple(follow))
    if not watched:
        return [WatchedTenant(_without_cloud(home_domains), (), sources)]
    only = watched[0]
    return [replace(only, other=replace(only.other, follow=(*only.other.follow, *follow)))]


def _at_home(watched: WatchedTenant, domains: Sequence[str]) -> WatchedTenant:
    """The tenant with these domains beside those of its entry."""
    own = tuple(sorted({*watched.access.home_domains, *given_domains(domains)}))
    return replace(watched, access=replace(watched.access, home_domains=own))


def _silent(table: Mapping[str, Any]) -> tuple[Mapping[str, Any], set[int]]:
    """Which entries have sources beside the APIs and nothing to sign in with; the table with an access for them, never used."""
    entries = table.get("tenants")
    if not isinstance(entries, list) or _SIGNS_IN & table.keys() or os.environ.get("AZURE_FEDERATED_TOKEN_FILE"):
        return table, set()
    found = {
        number
        for number, entry in enumerate(entries)
        if isinstance(entry, Mapping) and {"topics", "follow"} & entry.keys() and not _SIGNS_IN & entry.keys()
    }
    given = [{**one, "managed_identity": "system"} if number in found else one for number, one in enumerate(entries)]
    return {**table, "tenants": given}, found


def _without_cloud(home_domains: Sequence[str]) -> TenantAccess:
    """Access of a tenant that is read from files alone: none of it is ever used."""
    return TenantAccess(LOCAL_TENANT, "", ManagedIdentity(), _NOWHERE, home_domains=tuple(home_domains))


def required_tenants(
    context: typer.Context, follow: Sequence[str] = (), home_domains: Sequence[str] = ()
) -> list[WatchedTenant]:
    """The same; Refusal when there is none."""
    found = watched_tenants(context, follow, split(home_domains))
    if not found:
        raise Refusal(HOW_TO_NAME_A_TENANT)
    return found


def clock_of(context: typer.Context) -> Clock:
    """Wall time, or the clock of a practice tenant where the file has [practice]. Refusal when that is wrong."""
    table = context.obj.get("practice") if isinstance(context.obj, dict) else None
    return WallClock() if table is None else practice_clock(table)


def practice_clock(table: Mapping[str, Any]) -> PracticeClock:
    """The clock of the [practice] table. Refusal."""
    try:
        start_ms, wall_ms, speed = int(table["start_ms"]), int(table["wall_ms"]), float(table["speed"])
    except (KeyError, TypeError, ValueError, OverflowError):
        raise Refusal(
            "[practice] needs start_ms, wall_ms and speed, as `watchpost simulate --serve` writes them"
        ) from None
    if not 0 < speed <= 100_000 or not all(0 < time_ms < _TIME_MS_MAX for time_ms in (start_ms, wall_ms)):
        raise Refusal("[practice]: start_ms and wall_ms are UTC milliseconds, speed is above 0")
    return PracticeClock(start_ms, wall_ms, speed)


def _names(value: object) -> list[str]:
    if value is None:
        return []
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise Refusal('feeds is a list of names, such as ["Audit.Exchange", "messageTraces"]')
    return split(texts)

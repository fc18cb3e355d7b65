"""Graph's audit-log queries: a search that is created, works for a while, and is then read. Layer: streams.

Source: reference office365-management-activity-api, section 10. How long a search works, the size of its pages and how many
may be created at once are not documented; they are chosen here.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from streams.simulation.chance import chance
from streams.simulation.clock import MINUTE, SECOND, audit_time, graph_time
from streams.simulation.record import Body
from streams.simulation.service.audit_rows import kind_of, query_row
from streams.simulation.service.errors import graph_error
from streams.simulation.service.odata import BadQuery, time_of
from streams.simulation.service.pages import next_link
from streams.simulation.service.tenant import PracticeTenant
from streams.simulation.service.web import Reply, Request, json_reply

PATH = "security/auditLog/queries"
_WAITS_MS, _WORKS_MS = 20 * SECOND, 3 * MINUTE
_CREATED_MOST, _CREATED_SPAN_MS = 5, MINUTE
_PAGE, _PAGE_MOST = 100, 1000
_ALL = "AuditLogsQuery.Read.All"
_SERVICES = {"AuditLogsQuery-Exchange.Read.All": "Exchange", "AuditLogsQuery-Entra.Read.All": "AzureActiveDirectory",
             "AuditLogsQuery-SharePoint.Read.All": "SharePoint",
             "AuditLogsQuery-OneDrive.Read.All": "OneDrive"}  # fmt: skip
ROLES = (_ALL, *_SERVICES)
_LISTS = {"operationFilters": "Operation", "userPrincipalNameFilters": "UserId", "ipAddressFilters": "ClientIP",
          "objectIdFilters": "ObjectId", "serviceFilters": "Workload"}  # fmt: skip
_FILTERS = ("recordTypeFilters", *_LISTS, "administrativeUnitIdFilters")


@dataclass(slots=True)
class Search:
    """One query: what it asks, since when, which services its creator may see (None: all), and its rows once it is done."""

    id: str
    asked: dict[str, Any]
    first: int
    last: int
    made_ms: int
    services: frozenset[str] | None
    positions: list[int] | None = None

    def status(self, now_ms: int) -> str:
        """What the vendor says of it at a moment."""
        if now_ms < self.made_ms + _WAITS_MS:
            return "notStarted"
        return "running" if now_ms < self.made_ms + _WORKS_MS else "succeeded"

    def body(self, now_ms: int) -> dict[str, Any]:
        """As Graph shows it."""
        return {"id": self.id, "displayName": self.asked.get("displayName"),
                "filterStartDateTime": graph_time(self.first), "filterEndDateTime": graph_time(self.last),
                **{name: self.asked.get(name) or [] for name in _FILTERS},
                "keywordFilter": self.asked.get("keywordFilter"), "status": self.status(now_ms)}  # fmt: skip


@dataclass(slots=True)
class AuditQueries:
    """The queries of all tenants. `base` is Graph's own address. Thread-safe."""

    base: str
    _searches: dict[str, dict[str, Search]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(
        self, request: Request, tenant: PracticeTenant, version: str, path: str, roles: frozenset[str], now_ms: int
    ) -> Reply:
        """One call for `path` below the version, which begins with `PATH`."""
        if version == "v1.0" and not tenant.options.audit_query_v1:
            return graph_error(404, "UnknownError", "", now_ms)
        if not roles & set(ROLES):
            return graph_error(403, "Forbidden", "Insufficient privileges to complete the operation.", now_ms)
        with self._lock:
            held = self._searches.setdefault(tenant.id, {})
        parts = path.removeprefix(PATH).strip("/").split("/")
        try:
            if parts == [""]:
                return self._create(request, tenant, held, roles, now_ms) if request.method == "POST" else json_reply(
                    200, {"@odata.context": f"{self.base}/{version}/$metadata#{PATH}",
                          "value": [search.body(now_ms) for search in list(held.values())]})  # fmt: skip
            search = held.get(parts[0])
            if search is None or len(parts) > 2 or parts[1:] not in ([], ["records"]):
                return graph_error(404, "ResourceNotFound", "The query does not exist.", now_ms)
            if len(parts) == 1:
                return json_reply(200, search.body(now_ms))
            return self._records(request, tenant, version, search, now_ms)
        except BadQuery as error:
            return graph_error(400, "BadRequest", str(error), now_ms)

    def _create(
        self, request: Request, tenant: PracticeTenant, held: dict[str, Search], roles: frozenset[str], now_ms: int
    ) -> Reply:
        if not tenant.within("auditQueries", _CREATED_MOST, _CREATED_SPAN_MS, now_ms):
            return graph_error(429, "TooManyRequests", "This request is throttled.", now_ms)
        asked = request.json()
        if not isinstance(asked, dict):
            raise BadQuery("The request body is no audit log query.")
        first, last = (time_of(str(asked.get(name, ""))) for name in ("filterStartDateTime", "filterEndDateTime"))
        if first >= last:
            raise BadQuery("filterStartDateTime must be before filterEndDateTime.")
        if any(not isinstance(asked.get(name, []), list) for name in _FILTERS):
            raise BadQuery("Filters are collections.")
        services = None if _ALL in roles else frozenset(_SERVICES[role] for role in roles & _SERVICES.keys())
        identity = chance(tenant.options.seed, "audit query", now_ms, len(held)).guid()
        search = held[identity] = Search(identity, asked, first, last, now_ms, services)
        context = {"@odata.context": f"{self.base}/beta/$metadata#{PATH}/$entity"}
        return json_reply(201, context | search.body(now_ms))

    def _records(self, request: Request, tenant: PracticeTenant, version: str, search: Search, now_ms: int) -> Reply:
        text, token = request.query.get("$top", str(_PAGE)), request.query.get("$skiptoken", "0")
        if not text.isdecimal() or not 1 <= int(text) <= _PAGE_MOST or not token.isdecimal():
            raise BadQuery("Invalid page size or skip token.")
        positions = _found(tenant, search) if search.status(now_ms) == "succeeded" else []
        begin, end = int(token), int(token) + int(text)
        body: dict[str, Any] = {"@odata.context": f"{self.base}/{version}/$metadata#{PATH}('{search.id}')/records"}
        if end < len(positions):
            body["@odata.nextLink"] = next_link(self.base, request, str(end))
        body["value"] = [query_row(orjson.loads(tenant.read(position))) for position in positions[begin:end]]
        return json_reply(200, body)


def _found(tenant: PracticeTenant, search: Search) -> list[int]:
    """The search's records, each once, oldest first; settled when they are first read."""
    if search.positions is None:
        seen: set[str] = set()
        rows: list[tuple[str, int]] = []
        with tenant.stores.lock:
            blobs = [blob for store in tenant.stores.blobs.values() for blob in store.blobs
                     if blob.visible >= search.first]  # fmt: skip
        bounds = audit_time(search.first), audit_time(search.last)
        for position in (position for blob in blobs for position in blob.positions):
            body = orjson.loads(tenant.read(position))
            created = str(body["CreationTime"])
            if bounds[0] <= created < bounds[1] and body["Id"] not in seen and _matches(search, body):
                seen.add(body["Id"])
                rows.append((created, position))
        search.positions = [position for _, position in sorted(rows)]
    return search.positions


def _matches(search: Search, body: Body) -> bool:
    if search.services is not None and body["Workload"] not in search.services:
        return False
    kinds = _wanted(search.asked, "recordTypeFilters")
    if kinds and kind_of(body).lower() not in kinds:
        return False
    for name, member in _LISTS.items():
        wanted = _wanted(search.asked, name)
        if wanted and str(body.get(member, "")).lower() not in wanted:
            return False
    keyword = str(search.asked.get("keywordFilter") or "").lower()
    return not keyword or keyword in orjson.dumps(body).decode().lower()


def _wanted(asked: Mapping[str, Any], name: str) -> set[str]:
    return {str(value).lower() for value in asked.get(name) or ()}

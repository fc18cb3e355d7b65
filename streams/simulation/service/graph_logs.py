"""Graph's logs: sign-ins, directory audits, risk detections and message trace. Layer: streams."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from streams.simulation.clock import DAY, MINUTE, SECOND
from streams.simulation.service.errors import graph_error
from streams.simulation.service.odata import BadQuery, Condition, Filter, parse_filter
from streams.simulation.service.pages import Pages, next_link, skip_token
from streams.simulation.service.rows import RowStore
from streams.simulation.service.signin_fields import V1_FIELDS, hide_risk
from streams.simulation.service.tenant import PracticeTenant
from streams.simulation.service.web import Reply, Request, json_reply

SIGN_INS = "auditLogs/signIns"
EVENT_TYPES = ("interactiveUser", "nonInteractiveUser", "servicePrincipal", "managedIdentity")
_OR = re.compile(r"\s+or\s+(?:(?!\s+and\s+).)*", re.IGNORECASE)
_TRACE_SPAN = 10 * DAY
_TRACE_REACH = 90 * DAY
_HOUR_MS = 60 * MINUTE

Change = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Log:
    """One log endpoint: its path below the version, time field, largest page, default page, and role."""

    path: str
    time_field: str
    most: int
    role: str
    limit: tuple[str, int, int]  # name, calls, per milliseconds
    newest_first: bool = True


LOGS = {
    log.path: log
    for log in (
        Log(SIGN_INS, "createdDateTime", 1000, "AuditLog.Read.All", ("reporting", 5, 10 * SECOND)),
        Log("auditLogs/directoryAudits", "activityDateTime", 1000, "AuditLog.Read.All", ("reporting", 5, 10 * SECOND)),
        Log("identityProtection/riskDetections", "lastUpdatedDateTime", 500, "IdentityRiskEvent.Read.All",
            ("identityProtection", 1, SECOND)),
        Log("admin/exchange/tracing/messageTraces", "receivedDateTime", 5000, "ExchangeMessageTrace.Read.All",
            ("messageTrace", 100, 5 * MINUTE)),
    )
}  # fmt: skip


_BY_ID = (SIGN_INS, "auditLogs/directoryAudits", "identityProtection/riskDetections")


def log_of(path: str) -> tuple[Log | None, str]:
    """The log at a path, and the id of one of its rows (empty for the list)."""
    log = LOGS.get(path)
    head, _, identity = path.rpartition("/")
    return (LOGS[head], identity) if log is None and head in _BY_ID else (log, "")


@dataclass(slots=True)
class GraphLogs:
    """Answers the four log endpoints. `base` is Graph's own address."""

    base: str
    _pages: dict[str, Pages] = field(default_factory=dict)

    def answer(
        self, request: Request, tenant: PracticeTenant, version: str, log: Log, now_ms: int, identity: str = ""
    ) -> Reply:
        """One call for a list, or for the one row of an id."""
        name, calls, span = log.limit
        limited = tenant.faults.graph_limit or name == "messageTrace"
        if limited and not tenant.within(name, calls, span, now_ms):
            return graph_error(429, "TooManyRequests", "This request is throttled.", now_ms)
        refused = _unlicensed(tenant, log, now_ms)
        if refused is not None:
            return refused
        try:
            if identity:
                return self._one(tenant, version, log, identity, now_ms)
            top = _top(request, log)
            return self._page(request, tenant, version, log, top, now_ms)
        except BadQuery as error:
            return graph_error(400, "BadRequest", str(error), now_ms)

    def _one(self, tenant: PracticeTenant, version: str, log: Log, identity: str, now_ms: int) -> Reply:
        bounds = _bounds(tenant, log, Filter(), now_ms)
        asked = Condition("id", "eq", identity)
        for store, change in _all_stores(tenant, version, log):
            with tenant.stores.lock:
                found = store.between(*bounds)
            for _, position in reversed(found):
                line = store.read(position)
                if identity.encode() in line and asked.holds(row := orjson.loads(line)):
                    context = {"@odata.context": f"{self.base}/{version}/$metadata#{log.path}/$entity"}
                    return json_reply(200, context | (row if change is None else change(row)))
        return graph_error(404, "ResourceNotFound", f"Resource '{identity[:60]}' does not exist.", now_ms)

    def _page(self, request: Request, tenant: PracticeTenant, version: str, log: Log, top: int, now_ms: int) -> Reply:
        pages = self._pages.setdefault(tenant.id, Pages())
        _refuse_literals(request.raw_query)
        text = request.query.get("$filter", "")
        if log.path.startswith("admin/exchange"):
            text = _OR.sub("", text)  # message trace was seen to ignore it, silently
        asked = parse_filter(text, log.time_field)
        store, change = _store(tenant, version, log, asked)
        token = request.query.get("$skiptoken", "")
        if token:
            number, positions, index = pages.resume(token)
        else:
            positions, index = _select(request, tenant, store, log, asked, now_ms), 0
            number = -1
        following = index + top
        rows = [store.read(position) for position in positions[index:following]]
        if change is not None:
            rows = [orjson.dumps(change(orjson.loads(row))) for row in rows]
        link = b""
        if following < len(positions):
            number = pages.settle(positions) if number < 0 else number
            link = b'"@odata.nextLink":' + orjson.dumps(
                next_link(self.base, request, skip_token(number, following))
            ) + b","  # fmt: skip
        context = orjson.dumps(f"{self.base}/{version}/$metadata#{log.path}")
        body = b'{"@odata.context":' + context + b"," + link + b'"value":[' + b",".join(rows) + b"]}"
        reply = Reply(200, body, {"Content-Type": "application/json;odata.metadata=minimal;charset=utf-8"})
        feed = f"graph/{store.name}"
        reply.served = lambda: tenant.sent.rows(feed, rows)
        return reply


def _unlicensed(tenant: PracticeTenant, log: Log, now_ms: int) -> Reply | None:
    if log.path == SIGN_INS and not tenant.licences & {"P1", "P2"}:
        return graph_error(403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant",
                           "Neither tenant is B2C or tenant doesn't have premium license", now_ms)  # fmt: skip
    if log.path.startswith("identityProtection") and not tenant.licences & {"P1", "P2"}:
        return graph_error(403, "Forbidden", "Your tenant is not licensed for this feature.", now_ms)
    if log.path.startswith("admin/exchange") and not tenant.options.trace_principal:
        text = "The application 8bd644d1-64a1-4d4b-ae52-2e0cbf64e373 has no service principal in this tenant."
        return graph_error(403, "Forbidden", text, now_ms)
    return None


def _refuse_literals(raw_query: str) -> None:
    if any(letter in raw_query for letter in " '\""):
        raise BadQuery("The query string contains characters that must be encoded.")


def _top(request: Request, log: Log) -> int:
    text = request.query.get("$top", str(1000 if log.most >= 1000 else log.most))
    if not text.isdecimal() or not 1 <= int(text) <= log.most:
        raise BadQuery(f"Invalid page size specified: '{text}'. Must be between 1 and {log.most} inclusive.")
    return int(text)


def _store(tenant: PracticeTenant, version: str, log: Log, asked: Filter) -> tuple[RowStore, Change | None]:
    """The rows that a query is about, and how they are changed before they are shown."""
    rows = tenant.stores.rows
    if log.path == SIGN_INS:
        kind = _event_type(version, asked)
        hidden = "P2" not in tenant.licences
        if version == "v1.0":
            return rows[f"signIns/{kind}"], lambda row: _v1(row, hidden)
        return rows[f"signIns/{kind}"], hide_risk if hidden else None
    if log.path == "auditLogs/directoryAudits":
        return rows["directoryAudits"], None
    if log.path.startswith("identityProtection"):
        return rows["riskDetections"], None if "P2" in tenant.licences else _generic
    return rows["messageTraces"], None


def _all_stores(tenant: PracticeTenant, version: str, log: Log) -> list[tuple[RowStore, Change | None]]:
    """Every store in which a row of a log may be."""
    if log.path != SIGN_INS or version == "v1.0":
        return [_store(tenant, version, log, Filter())]
    return [_store(tenant, version, log, Filter(conditions=[Condition("signInEventTypes", "any-eq", kind)]))
            for kind in EVENT_TYPES]  # fmt: skip


def _v1(row: dict[str, Any], hidden: bool) -> dict[str, Any]:
    kept = {name: value for name, value in row.items() if name in V1_FIELDS}
    return hide_risk(kept) if hidden else kept


def _generic(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"riskEventType": "generic", "riskLevel": "hidden", "riskDetail": "hidden"}


def _event_type(version: str, asked: Filter) -> str:
    """The one stream that a query names; its condition is taken away."""
    named = [condition for condition in asked.conditions if condition.field == "signInEventTypes"]
    if not named:
        return "interactiveUser"
    if version == "v1.0":
        raise BadQuery("Could not find a property named 'signInEventTypes' on type 'microsoft.graph.signIn'.")
    if len(named) > 1 or named[0].op != "any-eq":
        raise BadQuery("Filters on several sign-in event types are not supported.")
    asked.conditions.remove(named[0])
    if named[0].value not in EVENT_TYPES:
        raise BadQuery(f"Invalid value '{named[0].value}' for signInEventTypes.")
    return named[0].value


def _select(
    request: Request, tenant: PracticeTenant, store: RowStore, log: Log, asked: Filter, now_ms: int
) -> list[int]:
    """Positions of the rows that a first page and those after it will show."""
    first, last = _bounds(tenant, log, asked, now_ms)
    with tenant.stores.lock:
        found = store.between(first, last)
    if asked.conditions:
        found = [row for row in found if _holds(asked.conditions, store.read(row[1]))]
    order = request.query.get("$orderby", "")
    name, _, direction = order.strip().partition(" ")
    if name and name != log.time_field:
        raise BadQuery(f"Ordering by '{name}' is not supported.")
    newest_first = direction.strip().lower() == "desc" if name else log.newest_first
    positions = [position for _, position in found]
    return positions[::-1] if newest_first else positions


def _holds(conditions: list[Condition], line: bytes) -> bool:
    row = orjson.loads(line)
    return all(condition.holds(row) for condition in conditions)


def _bounds(tenant: PracticeTenant, log: Log, asked: Filter, now_ms: int) -> tuple[int, int]:
    if log.path.startswith("admin/exchange"):
        last = now_ms if asked.last is None else asked.last
        first = last - 2 * DAY if asked.first is None else asked.first
        if last > now_ms + MINUTE:
            raise BadQuery("The end of receivedDateTime must not be in the future.")
        if last - first > _TRACE_SPAN + SECOND:
            raise BadQuery("The range of receivedDateTime must not exceed 10 days.")
        if first < now_ms - _TRACE_REACH - _HOUR_MS:
            raise BadQuery("The start of receivedDateTime must not be more than 90 days ago.")
        return first, last
    oldest = now_ms - (30 if tenant.licences & {"P1", "P2"} else 7) * DAY
    return max(asked.first if asked.first is not None else oldest, oldest), now_ms if asked.last is None else asked.last

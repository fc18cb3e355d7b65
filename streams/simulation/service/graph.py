"""Graph's front door: versions, tokens, roles; and who answers what. Layer: streams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streams.simulation.service import audit_queries
from streams.simulation.service.access import Access
from streams.simulation.service.audit_queries import AuditQueries
from streams.simulation.service.errors import graph_error
from streams.simulation.service.graph_actions import Missing, Refused
from streams.simulation.service.graph_directory import Query, listing, selected
from streams.simulation.service.graph_logs import GraphLogs, log_of
from streams.simulation.service.graph_routes import Route, route_of
from streams.simulation.service.odata import BadQuery
from streams.simulation.service.options import Resource
from streams.simulation.service.tenant import PracticeTenant
from streams.simulation.service.web import Reply, Request, json_reply

VERSIONS = ("v1.0", "beta")
_DENIED = "Insufficient privileges to complete the operation."


@dataclass(slots=True)
class GraphApi:
    """All of Graph that the practice tenants have. The tenant is the token's."""

    tenants: Mapping[str, PracticeTenant]
    access: Access
    logs: GraphLogs
    queries: AuditQueries

    def tenant_of(self, request: Request) -> tuple[PracticeTenant | None, dict[str, Any] | None]:
        """Whose call this is, and the claims of its token."""
        claims = self.access.claims(request, Resource.GRAPH)
        return (None, None) if claims is None else (self.tenants.get(str(claims["tid"])), claims)

    def refuse(self, request: Request, now_ms: int) -> Reply:
        """The answer to a call without a token that is good here."""
        given = "authorization" in request.headers
        text = "Access token validation failure. Invalid audience or expired." if given else "Access token is empty."
        return graph_error(401, "InvalidAuthenticationToken", text, now_ms)

    def answer(self, request: Request, tenant: PracticeTenant, claims: dict[str, Any], now_ms: int) -> Reply:
        """One call of a tenant."""
        version, _, path = request.path.lstrip("/").partition("/")
        if version not in VERSIONS:
            return graph_error(400, "BadRequest", f"Invalid version: {version[:40]}", now_ms)
        log, identity = log_of(path.rstrip("/"))
        if log is not None:
            if request.method != "GET":
                return graph_error(405, "Request_BadRequest", "Specified HTTP method is not allowed.", now_ms)
            if log.role not in claims["roles"]:
                return graph_error(403, "Authorization_RequestDenied", _DENIED, now_ms)
            return self.logs.answer(request, tenant, version, log, now_ms, identity)
        if path.startswith(audit_queries.PATH):
            return self.queries.answer(request, tenant, version, path, frozenset(claims["roles"]), now_ms)
        found = route_of(request.method, path.rstrip("/"))
        if found is None:
            return graph_error(404, "ResourceNotFound", f"Resource not found for the segment '{path[:60]}'.", now_ms)
        route, names = found
        if not set(route.roles) & set(claims["roles"]):
            return graph_error(403, "Authorization_RequestDenied", _DENIED, now_ms)
        licences = frozenset(tenant.licences)
        query = Query(tenant.directory, request, licences, self.logs.base, version, now_ms, names,
                      frozenset(claims["roles"]))  # fmt: skip
        return _routed(query, route, tenant, path)


def _routed(query: Query, route: Route, tenant: PracticeTenant, path: str) -> Reply:
    try:
        if route.action is not None:
            return route.action(query, tenant.deeds)
        with tenant.directory.lock:
            rows = route.reader(query) if route.reader is not None else None
            if rows is None:
                raise Missing
            if isinstance(rows, list):
                return listing(query, rows, path)
            context = {"@odata.context": f"{query.base}/{query.version}/$metadata#{path}/$entity"}
            return json_reply(200, context | selected(rows, query.request.query.get("$select", "")))
    except Missing as error:
        text = "Resource does not exist or one of its queried reference-property objects are not present."
        return graph_error(404, error.code, text, query.now_ms)
    except Refused as error:
        return graph_error(error.status, error.code, error.text, query.now_ms)
    except BadQuery as error:
        return graph_error(400, "Request_UnsupportedQuery", str(error), query.now_ms)

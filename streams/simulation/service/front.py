"""In front of every API: faults drawn for a call, and the record of calls. Layer: streams."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate

from streams.simulation.service.errors import af, graph_error
from streams.simulation.service.faults import Fault
from streams.simulation.service.options import Resource
from streams.simulation.service.tenant import PracticeTenant
from streams.simulation.service.web import Reply, Request

_QUOTED = "{'error':{'code':'AF429','message':'Too many requests. Method=%s, PublisherId=%s'}}"
_NOBODY = "00000000-0000-0000-0000-000000000000"


@dataclass(slots=True)
class Front:
    """Lets calls through, or fails them in a drawn way. Counts by tenant, API and outcome (a status or a fault)."""

    calls: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def _count(self, tenant: PracticeTenant, resource: Resource, outcome: str) -> None:
        with self._lock:
            self.calls[(tenant.id, resource.value, outcome)] += 1

    def answer(
        self,
        tenant: PracticeTenant,
        resource: Resource,
        request: Request,
        method: str,
        handle: Callable[[], Reply],
        now_ms: int,
    ) -> Reply:
        """The answer to a call of a tenant, perhaps a failing one, dated by a clock that may be wrong."""
        reply = self._answer(tenant, resource, request, method, handle, now_ms)
        if tenant.faults.skew_ms:
            reply.headers["Date"] = formatdate((now_ms + tenant.faults.skew_ms) / 1000, usegmt=True)
        return reply

    def _answer(
        self,
        tenant: PracticeTenant,
        resource: Resource,
        request: Request,
        method: str,
        handle: Callable[[], Reply],
        now_ms: int,
    ) -> Reply:
        if tenant.faults.down:
            self._count(tenant, resource, "down")
            return Reply(503)
        management = resource is Resource.MANAGEMENT
        fault = tenant.faults.draw(tenant.roll(), management)
        if fault is not None:
            refused = _refusal(fault, tenant, management, request, method, now_ms)
            if refused is not None:
                self._count(tenant, resource, fault.value)
                return refused
        reply = handle()
        if fault is not None and reply.status == 200 and reply.body:
            _damage(reply, fault, tenant)
            self._count(tenant, resource, fault.value)
        else:
            self._count(tenant, resource, str(reply.status))
        return reply


def _refusal(
    fault: Fault, tenant: PracticeTenant, management: bool, request: Request, method: str, now_ms: int
) -> Reply | None:
    publisher = request.query.get("publisheridentifier", _NOBODY)
    later = {"Retry-After": str(tenant.faults.retry_after_seconds)}
    if fault is Fault.AF429:
        return af(403, "AF429", method, publisher)
    if fault is Fault.AF429_QUOTES:
        return Reply(403, (_QUOTED % (method, publisher)).encode(), {"Content-Type": "application/json"})
    if fault in (Fault.THROTTLED, Fault.THROTTLED_AFTER):
        headers = later if fault is Fault.THROTTLED_AFTER else {}
        if management:
            reply = af(429, "AF429", method, publisher)
            reply.headers |= headers
            return reply
        return graph_error(429, "TooManyRequests", "Too many requests", now_ms, headers)
    if fault is Fault.INTERNAL:
        return af(500, "AF50000") if management else graph_error(500, "UnknownError", "", now_ms)
    if fault in (Fault.UNAVAILABLE, Fault.TIMEOUT):
        return Reply(503 if fault is Fault.UNAVAILABLE else 408)
    if fault is Fault.UNAUTHORIZED:
        text = "Lifetime validation failed, the token is expired."
        return Reply(401) if management else graph_error(401, "InvalidAuthenticationToken", text, now_ms)
    return None


def _damage(reply: Reply, fault: Fault, tenant: PracticeTenant) -> None:
    """Damage to an answer that is otherwise good."""
    if fault is Fault.RESET:
        reply.cut = len(reply.body) // 2
    elif fault is Fault.TRUNCATED:
        reply.body = reply.body[: max(1, len(reply.body) * 2 // 3)]
        reply.served = None
    elif fault is Fault.SLOW:
        reply.slow = tenant.faults.slow_seconds

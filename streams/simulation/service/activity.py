"""The Office 365 Management Activity API of the practice tenants. Layer: streams."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from streams.simulation.chance import chance
from streams.simulation.clock import MINUTE, trace_time
from streams.simulation.service.access import Access
from streams.simulation.service.blobs import Blob
from streams.simulation.service.errors import af
from streams.simulation.service.options import CONTENT_TYPES, Resource
from streams.simulation.service.subscriptions import Subscription
from streams.simulation.service.tenant import PracticeTenant
from streams.simulation.service.web import Reply, Request, json_reply
from streams.simulation.service.webhooks import Webhooks, settle
from streams.simulation.service.window import read_window

_PATH = re.compile(r"/api/v1(?:\.0)?/(?P<tenant>[^/]+)/activity/feed/(?P<operation>.+)", re.IGNORECASE)
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CONTENT_ID = re.compile(r"[0-9A-Za-z]+\$[0-9A-Za-z]+\$[A-Za-z_$0-9]+")
_NEXT = re.compile(r"(\d{10})([ER])(\d{12})")
_NOBODY = "00000000-0000-0000-0000-000000000000"
_CANONICAL = {name.lower(): name for name in CONTENT_TYPES}
_METHODS = {"subscriptions/start": "StartSubscription", "subscriptions/stop": "StopSubscription",
            "subscriptions/list": "ListSubscriptions", "subscriptions/content": "ListContent",
            "subscriptions/notifications": "ListNotifications", "resources/dlpsensitivetypes": "ListDlpTypes"}  # fmt: skip
_WRITES = ("subscriptions/start", "subscriptions/stop")
_SENSITIVE = (
    ("50842eb7-edc8-4019-85dd-5a5c1f2bb085", "CreditCardNumber"),
    ("cb353f78-2b72-4c3c-8827-92ebe4f69fdf", "ABARoutingNumber"),
    ("e7dc4711-11b7-4cb0-b88b-2c394a771f0e", "InternationalBankingAccountNumber"),
)


@dataclass(slots=True)
class ActivityApi:
    """All operations under `/activity/feed`. `base` is this API's own address."""

    tenants: Mapping[str, PracticeTenant]
    access: Access
    base: str
    webhooks: Webhooks

    def method_of(self, path: str) -> str:
        """The operation as throttling names it."""
        found = _PATH.fullmatch(path)
        operation = found["operation"].lower() if found else ""
        return "GetBlob" if operation.startswith("audit/") else _METHODS.get(operation, "Unknown")

    def answer(self, request: Request, now_ms: int) -> Reply:
        """One call."""
        found = _PATH.fullmatch(request.path)
        if found is None:
            return Reply(404)
        claims = self.access.claims(request, Resource.MANAGEMENT)
        if claims is None:
            return Reply(401)
        name = found["tenant"].lower()
        if not _GUID.fullmatch(name):
            return af(400, "AF20013", found["tenant"])
        if name != claims["tid"]:
            return af(400, "AF20010", name, claims["tid"])
        tenant = self.tenants.get(name)
        if tenant is None:
            return af(400, "AF20011", name)
        if "ActivityFeed.Read" not in claims["roles"]:
            return af(401, "AF10001", ",".join(claims["roles"]))
        if not tenant.audit_on:
            text = f"Microsoft.Office.Compliance.Audit.DataServiceException: Tenant {name} does not exist."
            return json_reply(400, {"error": {"code": "StartSubscription [CorrelationId=]", "message": text}})
        limit = tenant.faults.management_limit
        if limit and not tenant.within("management", limit, MINUTE, now_ms):
            publisher = request.query.get("publisheridentifier", _NOBODY)
            return af(403, "AF429", self.method_of(request.path), publisher)
        return self._operation(request, tenant, found["operation"], now_ms)

    def _operation(self, request: Request, tenant: PracticeTenant, operation: str, now_ms: int) -> Reply:
        lower = operation.lower()
        if request.method != ("POST" if lower in _WRITES else "GET"):
            return Reply(405)
        if lower.startswith("audit/"):
            return self._blob(tenant, operation.partition("/")[2], now_ms)
        if lower == "resources/dlpsensitivetypes":
            return _sensitive_types(request)
        if lower == "subscriptions/list":
            found = tenant.subscriptions.all()
            for subscription in found:
                settle(subscription, now_ms)
            return json_reply(200, [subscription.body() for subscription in found])
        if lower not in _METHODS:
            return Reply(404)
        text = request.query.get("contenttype", "")
        if not text:
            return af(400, "AF20001", "contentType")
        content_type = _CANONICAL.get(text.lower())
        if content_type is None:
            return af(400, "AF20020")
        if lower == "subscriptions/start":
            return self._start(request, tenant, content_type, now_ms)
        if lower == "subscriptions/stop":
            return Reply(200) if tenant.subscriptions.stop(content_type) else af(400, "AF20022")
        return self._listing(request, tenant, content_type, lower.endswith("notifications"), now_ms)

    def _start(self, request: Request, tenant: PracticeTenant, content_type: str, now_ms: int) -> Reply:
        body = request.json()
        webhook = body.get("webhook") if isinstance(body, dict) else None
        if webhook is not None:
            refused = self.webhooks.validate(webhook, now_ms)
            if refused is not None:
                return refused
            webhook = {"status": "enabled", "address": webhook.get("address"), "authId": webhook.get("authId"),
                       "expiration": webhook.get("expiration") or None}  # fmt: skip
        found = tenant.subscriptions.start(content_type, webhook, now_ms)
        if found is None:
            return af(400, "AF20024")
        if webhook is not None:
            self.webhooks.begin(tenant, content_type)
        return json_reply(200, found.body())

    def _refused(self, tenant: PracticeTenant, content_type: str) -> Reply | Subscription:
        found = tenant.subscriptions.get(content_type)
        if found is None:
            return af(400, "AF20022")
        return af(400, "AF20023", "a tenant admin") if found.status == "disabled" else found

    def _listing(
        self, request: Request, tenant: PracticeTenant, content_type: str, notifications: bool, now_ms: int
    ) -> Reply:
        subscription = self._refused(tenant, content_type)
        if isinstance(subscription, Reply):
            return subscription
        window = read_window(request.query, now_ms)
        if window.error:
            return af(400, window.error, "startTime", "DateTime")
        position, empty = 0, False
        text = request.query.get("nextpage", "")
        if text:
            token = _NEXT.fullmatch(text)
            if token is None:
                return af(400, "AF20031", text)
            position, empty = int(token[3]), token[2] == "E"
        if notifications:
            told = self.webhooks.told(tenant, content_type, window.start, window.end)[position:]
            page = tenant.options.page_blobs
            more = self._next(request, tenant, window.start, position + page, "R") if len(told) > page else {}
            return json_reply(200, told[:page], more)
        if now_ms < subscription.since + tenant.options.first_data_ms and subscription.since > tenant.start_ms:
            return json_reply(200, [])
        with tenant.stores.lock:
            found, following = tenant.stores.blobs[content_type].window(
                window.start, window.end, position, subscription.oldest)  # fmt: skip
        if found and not empty and self._hollow(tenant, window.start, position):
            return json_reply(200, [], self._next(request, tenant, window.start, position, "E"))
        headers = self._next(request, tenant, window.start, following, "R") if following >= 0 else {}
        return json_reply(200, [self.description(tenant, content_type, blob) for blob in found], headers)

    def _hollow(self, tenant: PracticeTenant, start: int, position: int) -> bool:
        """Whether an empty page comes before this one."""
        draw = chance(tenant.options.seed, "empty page", start, position).random()
        return draw < tenant.options.empty_pages

    def _next(self, request: Request, tenant: PracticeTenant, start: int, position: int, mark: str) -> dict[str, str]:
        query = "&".join(
            f"{name}={quote(request.query[key], safe=':.')}"
            for key, name in (("contenttype", "contentType"), ("starttime", "startTime"), ("endtime", "endTime"),
                              ("publisheridentifier", "PublisherIdentifier"))
            if key in request.query and (key != "publisheridentifier" or position % 2)
        )  # fmt: skip
        token = f"{trace_time(start)[:13].replace('-', '').replace('T', '')}{mark}{position:012d}"
        operation = request.path.rpartition("/")[2]
        url = f"{self.base}/api/v1.0/{tenant.id}/activity/feed/subscriptions/{operation}?{query}&nextPage={token}"
        return {tenant.options.next_header: url}

    def description(self, tenant: PracticeTenant, content_type: str, blob: Blob) -> dict[str, str]:
        """A content as listings and notifications show it."""
        return {
            "contentType": content_type,
            "contentId": blob.id,
            "contentUri": f"{self.base}/api/v1.0/{tenant.id}/activity/feed/audit/{blob.id}",
            "contentCreated": trace_time(blob.created),
            "contentExpiration": trace_time(blob.expires),
        }

    def _blob(self, tenant: PracticeTenant, identity: str, now_ms: int) -> Reply:
        if not _CONTENT_ID.fullmatch(identity):
            return af(400, "AF20052", identity)
        found = [(name, blob) for name, store in tenant.stores.blobs.items() if (blob := store.find(identity))]
        if not found:
            return af(404 if tenant.faults.missing_404 else 400, "AF20050", identity)
        name, blob = found[0]
        subscription = self._refused(tenant, name)
        if isinstance(subscription, Reply):
            return subscription
        if blob.missing:
            return af(404 if tenant.faults.missing_404 else 400, "AF20050", identity)
        if now_ms >= blob.expires:
            return af(400, "AF20051", identity)
        lines = tenant.stores.blobs[name].content(blob)
        reply = Reply(200, b"[" + b",".join(lines) + b"]", {"Content-Type": "application/json; charset=utf-8"})
        reply.served = lambda: tenant.sent.content(f"activity/{name}", identity, lines)
        return reply


def _sensitive_types(request: Request) -> Reply:
    text = request.headers.get("accept-language", "en-US")
    if "," in text:
        return af(400, "AF20053")
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", text.strip()):
        return af(400, "AF20054")
    return json_reply(200, [{"id": identity, "name": name} for identity, name in _SENSITIVE])

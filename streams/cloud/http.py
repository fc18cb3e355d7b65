"""One HTTP policy for all of Microsoft's APIs: token, budget, retries, throttling, whole bodies. Layer: streams.

A call is repeated after failures that pass (also a POST: what Watchpost posts may be repeated). It waits some seconds at most:
what must wait longer is raised as `Throttled`, and remembered, so that the service is left alone until then.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import httpx
import orjson

from schemas.text import printable
from streams.clock import Clock
from streams.cloud.bodies import CutBody, HugeBody, read_body
from streams.cloud.budget import Budget, lane
from streams.cloud.hosts import Hosts
from streams.cloud.refusals import Reason, reason
from streams.cloud.seam import Answer, Api, BadAnswer, CloudFacts, NoToken, Refused, Throttled, Unreachable
from streams.cloud.skew import Skew
from streams.cloud.tenant_access import TenantAccess
from streams.cloud.throttling import Pauses, retry_after_seconds
from streams.cloud.tokens import TokenSource
from streams.cloud.transport import CONNECT_SECONDS, READ_SECONDS, open_client, user_agent

TRIES = 3
RETRY_SECONDS = 1.0  # before the second try; doubles
RETRY_AFTER_SECONDS_MAX = 5.0  # a longer wish of a failing service is a `Throttled`
ERROR_BYTES_MAX = 1 << 20
MISSING_ROLE = "AF10001"  # a 401 that another try does not change; other ones come from front doors that lag behind
TRANSIENT = frozenset({408, 500, 502, 503, 504})

Observer = Callable[[Api, str, float | None], None]  # API, outcome, seconds (None: nothing was sent)


@dataclass(frozen=True, slots=True)
class _Order:
    """One call as it is sent, whenever it is sent."""

    api: Api
    method: str
    url: httpx.URL
    headers: Mapping[str, str]
    content: bytes | None
    cost_class: str
    feed: str


@dataclass(frozen=True, slots=True)
class _Received:
    """What came back: an answer of any status, or `broken`, the reason why there is none."""

    sent_ms: int
    began: float  # monotonic seconds
    answer: Answer | None = None
    broken: str = ""


class CloudHttp:
    """A tenant's access (`streams.cloud.seam.Cloud`). Thread-safe; `close()` ends it."""

    def __init__(
        self,
        access: TenantAccess,
        clock: Clock,
        stop: threading.Event | None = None,
        *,
        budget: Budget | None = None,
        observe: Observer | None = None,
        chance: random.Random | None = None,
    ) -> None:
        """`stop` ends waiting. `budget` where several objects serve one tenant. `observe` hears of every request."""
        self.tenant = access.tenant
        self.endpoints = access.endpoints
        self.facts = CloudFacts()
        self._access = access
        self._clock = clock
        self._stop = stop or threading.Event()
        self._budget = budget or Budget()
        self._observe = observe
        self._chance = chance or random.Random()
        self._client = open_client(access, user_agent())
        self._tokens = TokenSource(access, clock, self._client)
        self._hosts = Hosts(access.endpoints)
        self._pauses = Pauses(self._chance)
        self._skew = Skew()
        self._facts_lock = threading.Lock()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def now_ms(self) -> int:
        """The service's clock, UTC milliseconds."""
        return self._clock.now_ms() + self._skew.ms

    def roles(self, api: Api) -> frozenset[str]:
        """The app roles in the token for an API; `NoToken`."""
        self._demand(api)
        return self._tokens.roles(api)

    def call(
        self,
        api: Api,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        cost: str = "",
    ) -> Answer:
        """Call an absolute URL; any `CloudError`. `cost` is "class:feed" (see `streams.cloud.budget`)."""
        self._demand(api)
        cost_class, feed = lane(api, cost)
        content = orjson.dumps(body) if body is not None else None
        target = self._hosts.target(api, url, params)
        order = _Order(api, method, target, dict(headers or {}), content, cost_class, feed)
        renewed = False
        tries = 0
        while True:
            token = self._token(order)
            self._admit(order)
            received = self._send(order, token)
            if received.answer is not None and received.answer.status == 401 and not renewed:
                renewed = True
                if self._tokens.renew(api, token) != token:
                    continue
            tries += 1
            answer = self._judged(order, received, tries)
            if answer is not None:
                return answer

    def _demand(self, api: Api) -> None:
        """`NoToken` for an API that the configured cloud does not have."""
        if not self._hosts.has(api):
            raise NoToken(
                "unsupported",
                f"The cloud {self._access.cloud} has no {api.value} API.",
                f"Leave out the feeds that need it, or set {api.value}_url.",
            )

    def _token(self, order: _Order) -> str:
        try:
            return self._tokens.token(order.api)
        except NoToken:
            self._count(order, "no-token")
            raise

    def _admit(self, order: _Order) -> None:
        """Wait for our turn, some seconds at most; `Throttled` when it is later, or the service wants a pause."""
        self._hold(order)
        now = self._clock.now_ms() / 1000
        ticket = self._budget.ask(order.cost_class, order.feed, now)
        if isinstance(ticket, float):
            self._over(order, ticket)
        deadline = now + 2 * self._budget.patience(order.cost_class)
        try:
            while (wait := self._budget.claim(ticket, self._clock.now_ms() / 1000)) > 0:
                if self._clock.now_ms() / 1000 > deadline:
                    self._over(order, wait)
                self._pause(wait)
                self._hold(order)
        finally:
            self._budget.cancel(ticket)

    def _hold(self, order: _Order) -> None:
        until_ms = self._pauses.until(order.cost_class, self._clock.now_ms())
        if until_ms is not None:
            self._count(order, "held")
            raise Throttled(until_ms, f"{order.cost_class} requests rest after throttling")

    def _over(self, order: _Order, wait: float) -> NoReturn:
        self._count(order, "over-budget")
        raise Throttled(
            self._clock.now_ms() + int(wait * 1000), f"our own budget of {order.cost_class} requests is used up"
        )

    def _send(self, order: _Order, token: str) -> _Received:
        """One request. `BadAnswer` for a body that is too large, `Unreachable` where no retry helps."""
        request = self._client.build_request(
            order.method, order.url, content=order.content, headers=_headers(order, token)
        )
        sent_ms, began = self._clock.now_ms(), time.monotonic()
        try:
            response = self._client.send(request, stream=True)
            try:
                self._skew.learn(response.headers, sent_ms, self._clock.now_ms())
                body = self._body(response)
            finally:
                response.close()
        except HugeBody as error:
            self._count(order, "bad-answer", began)
            raise BadAnswer(f"{order.url.host}: {error}") from None
        except CutBody as error:
            return _Received(sent_ms, began, broken=str(error))
        except httpx.HTTPError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                self._count(order, "unreachable", began)
                raise Unreachable(
                    f"the certificate of {order.url.host} is not trusted; see the setting ca_bundle"
                ) from None
            return _Received(sent_ms, began, broken=_words(error))
        return _Received(sent_ms, began, Answer(response.status_code, dict(response.headers.items()), body))

    def _body(self, response: httpx.Response) -> bytes:
        if response.is_success:
            return read_body(response, self._stop)
        try:
            return read_body(response, self._stop, ERROR_BYTES_MAX)
        except HugeBody:
            return b""

    def _judged(self, order: _Order, received: _Received, tries: int) -> Answer | None:
        """The answer, None to try again, or the error that it is."""
        answer = received.answer
        failure = received.broken
        if answer is not None:
            if 200 <= answer.status < 300:
                self._pauses.succeeded(order.cost_class, received.sent_ms)
                self._count(order, "ok", received.began)
                return answer
            why = reason(answer.status, answer.headers, answer.body, self._access.redactor)
            if not (answer.status == 401 and why.code != MISSING_ROLE and tries < TRIES):
                self._refuse(order, received, answer, why)
            failure = f"HTTP {answer.status} {why.code}"
        if tries >= TRIES or self._stop.is_set():
            self._count(order, "unreachable", received.began)
            raise Unreachable(
                f"{order.url.host}: {failure}, {tries} times" if tries > 1 else f"{order.url.host}: {failure}"
            )
        self._count(order, "retried", received.began)
        self._pause(RETRY_SECONDS * 2 ** (tries - 1) * (0.5 + self._chance.random()))
        return None

    def _refuse(self, order: _Order, received: _Received, answer: Answer, why: Reason) -> None:
        """Raise what an error answer is; return when it is worth another try."""
        later = retry_after_seconds(answer.headers, self.now_ms())
        throttled = answer.status == 429 or (answer.status == 403 and why.code == "AF429")
        if throttled or (answer.status in TRANSIENT and (later or 0.0) > RETRY_AFTER_SECONDS_MAX):
            self._count(order, "throttled", received.began)
            until_ms = self._pauses.throttled(order.cost_class, self._clock.now_ms(), received.sent_ms, later)
            raise Throttled(until_ms, f"{order.url.host}: HTTP {answer.status} {why.code}: {why.message}")
        if answer.status in TRANSIENT:
            return
        if 300 <= answer.status < 400:
            self._count(order, "bad-answer", received.began)
            place = printable(_host(answer.headers.get("location", "")), 100)
            raise BadAnswer(f"{order.url.host} sends us on ({answer.status}) to {place}; not followed")
        self._count(order, "refused", received.began)
        raise Refused(answer.status, why.code, why.message, why.request_id)

    def _pause(self, seconds: float) -> None:
        if self._clock.wait(seconds, self._stop):
            raise Unreachable("stopping")

    def _count(self, order: _Order, outcome: str, began: float | None = None) -> None:
        """Note what came of a request; `began` when it was sent."""
        key = (order.api.value, outcome)
        with self._facts_lock:
            self.facts.requests[key] = self.facts.requests.get(key, 0) + 1
            if outcome == "throttled":
                self.facts.throttled[order.cost_class] = self.facts.throttled.get(order.cost_class, 0) + 1
            self.facts.skew_ms = self._skew.ms
        if self._observe is not None:
            self._observe(order.api, outcome, None if began is None else time.monotonic() - began)


def _headers(order: _Order, token: str) -> dict[str, str]:
    given = {"Accept": "application/json", **order.headers}
    if order.content is not None:
        given["Content-Type"] = "application/json"
    own = {"Authorization": f"Bearer {token}", "Accept-Encoding": "gzip"}
    return {
        name: value for name, value in given.items() if name.lower() not in ("authorization", "accept-encoding")
    } | own


def _words(error: httpx.HTTPError) -> str:
    """A failure of the network in plain words, without the error's own text."""
    match error:
        case httpx.ConnectTimeout():
            return f"no connection within {CONNECT_SECONDS:.0f} s"
        case httpx.TimeoutException():
            return f"no answer within {READ_SECONDS:.0f} s"
        case httpx.ProxyError():
            return "the proxy does not let us through"
        case httpx.ConnectError():
            return "cannot be reached"
        case _:
            return "the connection broke"


def _host(location: str) -> str:
    try:
        return httpx.URL(location).host or "another path"
    except (httpx.InvalidURL, ValueError):
        return "an address that is none"

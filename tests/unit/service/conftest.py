"""Small practice tenants over real HTTPS, with a clock that the test sets."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from streams.simulation.clock import graph_time
from streams.simulation.service import PracticeService, ServiceOptions, TenantOptions

HOUR = 3_600_000
DAY = 24 * HOUR
NOW = 1_773_223_200_000  # Wednesday 2026-03-11, 10:00 UTC


@dataclass
class SetClock:
    """Shows what it is set to."""

    ms: int = NOW

    def now_ms(self) -> int:
        return self.ms

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        return stop.wait(seconds)


@dataclass
class Caller:
    """Calls a service as a collector does."""

    service: PracticeService
    clock: SetClock
    number: int = 0
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        context = ssl.create_default_context(cafile=str(self.service.ca_bundle))
        self.http = httpx.Client(verify=context, timeout=20.0, trust_env=False)

    @property
    def who(self) -> Any:
        return self.service.tenants[self.number]

    @property
    def feed(self) -> str:
        return f"{self.service.urls['management']}/api/v1.0/{self.who.id}/activity/feed"

    def ask_token(self, api: str = "management", **changes: str) -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "client_id": self.who.client_id,
            "client_secret": self.who.client_secret,
            "scope": f"{self.service.urls.get(api, api)}/.default",
        } | changes
        tenant = changes.pop("tenant", self.who.id)
        url = f"{self.service.urls['login']}/{tenant}/oauth2/v2.0/token"
        return self.http.post(url, data={name: value for name, value in form.items() if value})

    def headers(self, api: str) -> dict[str, str]:
        if api not in self.tokens:
            self.tokens[api] = self.ask_token(api).json()["access_token"]
        return {"Authorization": f"Bearer {self.tokens[api]}"}

    def call(self, api: str, method: str, url: str, **options: Any) -> httpx.Response:
        return self.http.request(method, url, headers=self.headers(api) | options.pop("headers", {}), **options)

    def activity(self, path: str, method: str = "GET", **params: str) -> httpx.Response:
        return self.call("management", method, f"{self.feed}/{path}", params=params or None)

    def graph(self, path: str, method: str = "GET", body: Any = None, **params: str) -> httpx.Response:
        query = "&".join(f"${name}={quote(value, safe='')}" for name, value in params.items())
        url = f"{self.service.urls['graph']}/{path}" + (f"?{query}" if query else "")
        return self.call("graph", method, url, json=body) if body is not None else self.call("graph", method, url)

    def exchange(self, name: str, **parameters: Any) -> httpx.Response:
        url = f"{self.service.urls['exchange']}/adminapi/beta/{self.who.id}/InvokeCommand"
        return self.call("exchange", "POST", url, json={"CmdletInput": {"CmdletName": name, "Parameters": parameters}})

    def listing(self, content_type: str, first: int, last: int) -> list[dict[str, str]]:
        """All contents of a window of at most a day, over all pages."""
        found: list[dict[str, str]] = []
        url: str | None = (
            f"{self.feed}/subscriptions/content?contentType={content_type}&startTime={moment(first)}&endTime={moment(last)}"
        )
        while url:
            answer = self.call("management", "GET", url)
            assert answer.status_code == 200, answer.text
            found += answer.json()
            url = answer.headers.get("NextPageUri")
        return found

    def records(self, content_type: str, first: int, last: int) -> list[dict[str, Any]]:
        """All records whose contents were created in a span, repeats included."""
        found: list[dict[str, Any]] = []
        while first < last:
            for content in self.listing(content_type, first, min(last, first + DAY)):
                found += self.call("management", "GET", content["contentUri"]).json()
            first += DAY
        return found

    def rows(self, path: str, **params: str) -> list[dict[str, Any]]:
        """All rows of a Graph list, over all pages."""
        answer = self.graph(path, **params)
        found: list[dict[str, Any]] = []
        while True:
            assert answer.status_code == 200, answer.text
            body = answer.json()
            found += body["value"]
            if "@odata.nextLink" not in body:
                return found
            answer = self.call("graph", "GET", body["@odata.nextLink"])


def moment(ms: int) -> str:
    """A time as listings take it."""
    return graph_time(ms).removesuffix("Z")


Open = Callable[..., Caller]


def small(**changes: Any) -> TenantOptions:
    """Options of a small tenant without lateness, unless asked for."""
    options: dict[str, Any] = {
        "seed": 7,
        "accounts": 9,
        "past_days": 1,
        "subscribed": (),
        "lateness": 0.3,
        "gaps": 0,
    } | changes
    return TenantOptions(**options)


def opened(folder: Path, tenants: tuple[TenantOptions, ...], **options: Any) -> Caller:
    """A service that is serving, and its caller."""
    clock = SetClock()
    service = PracticeService(ServiceOptions(folder=folder, tenants=tenants, **options), clock)
    service.start()
    return Caller(service, clock)


@pytest.fixture
def open_service(tmp_path: Path) -> Iterator[Open]:
    """Opens services of the test's own; stops them afterwards."""
    callers: list[Caller] = []

    def start(*tenants: TenantOptions, **options: Any) -> Caller:
        callers.append(opened(tmp_path / f"service-{len(callers)}", tenants or (small(),), **options))
        return callers[-1]

    yield start
    for caller in callers:
        caller.http.close()
        caller.service.stop()
        assert caller.service.problems == []


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """A tenant for tests that only read, subscribed since before its data."""
    types = ("Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint", "Audit.General")
    tenant = small(subscribed=types, page_blobs=20, empty_pages=0.5, odd=0.05, late_listed=0.2, lateness=1.0)
    caller = opened(tmp_path_factory.mktemp("shared"), (tenant,), sent=True)
    yield caller
    caller.http.close()
    caller.service.stop()
    assert caller.service.problems == []

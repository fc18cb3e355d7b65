"""What the collectors see of Microsoft's APIs: one call, its answer, and the ways in which it can fail. Layer: streams.

One `Cloud` object serves one tenant. It adds the token, keeps to the tenant's request budget, retries what is worth a
retry within seconds, and refuses hosts that are not the configured cloud's, so that no token goes elsewhere. It never
waits longer than some seconds: what must wait longer is raised, and the schedule comes back to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import orjson


class Api(StrEnum):
    """A resource that needs a token of its own."""

    MANAGEMENT = "management"
    GRAPH = "graph"
    EXCHANGE = "exchange"  # the admin API behind the Exchange cmdlets


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer. Header names are lower case; `body` is whole (never truncated) and decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON; `BadAnswer` when it is none."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            raise BadAnswer(f"the answer is no JSON ({len(self.body)} bytes)") from None


class CloudError(Exception):
    """A call that did not succeed. `str()` is one plain line without secrets, tokens or message content."""


@dataclass(slots=True)
class Throttled(CloudError):
    """The service (or our own budget) says: later. `retry_ms` is when, UTC milliseconds of the collector's clock."""

    retry_ms: int
    reason: str = "throttled"

    def __str__(self) -> str:
        return self.reason


@dataclass(slots=True)
class Refused(CloudError):
    """The service answered no, and asking again will not help now. `code` is the API's own ("AF20051", "Forbidden")."""

    status: int
    code: str
    message: str
    request_id: str = ""

    def __str__(self) -> str:
        return f"HTTP {self.status} {self.code}: {self.message}"


@dataclass(slots=True)
class Unreachable(CloudError):
    """No answer, a broken one, or a failing service, after the retries that are worth it."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(slots=True)
class NoToken(CloudError):
    """No access: credentials, consent, roles or clock. `remedy` says what to do; `fatal` that waiting does not help."""

    code: str
    message: str
    remedy: str
    fatal: bool = True

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


@dataclass(slots=True)
class BadAnswer(CloudError):
    """The answer is not what the API promises (no JSON, a cut body, a link to a foreign host)."""

    reason: str

    def __str__(self) -> str:
        return self.reason


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Base addresses of one cloud, without a slash at the end."""

    login: str
    management: str
    graph: str
    exchange: str
    publisher: str = ""  # PublisherIdentifier: the tenant id unless configured


class Cloud(Protocol):
    """One tenant's access."""

    tenant: str
    endpoints: Endpoints

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
        """Call an absolute URL (followed links included); any `CloudError`. `cost` names the budget it counts on."""
        ...

    def now_ms(self) -> int:
        """The service's clock: ours, corrected by the `Date` header of its answers. UTC milliseconds."""
        ...

    def roles(self, api: Api) -> frozenset[str]:
        """The app roles in the token for an API (read, not verified); `NoToken`."""
        ...


@dataclass(slots=True)
class CloudFacts:
    """What the seam noticed, for doctor and metrics: counts by API and outcome, skew, last token errors."""

    requests: dict[tuple[str, str], int] = field(default_factory=dict)
    throttled: dict[str, int] = field(default_factory=dict)
    skew_ms: int = 0

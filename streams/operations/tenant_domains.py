"""A tenant's own mail domains: given, asked for, or remembered. Layer: streams."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from streams.cloud.seam import Api, Cloud, CloudError
from streams.collectors.home_domains import given_domains

UNKNOWN = (
    "its own mail domains are not known, so whom it writes to outside cannot be told from colleagues: set home_domains"
    " (--home-domain), or assign the app role Organization.Read.All"
)


def tenant_domains(
    cloud: Cloud, given: Iterable[str], remembered: Iterable[str], say: Callable[[str], None]
) -> tuple[str, ...]:
    """Domains in lower case, sorted. Those given hold; else those that Graph calls verified; else those of the last time."""
    named = given_domains(given)
    if named:
        return named
    try:
        found = _verified(cloud) if cloud.endpoints.graph else ()
    except CloudError:
        found = ()
    known = found or given_domains(remembered)
    if not known:
        say(UNKNOWN)
    return known


def _verified(cloud: Cloud) -> tuple[str, ...]:
    """`verifiedDomains` of `GET /organization` (roles Organization.Read.All or Directory.Read.All)."""
    url = f"{cloud.endpoints.graph}/v1.0/organization"
    body = cloud.call(Api.GRAPH, "GET", url, params={"$select": "id,verifiedDomains"}).json()
    rows = body.get("value") if isinstance(body, dict) else None
    names = [
        domain.get("name", "")
        for row in rows or []
        if isinstance(row, dict)
        for domain in row.get("verifiedDomains") or []
        if isinstance(domain, dict)
    ]
    return given_domains(name for name in names if isinstance(name, str))

"""Where a token may go: https, and the configured host of its API. Layer: streams.

Addresses also come from answers (a content's URI, the next page) and may name any host; a token never goes there.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import httpx

from schemas.text import printable
from streams.cloud.clouds import base
from streams.cloud.seam import Api, BadAnswer, Endpoints

_ORIGIN = tuple[str, str, int]


class Hosts:
    """The addresses of one tenant's APIs."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._origins: dict[Api, _ORIGIN] = {
            api: _origin(httpx.URL(base(endpoints, api))) for api in Api if base(endpoints, api)
        }

    def has(self, api: Api) -> bool:
        """Whether the cloud has the API at all."""
        return api in self._origins

    def target(self, api: Api, url: str, params: Mapping[str, str] | None = None) -> httpx.URL:
        """The URL as it is sent: as given, the parameters appended. `BadAnswer` when it is not one of the API's own."""
        try:
            target = httpx.URL(_with(url, params))
        except (httpx.InvalidURL, ValueError, TypeError):
            raise BadAnswer(f"an address of the {api.value} API is not a URL; nothing was sent there") from None
        if self._origins.get(api) != _origin(target) or target.userinfo:
            where = printable(f"{target.scheme or 'no scheme'}, host {target.host or 'none'}", 120)
            raise BadAnswer(
                f"an address of the {api.value} API is on a foreign host ({where}); nothing was sent there. "
                f"If it is right, set {api.value}_url"
            )
        return target


def _with(url: str, params: Mapping[str, str] | None) -> str:
    """Append parameters without touching what the service wrote; `$` of OData names stays readable."""
    if not params:
        return url
    query = "&".join(f"{quote(name, safe='$')}={quote(value, safe='')}" for name, value in params.items())
    return f"{url}{'&' if '?' in url else '?'}{query}"


def _origin(url: httpx.URL) -> _ORIGIN:
    return url.scheme if url.scheme == "https" else f"not https: {url.scheme}", url.host.rstrip("."), url.port or 443

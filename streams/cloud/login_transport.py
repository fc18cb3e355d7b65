"""The HTTP client that msal is given: ours, and only for the login service. Layer: streams.

msal follows what the discovery document says, and sends the credential there. So every address it uses must be https on
the login service's own host. Bodies are encoded here, because an assertion may be bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import httpx

FORM = "application/x-www-form-urlencoded"


class ForeignLogin(Exception):
    """The login service names an address on another host; nothing was sent there."""


class LoginClient:
    """`get` and `post` as msal calls them. A failed connection is tried once more; `httpx.HTTPError`, `ForeignLogin`."""

    def __init__(self, client: httpx.Client, base: str | None) -> None:
        """`base` is the login service; None: an endpoint of the machine itself, given by its environment."""
        self._client = client
        self.status = 0  # of the last answer; 0 before any
        self._base = httpx.URL(base) if base else None

    def get(
        self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Send a GET."""
        return self._send(self._client.build_request("GET", self._url(url, params), headers=dict(headers or {})))

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, Any] | str | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> httpx.Response:
        """Send a form."""
        body = data if isinstance(data, str) else urlencode(dict(data or {}))
        given = {"Content-Type": FORM, **(headers or {})}
        return self._send(self._client.build_request("POST", self._url(url, params), content=body, headers=given))

    def close(self) -> None:
        """Nothing: the client belongs to its maker."""

    def _url(self, url: str, params: Mapping[str, str] | None) -> httpx.URL:
        target = httpx.URL(url)
        if self._base is not None and (
            target.scheme != "https"
            or target.host != self._base.host
            or (target.port or 443) != (self._base.port or 443)
            or target.userinfo
        ):
            raise ForeignLogin
        return target.copy_merge_params(dict(params)) if params else target

    def _send(self, request: httpx.Request) -> httpx.Response:
        try:
            answer = self._client.send(request)
        except (httpx.ConnectError, httpx.RemoteProtocolError):
            answer = self._client.send(request)
        self.status = answer.status_code
        return answer

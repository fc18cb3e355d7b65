"""Who is calling: the bearer token of a call, checked. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from streams.simulation.service.authority import Authority
from streams.simulation.service.options import Resource
from streams.simulation.service.tokens import Mint
from streams.simulation.service.web import Request


@dataclass(slots=True)
class Access:
    """Reads tokens that the practice authority gave."""

    mint: Mint
    authority: Authority

    def claims(self, request: Request, resource: Resource) -> dict[str, Any] | None:
        """The claims of a valid token for this API; None: 401."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        claims = self.mint.read(token.strip())
        if claims is None or self.authority.resource_of(str(claims["aud"])) is not resource:
            return None
        return claims

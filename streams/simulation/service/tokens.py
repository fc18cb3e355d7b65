"""Access tokens of the practice authority: signed with its own key, checked when they come back. Layer: streams."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

_CACHE_LIMIT = 4096


def b64(data: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """Decode base64url with or without padding; ValueError."""
    return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))


def claims_of(token: str) -> dict[str, Any]:
    """Header and claims of a JWT in one mapping (header under `_header`), unverified; ValueError."""
    parts = token.split(".")
    if len(parts) != 3:
        raise ValueError("no JWT")
    header, claims = orjson.loads(unb64(parts[0])), orjson.loads(unb64(parts[1]))
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise ValueError("no JWT")
    return claims | {"_header": header}


@dataclass(slots=True)
class Mint:
    """Issues and verifies tokens (HS256). Their life is measured by the wall clock, as that of the client's cache is.

    `issued` are all of them, for whoever checks that none of them appears anywhere.
    """

    issued: list[str] = field(default_factory=list, repr=False)
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    _seen: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)

    def issue(self, tenant: str, app_id: str, audience: str, roles: Iterable[str], seconds: int) -> str:
        """A token in the vendor's v1.0 form."""
        now = int(time.time())
        claims = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{tenant}/",
            "iat": now,
            "nbf": now,
            "exp": now + seconds,
            "appid": app_id,
            "appidacr": "1",
            "idp": f"https://sts.windows.net/{tenant}/",
            "oid": hashlib.sha256(f"{tenant}{app_id}".encode()).hexdigest()[:32],
            "roles": sorted(roles),
            "tid": tenant,
            "uti": b64(secrets.token_bytes(16)),
            "ver": "1.0",
        }
        head = f"{b64(orjson.dumps({'typ': 'JWT', 'alg': 'HS256', 'kid': 'practice'}))}.{b64(orjson.dumps(claims))}"
        token = f"{head}.{self._sign(head)}"
        self.issued.append(token)
        return token

    def _sign(self, head: str) -> str:
        return b64(hmac.new(self._key, head.encode(), hashlib.sha256).digest())

    def read(self, token: str) -> dict[str, Any] | None:
        """The claims of a token that is ours and has not expired."""
        claims = self._seen.get(token)
        if claims is None:
            head, _, signature = token.rpartition(".")
            if not hmac.compare_digest(self._sign(head).encode(), signature.encode("ascii", "replace")):
                return None
            claims = claims_of(token)
            if len(self._seen) >= _CACHE_LIMIT:
                self._seen.clear()
            self._seen[token] = claims
        return claims if float(claims["exp"]) > time.time() else None

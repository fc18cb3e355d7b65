"""Secrets and certificates of applications. Layer: streams."""

from __future__ import annotations

from typing import Any

from schemas.records.values import time_ms
from streams.collectors.inventory.calls import Row, listing, text_of
from streams.collectors.inventory.kind import WHOLE, Found, Round
from streams.collectors.inventory.unusual import Finding, credentials

APPLICATIONS_MAX = 5_000
_FIELDS = "id,appId,displayName,passwordCredentials,keyCredentials"
_KINDS = ("passwordCredentials", "keyCredentials")


class Credentials:
    """The kind "credentials"."""

    name = "credentials"
    title = "credentials of applications"
    blind_spot = "credentials that applications were given are not seen"
    remedy = "Grant Application.Read.All with admin consent."

    def parts(self, held: Round) -> list[str]:
        """One look."""
        return list(WHOLE)

    def look(self, held: Round, part: str) -> Any:
        """Applications, and service principals, which may have credentials of their own."""
        options = {"$select": _FIELDS, "$top": "999"}
        return listing(held.cloud, "applications", options), listing(held.cloud, "servicePrincipals", options)

    def take(self, held: Round, part: str, answer: Any) -> Found:
        """Times of the valid ones, by application; no hint, no name and no part of a secret is kept."""
        now_ms = held.started_ms
        found: dict[str, dict[str, Any]] = {}
        for direct, rows in enumerate(answer):
            for row in rows:
                valid = {kind: _begins(row, kind, now_ms) for kind in _KINDS}
                if not any(valid.values()):
                    continue
                name = text_of(row, "displayName")[:120]
                one = found.setdefault(
                    text_of(row, "appId"),
                    {"name": name, "app": text_of(row, "appId"), "starts": [], "secrets": 0, "direct": False},
                )
                one["starts"] += [*valid["passwordCredentials"], *valid["keyCredentials"]]
                one["secrets"] += len(valid["passwordCredentials"])
                one["direct"] |= bool(direct) and bool(valid["passwordCredentials"])
        held.facts["credentials"] = list(found.values())[:APPLICATIONS_MAX]
        return Found(count=sum(len(one["starts"]) for one in found.values()))

    def unusual(self, held: Round) -> list[Finding]:
        """New ones, several at once, hidden ones."""
        return credentials(held.facts.get("credentials", ()), held.started_ms)

    def limits(self, held: Round) -> tuple[str, str]:
        """All is seen."""
        return "", ""


def _begins(row: Row, kind: str, now_ms: int) -> list[int]:
    """Begin of each credential that has not ended, UTC milliseconds."""
    begins = []
    for held in row.get(kind) or ():
        if isinstance(held, dict):
            begin, end = time_ms(held.get("startDateTime")), time_ms(held.get("endDateTime"))
            if begin is not None and (end is None or end > now_ms):
                begins.append(begin)
    return begins

"""How each account may prove itself. Layer: streams."""

from __future__ import annotations

from typing import Any

from streams.collectors.inventory.calls import listing, text_of
from streams.collectors.inventory.kind import WHOLE, Found, Round
from streams.collectors.inventory.unusual import RARE_FEW, Finding, methods

PEOPLE_MAX = 5_000  # without a second factor, kept by name


class Methods:
    """The kind "methods"."""

    name = "methods"
    title = "authentication methods"
    blind_spot = "how accounts may prove themselves is not seen"
    remedy = "Grant AuditLog.Read.All with admin consent; the report needs Entra ID P1 or P2."

    def parts(self, held: Round) -> list[str]:
        """One look."""
        return list(WHOLE)

    def look(self, held: Round, part: str) -> Any:
        """The registration report."""
        return listing(held.cloud, "reports/authenticationMethods/userRegistrationDetails", {"$top": "999"})

    def take(self, held: Round, part: str, answer: Any) -> Found:
        """How many have each kind of method, the first of them by name; who has no second factor."""
        holders: dict[str, list[Any]] = {}
        without: list[str] = []
        for row in answer:
            name = text_of(row, "userPrincipalName").lower()
            if row.get("isMfaRegistered") is False:
                without.append(name)
            for kind in _kinds(row):
                entry = holders.setdefault(kind, [0, []])
                entry[0] += 1
                entry[1] = [*entry[1], name][: RARE_FEW + 1]
        held.facts["methods"] = {"people": len(answer), "holders": holders}
        held.facts["no_mfa"] = sorted(without)[:PEOPLE_MAX]
        return Found(count=len(answer))

    def unusual(self, held: Round) -> list[Finding]:
        """Methods that hardly anybody has."""
        noted = held.facts.get("methods", {})
        return methods(noted.get("holders", {}), noted.get("people", 0))

    def limits(self, held: Round) -> tuple[str, str]:
        """All is seen."""
        return "", ""


def _kinds(row: dict[str, Any]) -> list[str]:
    registered = row.get("methodsRegistered")
    return sorted({kind for kind in registered if isinstance(kind, str)})[:20] if isinstance(registered, list) else []

"""Who holds a role in the directory, and how well that account is kept. Layer: streams."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from schemas.records.values import time_ms
from streams.cloud.seam import CloudError, Throttled
from streams.collectors.inventory.calls import Row, listing, text_of
from streams.collectors.inventory.kind import Found, Round
from streams.collectors.inventory.unusual import Finding, administrators

LISTS = " roles"
PEOPLE_MAX = 500
_READERS = ("reader", "directory synchronization")  # roles that change nothing, or that only software holds


class Administrators:
    """The kind "administrators". It comes after the methods, whose report says who has a second factor."""

    name = "administrators"
    title = "administrators"
    blind_spot = "who is an administrator is not seen"
    remedy = "Grant RoleManagement.Read.Directory (or Directory.Read.All) with admin consent."

    def parts(self, held: Round) -> list[str]:
        """The roles, then each person who holds one."""
        return [LISTS, *sorted(held.facts.get("administrators", {}))]

    def look(self, held: Round, part: str) -> Any:
        """Roles with their members; methods of one person, None where they may not be seen."""
        if part == LISTS:
            roles = listing(held.cloud, "directoryRoles")
            return [(role, listing(held.cloud, f"directoryRoles/{text_of(role, 'id')}/members")) for role in roles]
        try:
            return listing(held.cloud, f"users/{quote(part, safe='')}/authentication/methods")
        except Throttled:
            raise
        except CloudError:
            return None

    def take(self, held: Round, part: str, answer: Any) -> Found:
        """Note each holder; then when the latest method was registered."""
        if part != LISTS:
            made = [time_ms(row.get("createdDateTime")) or 0 for row in answer or ()]
            held.facts["administrators"][part]["newest"] = max(made, default=0)
            held.facts["methods_unseen"] = held.facts.get("methods_unseen", False) or answer is None
            return Found()
        people: dict[str, Any] = {}
        for role, members in answer:
            name = text_of(role, "displayName")
            if not any(word in name.lower() for word in _READERS):
                for member in members:
                    _note(people, member, name)
        held.facts["administrators"] = dict(sorted(people.items())[:PEOPLE_MAX])
        return Found(count=len(people))

    def unusual(self, held: Round) -> list[Finding]:
        """Without a second factor, guests, applications, new methods, too many."""
        without = held.facts.get("no_mfa")
        people = held.facts.get("administrators", {}).values()
        known = [{**one, "mfa": None if without is None else one["name"] not in without} for one in people]
        return administrators(known, held.started_ms)

    def limits(self, held: Round) -> tuple[str, str]:
        """Methods of a person need a permission of their own; a second factor is known from the report."""
        if held.facts.get("methods_unseen"):
            blind = "when administrators registered an authentication method is not seen"
            return blind, "Grant UserAuthenticationMethod.Read.All with admin consent."
        return "", ""


def _note(people: dict[str, Any], member: Row, role: str) -> None:
    name = text_of(member, "userPrincipalName").lower() or text_of(member, "displayName")
    identity = text_of(member, "id") or name
    guest = text_of(member, "userType").lower() == "guest" or "#ext#" in name
    application = "serviceprincipal" in text_of(member, "@odata.type").lower()
    one = people.setdefault(
        identity, {"name": name, "roles": [], "guest": guest, "application": application, "newest": 0}
    )
    if role not in one["roles"]:
        one["roles"].append(role)

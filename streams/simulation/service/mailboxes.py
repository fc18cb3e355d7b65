"""What is in each mailbox, and on each account, before the data begins. Layer: streams."""

from __future__ import annotations

from typing import Any

from streams.simulation.chance import chance
from streams.simulation.clock import DAY, graph_time
from streams.simulation.service.mailbox import JUNK_RULE, Mailbox, Rule
from streams.simulation.service.options import TenantOptions
from streams.simulation.world import names
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant

_DULL_RULES = (
    ("Newsletters", {"SubjectOrBodyContainsWords": "unsubscribe;newsletter", "MoveToFolder": "Newsletters"}),
    ("Tickets", {"SubjectContainsWords": "[Ticket]", "MoveToFolder": "Tickets"}),
    ("Alerts", {"SubjectContainsWords": "cron;backup", "MoveToFolder": "Alerts", "MarkAsRead": "True"}),
)
_PASSWORD = "28c10230-6103-485e-b985-444c60001490"  # the id that every account's password method has


def draw_mailbox(tenant: Tenant, people: list[Person], person: Person, options: TenantOptions) -> Mailbox:
    """The mailbox as it is when the data begins."""
    rng = chance(tenant.seed, person.index, "inventory")
    found = Mailbox()

    def rule(name: str, parameters: dict[str, str], age: int, hidden: bool = False) -> Rule:
        number = chance(tenant.seed, "rule number", person.index, name).getrandbits(62) | 1
        return Rule(number, name, dict(parameters), tenant.start - age * DAY, hidden=hidden)

    if person.kind not in ("service", "shared") and rng.happens(0.35):
        for name, parameters in rng.sample(_DULL_RULES, rng.whole(1, 2)):
            found.rules.append(rule(name, parameters, rng.whole(10, 400)))
    found.rules.append(rule(JUNK_RULE, {}, 500, hidden=True))
    if person.kind == "user" and rng.happens(0.02):
        domain = rng.pick(names.PERSONAL_DOMAINS)
        found.forwarding_smtp = f"smtp:{person.first}.{person.last}@{domain}".lower()
        found.deliver_and_forward = True
    if person.assistant >= 0:
        found.permissions.append((people[person.assistant].upn, "FullAccess"))
        if person.kind == "shared":
            found.permissions.append((people[person.assistant].upn, "SendAs"))
    if 0 < person.index <= options.bypassed:
        found.bypassed.begin(0)
    if 0 < person.index <= options.unaudited:
        found.unaudited.begin(0)
    return found


def draw_methods(tenant: Tenant, person: Person) -> list[dict[str, Any]]:
    """The authentication methods of an account."""
    rng = chance(tenant.seed, person.index, "methods")
    found: list[dict[str, Any]] = [
        _method("password", _PASSWORD, password=None, createdDateTime=graph_time(tenant.start - 200 * DAY))
    ]
    if person.kind in ("service", "shared"):
        return found
    if rng.happens(0.9):
        found.append(
            _method("microsoftAuthenticator", rng.guid(), displayName=person.phone.model or "Phone",
                    deviceTag="SoftwareTokenActivated", phoneAppVersion="6.8.11",
                    createdDateTime=graph_time(tenant.start - rng.whole(20, 900) * DAY))
        )  # fmt: skip
    if rng.happens(0.5):
        found.append(_method("phone", rng.guid(), phoneNumber="+49 1555 0100", phoneType="mobile",
                             smsSignInState="notAllowedByPolicy"))  # fmt: skip
    return found


def _method(kind: str, identity: str, **members: Any) -> dict[str, Any]:
    return {"@odata.type": f"#microsoft.graph.{kind}AuthenticationMethod", "id": identity} | members

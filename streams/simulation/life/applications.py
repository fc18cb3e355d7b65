"""Applications of the tenant, and the tokens they get every day. Layer: streams."""

from __future__ import annotations

from typing import NamedTuple

from streams.simulation.chance import chance
from streams.simulation.clock import DAY, HOUR, MINUTE
from streams.simulation.record import Record
from streams.simulation.records.principals import GRAPH_API, Principal, principal_signin
from streams.simulation.world.networks import Place, draw_place, microsoft_place
from streams.simulation.world.tenant import Tenant


class Application(NamedTuple):
    """An application with its daily pace: `credential` as the sign-in log names it, `scopes` its application roles."""

    principal: Principal
    credential: str
    hours: float
    roles: tuple[str, ...]


def tenant_applications(tenant: Tenant) -> tuple[Application, ...]:
    """The applications that the tenant runs itself."""
    rng = chance(tenant.seed, "applications")
    kinds = (
        ("Linden CRM", "clientSecret", 4.0, ("Contacts.Read", "Mail.Send")),
        ("Harbor Backup", "certificate", 6.0, ("Sites.Read.All", "Mail.Read", "full_access_as_app")),
        ("Summit HR Sync", "clientSecret", 12.0, ("User.ReadWrite.All",)),
        ("vm-reporting-01", "managedIdentity", 3.0, ("Reports.Read.All",)),
    )
    return tuple(
        Application(Principal(rng.guid(), rng.guid(), name), credential, hours, roles)
        for name, credential, hours, roles in kinds
    )


def _home(tenant: Tenant, application: Application) -> Place:
    rng = chance(tenant.seed, "application home", application.principal.app_id)
    return microsoft_place(rng) if rng.happens(0.5) else draw_place("hosting", tenant.country, rng)


def application_day(tenant: Tenant, day: int) -> list[Record]:
    """Sign-ins of the tenant's applications on one day."""
    found: list[Record] = []
    for application in tenant_applications(tenant):
        rng = chance(tenant.seed, "application", application.principal.app_id, day)
        place = _home(tenant, application)
        at = tenant.start + day * DAY + rng.whole(0, int(application.hours * 60)) * MINUTE
        while at < tenant.start + (day + 1) * DAY:
            found.append(
                principal_signin(tenant, application.principal, rng, at, GRAPH_API, place, application.credential)
            )
            at += int(application.hours * HOUR * rng.uniform(0.9, 1.1))
    return found

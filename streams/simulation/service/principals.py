"""The canary: every token that our own application gets comes back as a sign-in. Layer: streams."""

from __future__ import annotations

import orjson

from streams.simulation.chance import Chance, chance
from streams.simulation.clock import MINUTE
from streams.simulation.record import Record
from streams.simulation.records.principals import (
    EXCHANGE_API,
    GRAPH_API,
    MANAGEMENT_API,
    Principal,
    Target,
    principal_signin,
)
from streams.simulation.service.item import Item
from streams.simulation.service.options import Resource
from streams.simulation.service.tenant import PracticeTenant
from streams.simulation.world.networks import Place, microsoft_place

APPLICATION_NAME = "Watchpost"
_TARGETS: dict[Resource, Target] = {
    Resource.MANAGEMENT: MANAGEMENT_API,
    Resource.GRAPH: GRAPH_API,
    Resource.EXCHANGE: EXCHANGE_API,
}


def _place(tenant: PracticeTenant, rng: Chance) -> Place:
    return tenant.world.tenant.offices[0] if tenant.world.tenant.offices else microsoft_place(rng)


def _own(tenant: PracticeTenant, resource: Resource, credential: str, now_ms: int) -> Record:
    rng = chance(tenant.options.seed, "own sign-in", now_ms, resource, credential)
    who = Principal(tenant.client_id, tenant.principal_id, APPLICATION_NAME)
    return principal_signin(tenant.world.tenant, who, rng, now_ms, _TARGETS[resource], _place(tenant, rng), credential)


def _deliver(tenant: PracticeTenant, name: str, record: Record) -> None:
    rng = chance(tenant.options.seed, "own delay", record.time)
    delay = int(rng.uniform(1.0, 6.0) * MINUTE * min(1.0, tenant.options.lateness))
    delay += int(tenant.options.signin_delay_minutes * MINUTE)
    tenant.deliver(name, Item(record.time + delay, record.time, tenant.keep(orjson.dumps(record.body))))


def service_signin(tenant: PracticeTenant, resource: Resource, credential: str, now_ms: int) -> None:
    """Our application got a token with its own credential."""
    _deliver(tenant, "signIns/servicePrincipal", _own(tenant, resource, credential, now_ms))


def managed_identity_signin(tenant: PracticeTenant, resource: Resource, now_ms: int) -> None:
    """Our application got a token as a managed identity."""
    _deliver(tenant, "signIns/managedIdentity", _own(tenant, resource, "managedIdentity", now_ms))

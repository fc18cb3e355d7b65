"""Records that no documentation prepares for: unknown types, text for numbers, missing members. Layer: streams."""

from __future__ import annotations

from streams.simulation.chance import Chance, chance
from streams.simulation.clock import DAY, audit_time
from streams.simulation.record import MANAGEMENT, Body, Record
from streams.simulation.service.options import TenantOptions
from streams.simulation.world.tenant import Tenant

_UNKNOWN_TYPES = (271, 313, 334, 361, 10_017)
_OPERATIONS = ("SensorReadingStored", "PlanItemTouched", "CapacityNoteWritten", "AssistantTurn")


def roughen(body: Body, rng: Chance) -> None:
    """One of the ways in which live records differ from the schema."""
    way = rng.whole(0, 2)
    if way == 0:
        body["UserType"] = str(body["UserType"])
    elif way == 1:
        body["RecordType"] = str(body["RecordType"])
    else:
        body.pop("ClientIP", None)
        body.pop("ClientIPAddress", None)


def odd_records(tenant: Tenant, options: TenantOptions, day: int) -> list[Record]:
    """Records of a day whose type nobody has documented."""
    rng = chance(tenant.seed, "odd", day)
    found: list[Record] = []
    for _ in range(rng.poisson(options.odd * options.accounts * 120)):
        at = tenant.start + day * DAY + int(rng.random() * DAY)
        body: Body = {
            "CreationTime": audit_time(at),
            "Id": rng.guid(),
            "Operation": rng.pick(_OPERATIONS),
            "OrganizationId": tenant.org_id,
            "RecordType": rng.pick(_UNKNOWN_TYPES),
            "UserKey": "",
            "UserType": 4,
            "Version": 1,
            "Workload": rng.pick(("Planner", "Viva", "Copilot")),
            "UserId": "ServicePrincipal_" + rng.guid(),
            "Extra": {"nested": [1, None, {"deep": True}], "text": "\u00e4\u2028\U0001f4e7"},
        }
        found.append(Record(MANAGEMENT, at, body["Id"], body))
    return found

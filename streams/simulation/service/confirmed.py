"""The risk detection that an administrator's (or an application's) confirmation of a takeover leaves. Layer: streams."""

from __future__ import annotations

from streams.simulation.chance import chance
from streams.simulation.clock import trace_time
from streams.simulation.record import Body
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant

_KIND = "adminConfirmedUserCompromised"


def confirmed_risk(tenant: Tenant, person: Person, now_ms: int) -> Body:
    """The row of Graph's risk detections: about the user, not about a sign-in."""
    moment = trace_time(now_ms)
    return {
        "id": chance(tenant.seed, "confirmed", person.index, now_ms).hexadecimal(64).lower(),
        "requestId": None,
        "correlationId": None,
        "riskEventType": _KIND,
        "riskState": "confirmedCompromised",
        "riskLevel": "high",
        "riskDetail": _KIND,
        "source": "IdentityProtection",
        "detectionTimingType": "offline",
        "activity": "user",
        "tokenIssuerType": "AzureAD",
        "ipAddress": None,
        "activityDateTime": moment,
        "detectedDateTime": moment,
        "lastUpdatedDateTime": moment,
        "userId": person.object_id,
        "userDisplayName": person.display,
        "userPrincipalName": person.upn,
        "additionalInfo": "[]",
        "location": None,
    }

"""Sign-ins of applications: service principals and managed identities (Graph beta shape). Layer: streams."""

from __future__ import annotations

from typing import NamedTuple

from streams.simulation.chance import Chance
from streams.simulation.clock import graph_time
from streams.simulation.record import SIGNINS, Body, Record
from streams.simulation.world.networks import Place
from streams.simulation.world.tenant import Tenant


class Principal(NamedTuple):
    """An application in the tenant: application id, service principal id and name."""

    app_id: str
    object_id: str
    name: str


class Target(NamedTuple):
    """The API that an application asks a token for."""

    app_id: str
    name: str


MANAGEMENT_API = Target("c5393580-f805-4401-95e8-94b7a6ef2fc2", "Office 365 Management APIs")
GRAPH_API = Target("00000003-0000-0000-c000-000000000000", "Microsoft Graph")
EXCHANGE_API = Target("00000002-0000-0ff1-ce00-000000000000", "Office 365 Exchange Online")


def principal_signin(
    tenant: Tenant, who: Principal, rng: Chance, at: int, target: Target, place: Place, credential: str, error: int = 0
) -> Record:
    """A token given to an application; `credential` is clientSecret, clientAssertion, certificate or managedIdentity."""
    managed = credential == "managedIdentity"
    uid, key = rng.guid(), rng.guid()
    body: Body = {
        "id": uid,
        "createdDateTime": graph_time(at),
        "userDisplayName": None,
        "userPrincipalName": None,
        "userId": "",
        "appId": who.app_id,
        "appDisplayName": who.name,
        "appOwnerTenantId": tenant.org_id,
        "resourceId": target.app_id,
        "resourceDisplayName": target.name,
        "resourceTenantId": tenant.org_id,
        "homeTenantId": tenant.org_id,
        "ipAddress": "" if managed else place.ip,
        "autonomousSystemNumber": 0 if managed else place.network.asn,
        "clientAppUsed": None,
        "userAgent": None,
        "correlationId": rng.guid(),
        "originalRequestId": "",
        "isInteractive": False,
        "signInEventTypes": ["managedIdentity" if managed else "servicePrincipal"],
        "servicePrincipalId": who.object_id,
        "servicePrincipalName": who.name,
        "servicePrincipalCredentialKeyId": "" if managed else key,
        "servicePrincipalCredentialThumbprint": rng.hexadecimal(40) if credential == "certificate" else "",
        "clientCredentialType": credential,
        "authenticationProtocol": "none",
        "incomingTokenType": "none",
        "conditionalAccessStatus": "notApplied",
        "crossTenantAccessType": "none",
        "tokenIssuerType": "AzureAD",
        "uniqueTokenIdentifier": rng.token(),
        "riskDetail": "none",
        "riskLevelAggregated": "none",
        "riskLevelDuringSignIn": "none",
        "riskState": "none",
        "riskEventTypes_v2": [],
        "status": {
            "errorCode": error,
            "failureReason": "Other." if error == 0 else "Invalid client secret is provided.",
            "additionalDetails": None,
        },
        "deviceDetail": {"deviceId": "", "displayName": None, "operatingSystem": "", "browser": ""},
        "location": {
            "city": "" if managed else place.city.name,
            "state": "" if managed else place.city.state,
            "countryOrRegion": "" if managed else place.city.country,
            "geoCoordinates": {"altitude": None, "latitude": None, "longitude": None},
        },
        "appliedConditionalAccessPolicies": [],
        "authenticationProcessingDetails": [],
    }
    if managed:
        body["managedServiceIdentity"] = {"msiType": "systemAssigned", "associatedResourceId": "",
                                          "federatedTokenId": "", "federatedTokenIssuer": ""}  # fmt: skip
    return Record(SIGNINS, at, uid, body)

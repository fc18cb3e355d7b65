"""Sign-ins twice told: the Graph sign-in row and the audit log's STS logon with the same id. Layer: streams."""

from __future__ import annotations

from typing import NamedTuple

from streams.simulation.chance import Chance
from streams.simulation.clock import graph_time
from streams.simulation.record import MANAGEMENT, SIGNINS, Body, Record
from streams.simulation.records.common import envelope
from streams.simulation.world.devices import App, Device
from streams.simulation.world.networks import Place
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant

FAILURES: dict[int, tuple[str, str]] = {
    0: ("", "Other."),
    50126: ("InvalidUserNameOrPassword", "Error validating credentials due to invalid username or password."),
    50053: ("IdsLocked", "The account is locked, you've tried to sign in too many times with an incorrect password."),
    50055: ("InvalidPasswordExpiredPassword", "The password is expired."),
    50058: ("UserInformationNotProvided", "Session information is not sufficient for single-sign-on."),
    50072: ("UserStrongAuthEnrollmentRequiredInterrupt", "User needs to enroll for second factor authentication."),
    50074: ("UserStrongAuthClientAuthNRequiredInterrupt", "Strong Authentication is required."),
    50076: ("UserStrongAuthClientAuthNRequired", "You must use multi-factor authentication to access the resource."),
    50089: ("FlowTokenExpired", "Authentication failed due to flow token expired."),
    50140: ("", "This error occurred due to 'Keep me signed in' interrupt when the user was signing-in."),
    50057: ("UserDisabled", "User account is disabled. The account has been disabled by an administrator."),
    50173: ("FreshTokenNeeded", "The provided grant has expired due to it being revoked."),
    50034: ("UserAccountNotFound", "The user account does not exist in the directory."),
    50133: ("SsoArtifactRevoked", "The session is not valid due to password expiration or recent password change."),
    500121: ("AuthenticationFailedSasError", "Authentication failed during strong authentication request."),
    700082: ("ExpiredOrRevokedRefreshToken", "The refresh token has expired due to inactivity."),
}  # fmt: skip


class SignIn(NamedTuple):
    """One sign-in event."""

    at: int
    place: Place
    app: App
    device: Device | None
    agent: str
    browser: str
    session: str
    token: str
    interactive: bool = True
    error: int = 0
    mfa: bool = True
    protocol: str = "none"
    incoming: str = "none"
    risk: str = "none"
    typed_name: str = ""


def _device_detail(device: Device | None, browser: str) -> Body:
    if device is None:
        return {"deviceId": "", "displayName": "", "operatingSystem": "Windows10", "browser": browser,
                "isCompliant": False, "isManaged": False, "trustType": ""}  # fmt: skip
    return {
        "deviceId": device.device_id,
        "displayName": device.name,
        "operatingSystem": device.os,
        "browser": browser,
        "isCompliant": device.managed,
        "isManaged": device.managed,
        "trustType": device.trust,
    }


def _details(event: SignIn) -> list[Body]:
    if not event.interactive or event.protocol == "ropc":
        return []
    first = {
        "authenticationStepDateTime": graph_time(event.at),
        "authenticationMethod": "Password",
        "authenticationMethodDetail": "Password in the cloud",
        "succeeded": event.error not in (50126, 50053, 50034),
        "authenticationStepResultDetail": "Correct password" if event.error not in (50126, 50053, 50034)
        else "Invalid username or password or Invalid on-premise username or password.",
        "authenticationStepRequirement": "Primary authentication",
    }  # fmt: skip
    return [first]


def _location(place: Place) -> Body:
    city = place.city
    return {
        "city": city.name,
        "state": city.state,
        "countryOrRegion": city.country,
        "geoCoordinates": {"altitude": None, "latitude": city.latitude, "longitude": city.longitude},
    }


def _risk(level: str) -> Body:
    return {
        "riskDetail": "none",
        "riskLevelAggregated": level,
        "riskLevelDuringSignIn": level,
        "riskState": "none" if level == "none" else "atRisk",
        "riskEventTypes_v2": [],
    }


def signin_record(tenant: Tenant, who: Person, rng: Chance, event: SignIn, uid: str) -> Record:
    """The Graph sign-in row (beta shape)."""
    error, app = event.error, event.app
    note = "MFA requirement satisfied by claim in the token" if event.mfa and not event.interactive else (
        "MFA completed in Azure AD" if event.mfa and error == 0 else None)  # fmt: skip
    body: Body = {
        "id": uid,
        "createdDateTime": graph_time(event.at),
        "userDisplayName": who.display,
        "userPrincipalName": who.upn,
        "userId": who.object_id,
        "userType": "member",
        "appId": app.app_id,
        "appDisplayName": app.name,
        "resourceId": app.resource_id,
        "resourceDisplayName": app.resource,
        "resourceTenantId": tenant.org_id,
        "homeTenantId": tenant.org_id,
        "ipAddress": event.place.ip,
        "autonomousSystemNumber": event.place.network.asn,
        "clientAppUsed": app.client,
        "userAgent": event.agent,
        "correlationId": rng.guid(),
        "originalRequestId": uid,
        "isInteractive": event.interactive,
        "signInEventTypes": ["interactiveUser" if event.interactive else "nonInteractiveUser"],
        "authenticationProtocol": event.protocol,
        "incomingTokenType": event.incoming,
        "authenticationRequirement": "multiFactorAuthentication" if event.mfa else "singleFactorAuthentication",
        "conditionalAccessStatus": "success"
        if error == 0
        else ("failure" if error in (50074, 50076) else "notApplied"),
        "crossTenantAccessType": "none",
        "tokenIssuerType": "AzureAD",
        "uniqueTokenIdentifier": event.token,
        "sessionId": event.session,
        "signInTokenProtectionStatus": "none",
        "originalTransferMethod": "none",
        **_risk(event.risk),
        "status": {"errorCode": error, "failureReason": FAILURES[error][1], "additionalDetails": note},
        "deviceDetail": _device_detail(event.device, event.browser),
        "location": _location(event.place),
        "appliedConditionalAccessPolicies": [],
        "authenticationDetails": _details(event),
        "authenticationProcessingDetails": [],
        "networkLocationDetails": [],
        "sessionLifetimePolicies": [],
    }
    return Record(SIGNINS, event.at, uid, body)


def _request_type(event: SignIn, rng: Chance) -> str:
    if event.error in (50074, 50076):
        return "Login:login"
    if event.error == 500121:
        return "SAS:EndAuth"
    if event.interactive:
        return rng.pick(("OAuth2:Authorize", "OAuth2:Authorize", "SAS:ProcessAuth", "Login:reprocess", "Kmsi:kmsi"))
    return "OAuth2:Token" if event.app.client != "Browser" else "OAuth2:Authorize"


def logon_record(tenant: Tenant, who: Person, rng: Chance, event: SignIn, uid: str) -> Record:
    """The STS logon of the audit log: same id, no location, no risk; failures often say ``Success``."""
    failed = event.error not in (0, 50140)
    status = "Failed" if failed and rng.happens(0.25) else "Success"
    user = event.typed_name or who.upn
    key = who.object_id if not event.typed_name else "00000000-0000-0000-0000-000000000000"
    body = envelope(tenant, event.at, uid, "UserLoginFailed" if failed else "UserLoggedIn", 15, status,
                    (key, 0, "AzureActiveDirectory", ""))  # fmt: skip
    app, ip = event.app, event.place.ip
    body["ClientIP"] = ip
    body["ObjectId"] = app.resource_id
    body["UserId"] = user
    body["AzureActiveDirectoryEventType"] = 1
    extended = [
        {"Name": "ResultStatusDetail", "Value": "Success" if status == "Success" else "UserError"},
        {"Name": "UserAgent", "Value": event.agent},
    ]
    if event.interactive:
        extended.append({"Name": "UserAuthenticationMethod", "Value": rng.pick(("1", "1", "16457", "8"))})
    extended.append({"Name": "RequestType", "Value": _request_type(event, rng)})
    if event.error == 50140:
        extended.append({"Name": "KeepMeSignedIn", "Value": "true"})
    body["ExtendedProperties"] = extended
    body["ModifiedProperties"] = []
    body["Actor"] = [{"ID": key, "Type": 0}, {"ID": user, "Type": 5}]
    body["ActorContextId"] = tenant.org_id
    body["ActorIpAddress"] = ip
    body["InterSystemsId"] = rng.guid()
    body["IntraSystemId"] = uid
    body["SupportTicketId"] = ""
    body["Target"] = [{"ID": app.resource_id, "Type": 0}]
    body["TargetContextId"] = tenant.org_id
    body["ApplicationId"] = app.app_id
    properties = _device_properties(event)
    if properties:
        body["DeviceProperties"] = properties
    body["ErrorNumber"] = str(event.error)
    if failed and FAILURES[event.error][0]:
        body["LogonError"] = FAILURES[event.error][0]
    return Record(MANAGEMENT, event.at, uid, body)


def _device_properties(event: SignIn) -> list[Body]:
    if event.protocol == "ropc":
        return []
    device = event.device
    found: list[Body] = []
    if device is not None and device.device_id:
        found.append({"Name": "Id", "Value": device.device_id})
        found.append({"Name": "DisplayName", "Value": device.name})
    found.append({"Name": "OS", "Value": device.os if device is not None else "Windows10"})
    found.append({"Name": "BrowserType", "Value": event.browser.partition(" ")[0] or "Other"})
    if device is not None and device.device_id:
        found.append({"Name": "TrustType", "Value": "2" if device.managed else "0"})
    found.append({"Name": "IsCompliantAndManaged", "Value": str(device is not None and device.managed)})
    if event.session:
        found.append({"Name": "SessionId", "Value": event.session})
    return found

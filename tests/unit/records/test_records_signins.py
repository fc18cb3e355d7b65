"""Sign-ins of Graph, Event Hubs and Log Analytics, logons and directory audits of the audit log."""

from __future__ import annotations

import orjson
import pytest

from schemas.records.aadsts import FAILURES, failure_of
from schemas.records.decode import decode
from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent, Failure, SignIn, Source
from tests.unit.records import samples


def read(record: object) -> AuditEvent:
    """A record as an event."""
    return decode(orjson.dumps(record))


def detail(record: object) -> SignIn:
    """The sign-in of a record."""
    found = read(record).detail
    assert isinstance(found, SignIn)
    return found


def test_graph_sign_in() -> None:
    """The reference's example, whole."""
    event = read(samples.sign_in())
    assert (event.source, event.record_id) == (Source.SIGNIN, "a9ec0e71-0d77-4d2b-9f1e-43d004752001")
    assert (event.user, event.tenant, event.ip) == (samples.ADA, samples.TENANT, "203.0.113.44")
    assert (event.session, event.token, event.ok) == (samples.SESSION, samples.TOKEN, True)
    assert (event.time_ms, event.app_only) == (1_786_698_760_000, False)
    assert event.user_ids == (("oid", samples.ADA_OID),)
    found = event.detail
    assert isinstance(found, SignIn)
    assert (found.error, found.failure, found.interactive, found.mfa_by_claim) == (0, None, True, True)
    assert (found.country, found.city, found.latitude, found.longitude) == ("DE", "Hamburg", 53.55, 9.99)
    assert (found.asn, found.device, found.managed, found.protocol, found.risk) == (64500, "", False, None, None)


def test_v1_sign_in_without_the_beta_members() -> None:
    """v1.0 has no session, token, protocol, type or ASN."""
    record = samples.sign_in()
    for name in (
        *("sessionId", "uniqueTokenIdentifier", "signInEventTypes", "authenticationProtocol", "userType"),
        *("autonomousSystemNumber", "originalRequestId"),
    ):
        del record[name]
    event = read(record)
    assert (event.session, event.token, event.user) == (None, None, samples.ADA)
    assert detail(record).asn is None


def test_hub_sign_in() -> None:
    """The event time is that of `properties`, never that of ingestion."""
    event = read(samples.hub_sign_in())
    assert (event.source, event.record_id) == (Source.SIGNIN, "c9db5eee-1f87-4404-8a6c-2d1e09d1b001")
    assert (event.time_ms, event.tenant, event.ok) == (1_786_698_602_695, samples.TENANT, False)
    assert detail(samples.hub_sign_in()).failure is Failure.BAD


def test_hub_sign_in_with_the_code_outside() -> None:
    """`resultType` is text, and stands in where `status` says nothing."""
    assert detail(samples.hub_sign_in(status={})).error == 50126


def test_table_sign_in() -> None:
    """A Log Analytics row: capitals, objects as text, the workspace in TenantId."""
    row = samples.table_sign_in()
    event = read(row)
    assert (event.time_ms, event.tenant, event.session) == (1_786_698_760_000, samples.TENANT, samples.SESSION)
    assert (detail(row).city, detail(row).error, detail(row).browser) == ("Hamburg", 0, "Chrome 127.0.0")


@pytest.mark.parametrize(
    ("changes", "app_only"),
    [
        ({"signInEventTypes": ["servicePrincipal"]}, True),
        ({"signInEventTypes": ["managedIdentity"], "userPrincipalName": ""}, True),
        ({"signInEventTypes": ["nonInteractiveUser"]}, False),
        ({"userPrincipalName": None, "userId": "", "servicePrincipalId": "s", "signInEventTypes": []}, True),
    ],
)
def test_application_sign_ins(changes: dict[str, object], app_only: bool) -> None:
    """Said by the event type, else by a service principal without a user."""
    assert read(samples.sign_in(**changes)).app_only is app_only


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"createdDateTime": None}, "no createdDateTime"),
        ({"createdDateTime": "not-a-time"}, "createdDateTime is no time of 2000 to 2099"),
        ({"status": {}}, "a sign-in without an error code"),
        ({"status": {"errorCode": -1}}, "a sign-in without an error code"),
    ],
)
def test_unreadable_sign_ins(changes: dict[str, object], reason: str) -> None:
    """The outcome and the time are what a sign-in cannot do without."""
    with pytest.raises(UnreadableRecord) as caught:
        read(samples.sign_in(**changes))
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("member", "value", "field", "expected"),
    [
        ("location", {"countryOrRegion": "Germany"}, "country", None),
        ("location", {"geoCoordinates": {"latitude": "53.5", "longitude": "9.9"}}, "latitude", 53.5),
        ("location", {"geoCoordinates": {"latitude": 153, "longitude": 9.9}}, "latitude", None),
        ("location", {"geoCoordinates": {"latitude": "NaN", "longitude": 9.9}}, "longitude", None),
        ("deviceDetail", {"deviceId": "d1", "isManaged": "true"}, "managed", True),
        ("deviceDetail", None, "device", None),
        ("autonomousSystemNumber", 0, "asn", None),
        ("autonomousSystemNumber", "64500", "asn", 64500),
        ("riskLevelDuringSignIn", "High", "risk", "high"),
        ("riskLevelDuringSignIn", "hidden", "risk", None),
        ("authenticationProtocol", "deviceCode", "protocol", "deviceCode"),
    ],
)
def test_sign_in_fields(member: str, value: object, field: str, expected: object) -> None:
    """What is out of range or says nothing is absent."""
    assert getattr(detail(samples.sign_in(**{member: value})), field) == expected


def test_redacted_address() -> None:
    """Rows of foreign tenants hide the last part."""
    assert read(samples.sign_in(ipAddress="203.0.113.XXX")).ip is None


def test_logon() -> None:
    """The reference's example: session and agent are in lists of names and values."""
    event = read(samples.logon())
    found = event.detail
    assert isinstance(found, SignIn)
    assert (event.source, event.ok, event.session) == (Source.MANAGEMENT, True, samples.SESSION)
    assert (event.user_agent, event.app) == (samples.AGENT, "9199bf20-a13f-4107-85dc-02114787ef48")
    assert event.user_ids == (("oid", samples.ADA_OID),)
    assert (found.request_id, found.request_type, found.os) == (event.record_id, "OAuth2:Token", "Windows10")


def test_failed_logon_says_success() -> None:
    """ResultStatus lies: operation and error number decide."""
    record = samples.logon("UserLoginFailed", "50126", ResultStatus="Success", LogonError="InvalidUserNameOrPassword")
    assert read(record).ok is False
    assert detail(record).failure is Failure.BAD


@pytest.mark.parametrize(
    ("operation", "error", "failure"),
    [
        ("UserLoggedIn", "0", None),
        ("UserLoggedIn", "50140", None),
        ("UserLoginFailed", "50074", Failure.PASSWORD_KNOWN),
        ("UserLoginFailed", "53003", Failure.BLOCKED),
        ("UserLoginFailed", "50058", Failure.INTERRUPT),
        ("UserLoginFailed", "65001", Failure.CONFIG),
        ("UserLoginFailed", "123456", Failure.INTERRUPT),
        ("UserLoginFailed", "0", Failure.INTERRUPT),
        ("UserLoginFailed", "x", Failure.INTERRUPT),
    ],
)
def test_logon_outcomes(operation: str, error: str, failure: Failure | None) -> None:
    """A failure is what the number says; an unknown number is no bad credential."""
    assert detail(samples.logon(operation, error)).failure is failure


def test_logon_error_by_name_and_by_the_other_member() -> None:
    """ErrorNumber may be missing, or be ErrorCode."""
    record = samples.logon("UserLoginFailed", LogonError="IdsLocked")
    del record["ErrorNumber"]
    assert detail(record).error == 50053
    assert detail({**record, "ErrorCode": 50126}).error == 50126


@pytest.mark.parametrize("changes", [{"DeviceProperties": None}, {"Actor": []}, {"ExtendedProperties": "x"}])
def test_logon_with_parts_missing(changes: dict[str, object]) -> None:
    """Lists may be absent, short or text: the user is in UserId."""
    assert read(samples.logon(**changes)).user == samples.ADA


def test_logon_of_an_object_id() -> None:
    """Where UserId has no name the actor's UPN is taken."""
    assert read(samples.logon(UserId=samples.ADA_OID)).user == samples.ADA
    assert read(samples.logon(UserId=samples.ADA_OID, Actor=[])).user == samples.ADA_OID


@pytest.mark.parametrize(("code", "failure"), sorted(FAILURES.items()))
def test_every_code_of_the_table(code: int, failure: Failure) -> None:
    """Both feeds read a code alike."""
    assert detail(samples.sign_in(status={"errorCode": code})).failure is failure
    assert detail(samples.logon("UserLoginFailed", str(code))).failure is failure


def test_locked_has_two_causes() -> None:
    """50053 is a lockout by wrong passwords, or a malicious address refused."""
    assert failure_of(50053, "The account is locked") is Failure.BAD
    assert (
        failure_of(50053, "Sign-in was blocked because it came from an IP with malicious activity") is Failure.BLOCKED
    )


def test_directory_audit() -> None:
    """Actor by type, not by place; the agent is in JSON in a string."""
    event = read(samples.consent())
    assert (event.operation, event.user, event.user_agent) == ("Consent to application", samples.ADA, samples.AGENT)
    assert dict(event.user_ids) == {"oid": samples.ADA_OID, "puid": samples.ADA_PUID}
    turned = samples.consent()
    turned["Actor"].reverse()
    assert read(turned).user_ids == event.user_ids


def test_directory_audit_by_an_application() -> None:
    """A service principal acts for itself."""
    actor = [
        {"ID": "ServicePrincipal_2383a669-4444-49c4-a7e6-a15950ecc001", "Type": 2},
        {"ID": "2383a669-4444-49c4-a7e6-a15950ecc001", "Type": 2},
        {"ID": samples.APP, "Type": 2},
    ]
    event = read(samples.consent(UserId="ServicePrincipal_2383a669-4444-49c4-a7e6-a15950ecc001", Actor=actor))
    assert (event.app_only, event.app) == (True, samples.APP)


def test_directory_audit_on_a_user() -> None:
    """The target is another account; oneself is none."""
    target = [{"ID": f"User_{samples.ADA_OID}", "Type": 2}, {"ID": samples.BEN, "Type": 5}]
    assert read(samples.consent(Operation="Reset user password.", Target=target)).target == samples.BEN
    own = [{"ID": samples.ADA, "Type": 5}]
    assert read(samples.consent(Operation="Change user password.", Target=own)).target is None

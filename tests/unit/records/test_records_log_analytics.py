"""Rows of Log Analytics: sign-ins of every table, OfficeActivity; columns with capitals, objects as text, empty cells."""

from __future__ import annotations

import json
from dataclasses import asdict

import orjson
import pytest

from schemas.records.decode import decode
from schemas.records.diagnostic import CATEGORIES
from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent, Failure, InboxRule, SignIn, Source
from schemas.records.export_row import unwrap
from tests.unit.records import samples

WORKSPACE = "11111111-2222-3333-4444-555555555555"


def read(record: object) -> AuditEvent:
    """A record as an event."""
    return decode(orjson.dumps(record))


def detail(record: object) -> SignIn:
    """The sign-in of a record."""
    found = read(record).detail
    assert isinstance(found, SignIn)
    return found


def row_of(table: str, **members: object) -> samples.Record:
    """A row without `Category`, as every column of the table gives it."""
    row = samples.table_sign_in(Type=table, **members)
    del row["Category"]
    return row


@pytest.mark.parametrize("table", ["SigninLogs", "AADNonInteractiveUserSignInLogs"])
@pytest.mark.parametrize("as_text", [True, False])
def test_sign_ins_of_users(table: str, as_text: bool) -> None:
    """The same sign-in as Graph's; nested objects are text in one table and objects in the other."""
    graph = samples.sign_in()
    nested = {"LocationDetails": graph["location"], "Status": graph["status"], "DeviceDetail": graph["deviceDetail"]}
    held = {name: json.dumps(value) if as_text else value for name, value in nested.items()}
    row = row_of(table, Location="DE", IsInteractive="false", AutonomousSystemNumber="64500", **held)
    event, plain = read(row), read(graph)
    assert (event.source, event.record_id, event.time_ms) == (Source.SIGNIN, plain.record_id, plain.time_ms)
    assert (event.user, event.ip, event.session, event.tenant) == (plain.user, plain.ip, plain.session, plain.tenant)
    found, expected = detail(row), detail(graph)
    assert (found.city, found.latitude, found.country, found.asn) == ("Hamburg", 53.55, "DE", 64500)
    assert (found.browser, found.mfa_by_claim, found.interactive) == (expected.browser, True, False)


@pytest.mark.parametrize("table", ["AADServicePrincipalSignInLogs", "AADManagedIdentitySignInLogs"])
def test_sign_ins_of_applications(table: str) -> None:
    """No user is behind them."""
    row = row_of(table, UserPrincipalName=None, UserId=None, ServicePrincipalId=samples.PRINCIPAL, AppId=samples.APP)
    assert (read(row).app_only, read(row).app) == (True, samples.APP)


def test_a_projected_row_is_known_by_its_columns() -> None:
    """A query keeps the columns that it names: no table, no category, no status."""
    row = {
        "TimeGenerated": "2026-08-14T09:12:40.69Z",
        "UserPrincipalName": samples.ADA,
        "IPAddress": "203.0.113.44",
        "ResultType": "50126",
        "ResultDescription": "Invalid username or password",
        "Location": "DE",
    }
    event = read(row)
    assert (event.source, event.time_ms, event.user) == (Source.SIGNIN, 1_786_698_760_690, samples.ADA)
    assert (detail(row).failure, detail(row).country) == (Failure.BAD, "DE")


@pytest.mark.parametrize(
    ("written", "millis"),
    [
        ("2026-08-14T09:10:02.69Z", 690),
        ("2026-08-14T09:10:02.6955459Z", 695),
        ("8/14/2026, 9:10:02.695 AM", 695),
        ("8/14/2026, 9:10:02 AM", 0),
        ("8/14/2026, 9:10:02.6 AM", 600),
        ("8/14/2026 9:10:02 AM", 0),
        ("14.08.2026, 09:10:02.695", 695),
    ],
)
def test_time_forms(written: str, millis: int) -> None:
    """As the service, the portal and the console write a time."""
    assert read(row_of("SigninLogs", CreatedDateTime=written)).time_ms == 1_786_698_602_000 + millis


@pytest.mark.parametrize("written", ["8/14/2026, 9:10:02. AM", "8/14/2026, 13:10:02.695 PM", "8/14/2026, 9:10.695 AM"])
def test_no_times(written: str) -> None:
    """Nothing is guessed."""
    with pytest.raises(UnreadableRecord, match="no time"):
        read(row_of("SigninLogs", CreatedDateTime=written))


def test_the_status_may_be_empty() -> None:
    """Then the row's own result counts."""
    assert detail(row_of("SigninLogs", Status="", ResultType="50053", ResultDescription="malicious IP")).error == 50053
    assert detail(row_of("SigninLogs", Status="{}", ResultType="0")).failure is None
    with pytest.raises(UnreadableRecord, match="without an error code"):
        read(row_of("SigninLogs", Status="", ResultType=""))


def test_the_workspace_is_no_tenant() -> None:
    """`TenantId` is the workspace; `ResourceId` is the log's own."""
    row = row_of(
        "SigninLogs", TenantId=WORKSPACE, ResourceId="/tenants/x", ResourceDisplayName="", ResourceIdentity="r"
    )
    assert (read(row).tenant, detail(row).resource) == (samples.TENANT, "r")


def test_office_activity_with_empty_cells() -> None:
    """Every row of an export has all columns: an empty one hides nothing."""
    empty = dict.fromkeys(("Id", "ClientIP", "OrganizationId", "AppAccessContext", "UserAgent", "Workload"), "")
    row = {**empty, **samples.office_activity(OfficeTenantId=samples.TENANT), **empty}
    event = read(row)
    assert (event.record_id, event.ip, event.tenant) == (samples.new_inbox_rule()["Id"], "203.0.113.44", samples.TENANT)
    assert (event.workload, event.record_type, isinstance(event.detail, InboxRule)) == ("Exchange", 1, True)


def capitals(value: object) -> object:
    """The object as Graph's PowerShell modules write it."""
    if isinstance(value, dict):
        names = {"ipAddress": "IPAddress"}
        return {names.get(name, name[:1].upper() + name[1:]): capitals(held) for name, held in value.items()}
    return [capitals(held) for held in value] if isinstance(value, list) else value


@pytest.mark.parametrize("kind", ["sign-in", "directory audit", "risk detection", "workload risk", "risky user"])
def test_objects_of_graphs_powershell_modules(kind: str) -> None:
    """Capitals at every depth; the event is the same."""
    record = samples.EVERY[kind]()
    plain, found = asdict(read(record)), asdict(read(capitals(record)))
    assert (plain.pop("detail"), plain) == (found.pop("detail"), found)


@pytest.mark.parametrize("category", ["AuditLogs", "NonInteractiveUserSignInLogs", "UserRiskEvents", "RiskyUsers"])
def test_categories_of_event_hubs(category: str) -> None:
    """The category tells the kind also of a record that shows little of it; what is in text is opened."""
    kinds = {
        "AuditLogs": samples.directory_audit(),
        "NonInteractiveUserSignInLogs": samples.sign_in(),
        "UserRiskEvents": samples.risk_detection(),
        "RiskyUsers": samples.risky_user(),
    }
    record = kinds[category]
    as_object, as_text = samples.hub(category, record), samples.hub(category, record)
    as_text["properties"] = json.dumps(record)
    assert read(as_object).record_id == read(as_text).record_id == record["id"]
    assert read(as_object).tenant == samples.TENANT


@pytest.mark.parametrize("category", ["MyOwnLogs", "MicrosoftGraphActivityLogs\x00", "\x1b[2J", 7, None])
def test_categories_that_nobody_knows_are_named_without_their_text(category: object) -> None:
    """A reason holds nothing of the record."""
    with pytest.raises(UnreadableRecord) as caught:
        read({**samples.hub("", {"a": 1}), "category": category})
    assert caught.value.reason == "an Event Hubs record of a category that is not known"


@pytest.mark.parametrize("category", [*sorted(CATEGORIES), "AdvancedHunting-DeviceEvents"])
def test_a_known_category_that_nobody_reads_is_out_of_scope_and_no_damage(category: str) -> None:
    """Its identity is its own, whatever time the envelope says."""
    later = {"time": "2026-08-14T11:45:55.5522137Z"}
    event = read(samples.hub(category, {"requestId": "x 1", "userId": "ABCD", "appId": "EF", "secret": "s"}))
    assert (event.source, event.record_id, event.operation) == (Source.DIAGNOSTIC, "x 1", category)
    assert (event.user, event.app, event.tenant, event.detail) == ("abcd", "ef", samples.TENANT, None)
    nameless, again = (read(samples.hub(category, {"a": 1}, **members)) for members in ({}, later))
    assert nameless.record_id == again.record_id != read(samples.hub(category, {"a": 2})).record_id
    assert again.time_ms - nameless.time_ms == 2 * 3_600_000
    assert read(samples.hub(category, {"timeGenerated": "2026-08-14T09:00:00Z"})).time_ms < nameless.time_ms


def test_a_record_of_a_known_category_without_a_time_is_damaged() -> None:
    with pytest.raises(UnreadableRecord, match="without a time"):
        read(samples.hub("ProvisioningLogs", {"a": 1}, time="yesterday"))


def test_a_query_row_is_the_activity_apis_record() -> None:
    """Type notes and the zone of its time are the query's, not the record's."""
    assert unwrap(samples.query_row()) == samples.new_inbox_rule()

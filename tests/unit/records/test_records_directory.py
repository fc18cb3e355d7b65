"""Directory audits of Graph, and their twins in the audit log."""

from __future__ import annotations

import json

import orjson
import pytest

from schemas.identity.concerns import SYSTEM_KEY, Role, concerns
from schemas.identity.identity_map import IdentityMap
from schemas.records.decode import decode
from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent, DirectoryAudit, Source
from tests.unit.records import samples

HOME = IdentityMap(("northgate.example",))


def read(record: object) -> AuditEvent:
    """A record as an event."""
    return decode(orjson.dumps(record))


def detail(record: object) -> DirectoryAudit:
    """The directory change of a record."""
    found = read(record).detail
    assert isinstance(found, DirectoryAudit)
    return found


def by_application(**app: object) -> samples.Record:
    """An audit whose initiator is an application."""
    return samples.directory_audit(initiatedBy={"user": None, "app": app})


def test_graph_directory_audit() -> None:
    """The Graph object: its own time, who acted, on what, and what changed."""
    event = read(samples.directory_audit())
    assert (event.source, event.operation, event.workload) == (
        Source.DIRECTORY,
        "Consent to application",
        "AzureActiveDirectory",
    )
    assert (event.time_ms, event.user, event.ok) == (1_786_699_867_974, samples.ADA, True)
    assert (event.user_agent, event.user_ids) == (samples.AGENT, (("oid", samples.ADA_OID),))
    found = detail(samples.directory_audit())
    assert (found.category, found.result, found.service) == ("ApplicationManagement", "success", "Core Directory")
    assert found.targets == (("ServicePrincipal", samples.PRINCIPAL, "Mail Sorter Pro"),)
    assert found.changes[0] == ("ConsentContext.IsAdminConsent", "", "False")


@pytest.mark.parametrize("form", ["directory audit", "hub directory audit", "table directory audit"])
def test_one_audit_in_every_envelope(form: str) -> None:
    """Identity, time, act and operation do not depend on the way it came; the tenant is the envelope's."""
    event, plain = read(samples.EVERY[form]()), read(samples.directory_audit())
    assert (event.record_id, event.time_ms, event.operation, event.user) == (
        plain.record_id,
        plain.time_ms,
        plain.operation,
        plain.user,
    )
    assert detail(samples.EVERY[form]()).act == detail(samples.directory_audit()).act
    assert event.tenant == ("" if form == "directory audit" else samples.TENANT)


def test_an_envelope_that_knows_more_than_its_properties() -> None:
    """The activity stands outside where the properties do not name it."""
    envelope = samples.hub_directory_audit()
    del envelope["properties"]["activityDisplayName"]
    assert read(envelope).operation == "Consent to application"
    del envelope["operationName"]
    with pytest.raises(UnreadableRecord, match="without the name of its activity"):
        read(envelope)


def test_the_address_is_told_and_is_no_sighting() -> None:
    """The audit log's record and the sign-in say where the actor was; this one must not count it again."""
    event = read(samples.directory_audit())
    assert (event.ip, detail(samples.directory_audit()).ip) == (None, "203.0.113.44")
    missing = samples.directory_audit(initiatedBy={"user": {"userPrincipalName": samples.ADA, "ipAddress": ""}})
    assert detail(missing).ip is None
    assert detail(samples.hub("AuditLogs", missing)).ip == "203.0.113.44"


def test_twins_have_one_name() -> None:
    """Both feeds of one act: correlation id, operation, target and changes agree; dots, case, quotes and times do not."""
    graph, log = samples.directory_audit(), samples.consent_of()
    assert (read(log).source, read(log).operation) == (Source.MANAGEMENT, read(graph).operation)
    assert detail(log).act == detail(graph).act is not None
    assert detail(log).targets == detail(graph).targets
    assert dict((name, new) for name, _, new in detail(log).changes[:2]) == dict(
        (name, new) for name, _, new in detail(graph).changes[:2]
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"correlationId": "11111111-2950-47cb-9e12-1a71dcbdb1d5"},
        {"activityDisplayName": "Add delegated permission grant"},
        {"targetResources": []},
    ],
)
def test_another_act_has_another_name(changes: dict[str, object]) -> None:
    """Several records share a correlation id: one act may grant several rights."""
    assert detail(samples.directory_audit(**changes)).act != detail(samples.consent_of()).act


def test_acts_of_one_correlation_differ_by_what_changed() -> None:
    """Four rights granted at once are four facts."""
    given = samples.directory_audit()
    other = samples.directory_audit()
    other["targetResources"][0]["modifiedProperties"][1]["newValue"] = '"[] => [[Scope: Mail.Send]]; "'
    assert detail(given).act != detail(other).act


def test_without_a_correlation_id_there_is_no_name() -> None:
    """Nothing is a twin by guess."""
    assert detail(samples.directory_audit(correlationId=None)).act is None
    assert detail(samples.consent_of(InterSystemsId=None)).act is None


@pytest.mark.parametrize(
    ("result", "ok"), [("success", True), ("failure", False), ("Success", True), ("timeout", None), (None, None)]
)
def test_results(result: str | None, ok: bool | None) -> None:
    """What timed out may have happened."""
    assert read(samples.directory_audit(result=result)).ok is ok


def test_an_application_acts() -> None:
    """By its application id, else by its principal; the name is told."""
    named = read(by_application(appId=samples.APP.upper(), displayName="Sorter", servicePrincipalId=samples.PRINCIPAL))
    assert concerns(named, HOME) == [(f"app:{samples.APP}", Role.ACTOR)]
    record = by_application(appId=None, displayName="Sorter", servicePrincipalId=samples.PRINCIPAL)
    assert concerns(read(record), HOME) == [(f"app:{samples.PRINCIPAL}", Role.ACTOR)]
    assert (detail(record).app, detail(record).principal) == ("Sorter", samples.PRINCIPAL)


@pytest.mark.parametrize("initiator", [{}, None, {"app": None, "user": None}, {"app": {"displayName": "Jit"}}, "x"])
def test_the_service_itself_acts(initiator: object) -> None:
    """Nobody is named: machinery, not an unknown network."""
    event = read(samples.directory_audit(initiatedBy=initiator))
    assert concerns(event, HOME) == [(SYSTEM_KEY, Role.SYSTEM)]


def test_an_administrator_acts_on_a_user() -> None:
    """The user is the target, by UPN; oneself is none."""
    user = {"id": "18ed3507-6666-4ccb-b669-d66bc9f2a001", "type": "User", "userPrincipalName": samples.BEN.upper()}
    role = {"id": "38bf5baf-7ec7-4bc2-8920-6d4044da12c2", "type": "Role", "displayName": "Helpdesk"}
    event = read(samples.directory_audit(activityDisplayName="Add member to role", targetResources=[user, role]))
    assert concerns(event, HOME) == [(samples.ADA, Role.ACTOR), (samples.BEN, Role.TARGET)]
    for own in ({"id": samples.ADA_OID, "type": "User"}, {"userPrincipalName": samples.ADA, "Type": "User"}):
        assert read(samples.directory_audit(targetResources=[own])).target is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"activityDateTime": None}, "no activityDateTime"),
        ({"activityDateTime": "not-a-time"}, "activityDateTime is no time of 2000 to 2099"),
        ({"activityDisplayName": "."}, "a directory audit without the name of its activity"),
        ({"activityDisplayName": "x" * 1_025}, "a directory audit without the name of its activity"),
    ],
)
def test_unreadable_audits(changes: dict[str, object], reason: str) -> None:
    """Time and activity are what it cannot do without."""
    with pytest.raises(UnreadableRecord) as caught:
        read(samples.directory_audit(**changes))
    assert caught.value.reason == reason


def test_what_is_kept_is_bounded() -> None:
    """Names and values of an attacker's choice, thousands of them."""
    change = {"displayName": "n" * 900, "oldValue": json.dumps(["o" * 600]), "newValue": "v" * 900}
    target = {"id": "i" * 900, "displayName": "d" * 900, "type": "t" * 900, "modifiedProperties": [change] * 9}
    found = detail(samples.directory_audit(targetResources=[target] * 99))
    assert (len(found.targets), len(found.changes)) == (16, 32)
    assert max(len(part) for row in (*found.targets, *found.changes) for part in row) == 512


def test_audit_log_directory_record() -> None:
    """Record type 8 says the same in its own way."""
    found = detail(samples.consent_of(ResultStatus="Success"))
    assert (found.category, found.result, found.app) == (None, "success", None)
    app = [{"ID": "Sorter", "Type": 1}, {"ID": f"ServicePrincipal_{samples.PRINCIPAL}", "Type": 2}]
    record = samples.consent_of(UserId=f"ServicePrincipal_{samples.PRINCIPAL}", Actor=app)
    assert (detail(record).app, detail(record).principal) == ("Sorter", samples.PRINCIPAL)
    assert read(samples.consent_of(RecordType=9)).detail is None

"""What cmdlets say of auditing, in the forms that people, scripts and hostile feeds give it."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records.audit_settings import given_values, hours, switch
from schemas.records.decode import decode
from schemas.records.event import AuditEvent, AuditScope, AuditSetting, MailboxForwarding, PermissionGrant
from tests.unit.records import samples

TENANT = "Set-AdminAuditLogConfig"
FLOATS = st.floats(allow_nan=False, allow_infinity=False)  # JSON has no infinity
VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.text()), FLOATS)


def read(operation: str, **parameters: object) -> AuditEvent:
    """The cmdlet as an event."""
    record = samples.cmdlet(operation, {}, Parameters=samples.named(**parameters), UserId=samples.ADMIN, ObjectId="")
    return decode(json.dumps(record).encode())  # integers of any length, which orjson does not write


def setting(operation: str, **parameters: object) -> AuditSetting:
    """What the cmdlet says of auditing."""
    detail = read(operation, **parameters).detail
    assert isinstance(detail, AuditSetting)
    return detail


@pytest.mark.parametrize("value", ["False", "false", "$false", "$False", "0", False, 0])
def test_a_switch_is_off_in_every_form(value: object) -> None:
    found = setting(TENANT, UnifiedAuditLogIngestionEnabled=value)
    assert (found.scope, found.off, found.on) == (AuditScope.TENANT, ("UnifiedAuditLogIngestionEnabled",), ())


@pytest.mark.parametrize("value", ["True", "$true", "1", True, 1])
def test_a_switch_is_on_in_every_form(value: object) -> None:
    found = setting(TENANT, AdminAuditLogEnabled=value)
    assert (found.off, found.on) == ((), ("AdminAuditLogEnabled",))


@pytest.mark.parametrize("value", ["", None, "maybe", "2", 2, -1, [], {"a": 1}, "True" * 40])
def test_what_is_no_switch_says_nothing(value: object) -> None:
    assert read(TENANT, UnifiedAuditLogIngestionEnabled=value).detail is None


def test_a_disabling_switch_is_off_when_true() -> None:
    assert setting("Set-OrganizationConfig", AuditDisabled="True").off == ("AuditDisabled",)
    assert setting("Set-OrganizationConfig", AuditDisabled="False").on == ("AuditDisabled",)
    assert read("Set-OrganizationConfig", FocusedInboxOn="False").detail is None


def test_bypass_names_its_account() -> None:
    event = read("Set-MailboxAuditBypassAssociation", Identity="svc.journal", AuditBypassEnabled="True")
    assert isinstance(event.detail, AuditSetting)
    assert (event.target, event.detail.name) == ("svc.journal", "svc.journal")
    assert (event.detail.scope, event.detail.off) == (AuditScope.ACCOUNT, ("AuditBypassEnabled",))
    own = read("Set-MailboxAuditBypassAssociation", Identity=samples.ADMIN, AuditBypassEnabled="True")
    assert isinstance(own.detail, AuditSetting) and own.detail.name == own.user == samples.ADMIN
    assert own.target is None


@pytest.mark.parametrize(
    ("value", "acts", "removed"),
    [
        ("HardDelete;SoftDelete", ("harddelete", "softdelete"), ()),
        ("HardDelete, SoftDelete", ("harddelete", "softdelete"), ()),
        ("None", (), ()),
        ("", (), ()),
        (None, (), ()),
        ("$null", (), ()),
        ("@{Remove=HardDelete,SoftDelete}", None, ("harddelete", "softdelete")),
        ('@{Add="Copy"; Remove="Move","HardDelete"}', None, ("move", "harddelete")),
    ],
)
def test_lists_of_acts(value: object, acts: tuple[str, ...] | None, removed: tuple[str, ...]) -> None:
    found = setting("Set-Mailbox", Identity="cfo", AuditOwner=value)
    assert (found.name, found.owner, found.removed) == ("cfo", acts, removed)
    assert found.delegate is None and found.admin is None


def test_adding_acts_says_nothing() -> None:
    assert read("Set-Mailbox", Identity="cfo", AuditOwner="@{Add=MailItemsAccessed}").detail is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90.00:00:00", 2160.0),
        ("01:30:00", 1.5),
        ("00:00:00", 0.0),
        ("30", 720.0),
        ("1.12:00:00.0000000", 36.0),
        ("", None),
        ("-1", None),
        ("Unlimited", None),
        ("99999999.00:00:00", None),
        ("\u0661\u0662", None),
    ],
)
def test_time_spans(text: str, expected: float | None) -> None:
    assert hours(text) == expected


def test_forwarding_keeps_what_is_said_of_auditing() -> None:
    detail = read("Set-Mailbox", Identity="cfo", ForwardingSmtpAddress="smtp:a@b.example", AuditEnabled="False").detail
    assert isinstance(detail, MailboxForwarding) and detail.to == "a@b.example"
    assert detail.audit is not None and detail.audit.off == ("AuditEnabled",)
    plain = read("Set-Mailbox", Identity="cfo", ForwardingSmtpAddress="smtp:a@b.example").detail
    assert isinstance(plain, MailboxForwarding) and plain.audit is None


def test_a_grant_yields_to_audit_switched_off_alone() -> None:
    grant = {"Identity": "cfo", "GrantSendOnBehalfTo": samples.ADA}
    assert isinstance(read("Set-Mailbox", **grant, AuditEnabled="True").detail, PermissionGrant)
    assert isinstance(read("Set-Mailbox", **grant, AuditEnabled="False").detail, AuditSetting)


def test_machinery_that_switches_on_is_machinery() -> None:
    record = samples.cmdlet(TENANT, {"AdminAuditLogEnabled": "True"}, UserId=samples.SYSTEM, UserType=3)
    detail = decode(orjson.dumps(record)).detail
    assert isinstance(detail, AuditSetting) and detail.on == ("AdminAuditLogEnabled",)


@given(st.lists(st.fixed_dictionaries({"Name": VALUES, "Value": VALUES}), max_size=6))
def test_any_parameters_are_read(parameters: list[dict[str, Any]]) -> None:
    found = given_values(parameters)
    assert all(type(name) is str and type(value) is str for name, value in found.items())
    for value in found.values():
        assert switch(value) in (True, False, None)


@given(
    st.dictionaries(
        st.sampled_from(("AuditEnabled", "AuditOwner", "AuditAdmin", "AuditLogAgeLimit", "DefaultAuditSet")), VALUES
    )
)
def test_any_set_mailbox_is_an_event(parameters: dict[str, object]) -> None:
    event = read("Set-Mailbox", Identity="cfo", **parameters)
    assert event.operation == "Set-Mailbox"
    if isinstance(event.detail, AuditSetting) and event.detail.kept_hours is not None:
        assert event.detail.kept_hours >= 0.0

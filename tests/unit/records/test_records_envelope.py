"""The common envelope of audit records: the test vectors of the reference, and its traps."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from schemas.records.decode import MAX_BYTES, decode
from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent, Source
from tests.unit.records import samples

NINE = 1_786_699_867_000  # 2026-08-14T09:31:07Z


def read(record: object) -> AuditEvent:
    """A record as an event."""
    return decode(orjson.dumps(record))


@pytest.mark.parametrize(
    ("written", "millis"),
    [
        ("2026-08-14T09:31:07", NINE),
        ("2026-08-14T09:31:07Z", NINE),
        ("2026-08-14T09:31:07.0001234Z", NINE),
        ("2026-08-14T09:31:07.5522137", NINE + 552),
        ("2026-08-14T09:31:07.5Z", NINE + 500),
        ("2026-08-14 09:31:07", NINE),
        ("2026-08-14T11:31:07+02:00", NINE),
        ("2026-08-14T04:01:07.000-0530", NINE),
    ],
)
def test_creation_time_is_utc(written: str, millis: int) -> None:
    """With and without a zone, with up to seven digits of a second."""
    assert read(samples.send(CreationTime=written)).time_ms == millis


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        (None, "no CreationTime"),
        ("", "CreationTime is no time of 2000 to 2099"),
        ("yesterday", "CreationTime is no time of 2000 to 2099"),
        ("0001-01-02T00:00:00", "CreationTime is no time of 2000 to 2099"),
        ("2023-10-10T17:08:65", "CreationTime is no time of 2000 to 2099"),
        ("2026-02-30T00:00:00", "CreationTime is no time of 2000 to 2099"),
        ("2026-08-14T09:31:07+15:00", "CreationTime is no time of 2000 to 2099"),
        ("2026-08-14T09:31:07?", "CreationTime is no time of 2000 to 2099"),
        (1_786_699_867, "CreationTime is no time of 2000 to 2099"),
    ],
)
def test_no_time_is_said(written: object, reason: str) -> None:
    """A record that cannot be placed in time is unreadable, and the reason is the true one."""
    with pytest.raises(UnreadableRecord) as caught:
        read(samples.send(CreationTime=written))
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("203.0.113.44:52378", "203.0.113.44"),
        ("203.0.113.44", "203.0.113.44"),
        (" 203.0.113.44 ", "203.0.113.44"),
        ("[2001:db8:4a::7]:47114", "2001:db8:4a::7"),
        ("[2001:db8:4a::7]", "2001:db8:4a::7"),
        ("[10.11.12.13]:12345", "10.11.12.13"),
        ("2001:db8::13", "2001:db8::13"),
        ("2001:DB8:0:0::13", "2001:db8::13"),
        ("2001:db8:4a::7:47114", "2001:db8:4a::7"),
        ("fe80::1%eth0", "fe80::1"),
        ("::1", "::1"),
        ("::ffff:203.0.113.44", "203.0.113.44"),
        ("[::ffff:203.0.113.44]:12345", "203.0.113.44"),
        ("ffff:203.0.113.44", None),
        ("", None),
        ("<null>", None),
        ("0.0.0.0", None),
        ("localhost", None),
        ("NOTANIPV4 (10.9000.0.1)", None),
        (None, None),
        (17, None),
    ],
)
def test_client_ip(written: object, address: str | None) -> None:
    """Ports, brackets and zones are cut, mapped addresses unwrapped; what is none is absent."""
    record = samples.send(ClientIP=written)
    del record["ClientIPAddress"]
    assert read(record).ip == address


@pytest.mark.parametrize("name", ["ClientIPAddress", "ActorIpAddress", "ActorIP"])
def test_other_address_fields(name: str) -> None:
    """Where ClientIP is missing or no address the others say where."""
    record = samples.management("Create", 2, ClientIP="", **{name: "198.51.100.7:443"})
    assert read(record).ip == "198.51.100.7"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Consent to application.", "Consent to application"),
        ("Consent to application", "Consent to application"),
        (
            "Update application \u2013 Certificates and secrets management ",
            "Update application - Certificates and secrets management",
        ),
        ("  Add member to role. ", "Add member to role"),
        ("Set-Mailbox\u00a0", "Set-Mailbox"),
    ],
)
def test_operation_is_normalised(written: str, name: str) -> None:
    """Blanks and one dot at the end go, dashes become ASCII."""
    assert read(samples.consent(Operation=written)).operation == name


def test_operation_in_any_case_finds_its_reader() -> None:
    """Case is kept, and does not matter."""
    event = read(samples.new_inbox_rule(Operation="new-inboxrule."))
    assert event.operation == "new-inboxrule"
    assert type(event.detail).__name__ == "InboxRule"


@pytest.mark.parametrize("record_type", [9999, -1, 117, "261"])
def test_unknown_operations_and_types_are_events(record_type: object) -> None:
    """With what the envelope says."""
    event = read(samples.management("SomethingNew", 0, "Elsewhere", RecordType=record_type, ClientIP="203.0.113.9"))
    assert (event.source, event.operation, event.workload) == (Source.MANAGEMENT, "SomethingNew", "Elsewhere")
    assert (event.record_type, event.detail) == (int(str(record_type)), None)
    assert (event.user, event.tenant, event.ip) == (samples.ADA, samples.TENANT, "203.0.113.9")


@pytest.mark.parametrize(
    ("written", "number"),
    [("15", 15), (15, 15), ("ExchangeAdmin", 1), ("SomethingNew", None), (None, None), (15.0, None), (True, None)],
)
def test_record_type_as_text(written: object, number: int | None) -> None:
    """Re-exporters write numbers as text."""
    assert read(samples.logon(RecordType=written)).record_type == number


@pytest.mark.parametrize(("written", "number"), [("2", 2), (2, 2), ("Admin", 2), ("DcAdmin", 3), ("none", None)])
def test_user_type_by_number_or_name(written: object, number: int | None) -> None:
    """Log Analytics writes the name."""
    assert read(samples.send(UserType=written)).user_type == number


@pytest.mark.parametrize(
    ("written", "ok"),
    [
        *((text, True) for text in ("True", "TRUE", "Succeeded", "PartiallySucceeded", "Success")),
        *((text, False) for text in ("False", "Failed", "Failure")),
        *((text, None) for text in ("", "InProgress", None, 1)),
    ],
)
def test_result_status(written: object, ok: bool | None) -> None:
    """Every workload has its own words; an unknown one says nothing."""
    assert read(samples.send(ResultStatus=written)).ok is ok


def test_ids_and_names_are_comparable() -> None:
    """Who acted is lower case; token ids keep their case, session ids do not matter in it."""
    event = read(samples.new_inbox_rule(UserId=" ADA.QUILL@NORTHGATE.EXAMPLE", OrganizationId=samples.TENANT.upper()))
    assert (event.user, event.tenant) == (samples.ADA, samples.TENANT)
    assert (event.session, event.token) == (samples.SESSION, samples.TOKEN)
    assert event.record_id == "6c1f0f1e-8b0e-4a55-7a10-08dc9f3b21aa"


def test_empty_session_and_application_are_absent() -> None:
    """Empty strings occur in every member of AppAccessContext."""
    context = {"AADSessionId": "", "UniqueTokenId": "", "ClientAppId": ""}
    event = read(samples.file_downloaded(AppAccessContext=context))
    assert (event.session, event.token, event.app) == (None, None, None)


def test_context_as_text() -> None:
    """Log Analytics stores objects as JSON text."""
    context = orjson.dumps({"AADSessionId": samples.SESSION, "UniqueTokenId": samples.TOKEN}).decode()
    event = read(samples.file_downloaded(AppAccessContext=context))
    assert (event.session, event.token) == (samples.SESSION, samples.TOKEN)


def test_no_id_is_the_digest_of_the_content() -> None:
    """The same content has the same id, whatever the order of its members; other content another."""
    record = samples.send()
    del record["Id"]
    turned = dict(reversed(record.items()))
    assert read(record).record_id == read(turned).record_id
    assert read(record).record_id.startswith("sha256:") and len(read(record).record_id) == 39
    assert read({**record, "Version": 2}).record_id != read(record).record_id


@pytest.mark.parametrize(
    ("record", "app_only"),
    [
        (samples.send(), False),
        (samples.send(UserType=5, UserId=samples.APP), True),
        (samples.send(UserType=5), False),
        (samples.consent(UserId=f"ServicePrincipal_{samples.APP}", Actor=[]), True),
        (samples.send(ClientInfoString="Client=REST;Client=RESTSystem;;", ClientAppId=samples.APP), True),
        (samples.send(ClientInfoString="Client=REST;Client=RESTSystem;;", ClientAppId="", AppId=""), False),
        (
            samples.send(ClientInfoString="Client=REST;Client=RESTSystem;;", ClientAppId="", AppId="", UserId="S-1-5"),
            True,
        ),
        (samples.send(ClientInfoString="Client=REST;;"), False),
        (samples.send(TokenType="AppOnlyToken"), True),
    ],
)
def test_app_only(record: dict[str, Any], app_only: bool) -> None:
    """No user behind the act: a service principal, an application type, a system token."""
    assert read(record).app_only is app_only


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b'{"a": NaN}', "not JSON"),
        (b'{"a": "\xff"}', "not JSON"),
        (b"[]", "JSON, but not an object"),
        (b"17", "JSON, but not an object"),
        (b"{}", "no known kind of vendor record"),
        (b'{"value": []}', "a list of records, not one record"),
        (b'{"CreationTime": "2026-08-14T09:31:07"}', "no Operation"),
        (b'{"CreationTime": "2026-08-14T09:31:07", "Operation": " . "}', "no Operation"),
        (b'{"CreationTime": "2026-08-14T09:31:07", "Operation": 7}', "no Operation"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "not JSON"),
        (
            b'{"CreationTime":"2026-08-14T09:31:07","Operation":"Send","a":' + b"[" * 300 + b"]" * 300 + b"}",
            "not representable as JSON (nesting, number or text out of range)",
        ),
        (b'{"a":"' + b"x" * MAX_BYTES + b'"}', "larger than 8 MiB"),
        (b'{"AuditData": "{"}', "AuditData is not JSON"),
        (b'{"AuditData": "[]"}', "AuditData is not an object"),
        (b'{"AuditData": 1}', "AuditData is not an object"),
        (b'{"AuditData": ""}', "AuditData is empty"),
    ],
)
def test_unreadable_reasons(raw: bytes, reason: str) -> None:
    """Each has its own plain line, without content."""
    with pytest.raises(UnreadableRecord) as caught:
        decode(raw)
    assert caught.value.reason == reason


def test_half_a_character_hides_nothing() -> None:
    """A name cut within a pair of surrogates costs the half, not the record; whole pairs and backslashes stay."""
    raw = orjson.dumps(samples.new_inbox_rule()).replace(b'"Value":".."', b'"Value":"x\\ud83d\\\\ud83d \\ud83d\\ude00"')
    event = decode(raw)
    assert getattr(event.detail, "name", None) == "x\ufffd\\ud83d \U0001f600"
    wrapped = decode(orjson.dumps({"AuditData": raw.decode()}))
    assert getattr(wrapped.detail, "name", None) == "x\ufffd\\ud83d \U0001f600"


@pytest.mark.parametrize("wrap", ["AuditData", "auditData", "auditdata"])
def test_wrapped_record(wrap: str) -> None:
    """Exports put the record as text, the Graph query as an object, into one member of a row."""
    record = samples.new_inbox_rule()
    as_text = read({"RecordType": "ExchangeAdmin", "Operations": "x", wrap: orjson.dumps(record).decode()})
    as_object = read({"id": "w", "createdDateTime": "2026-08-14T09:00:00Z", wrap: record})
    for event in (as_text, as_object):
        assert (event.record_id, event.operation, event.time_ms) == (record["Id"], "New-InboxRule", NINE)


def test_log_analytics_names() -> None:
    """OfficeActivity: other names, objects and lists as text."""
    event = read(samples.office_activity())
    assert (event.record_id, event.workload, event.time_ms) == (samples.new_inbox_rule()["Id"], "Exchange", NINE)
    assert event.ip == "203.0.113.44"
    assert getattr(event.detail, "move_to", None) == "RSS Feeds"


def test_the_right_spelling_wins() -> None:
    """Of two members for one thing the wire's own counts, wherever it stands."""
    both = {"Id": "right", **samples.office_activity(OfficeId="other")}
    assert read(both).record_id == read(dict(reversed(both.items()))).record_id == "right"


def test_lower_case_names() -> None:
    """An export that lost the case of its keys is still an audit record."""
    event = read({name.lower(): value for name, value in samples.new_inbox_rule().items()})
    assert (event.operation, event.time_ms, event.user) == ("New-InboxRule", NINE, samples.ADA)


def test_alert_with_data_that_is_no_json() -> None:
    """The envelope is enough."""
    assert read(samples.alert(Data="{")).operation == "AlertTriggered"

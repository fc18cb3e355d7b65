"""Identity Protection: what it says of a sign-in, a user, a workload."""

from __future__ import annotations

import orjson
import pytest

from schemas.identity.concerns import Role, concerns
from schemas.identity.identity_map import IdentityMap
from schemas.records.decode import decode
from schemas.records.errors import UnreadableRecord
from schemas.records.event import AuditEvent, RiskDetection, Source
from tests.unit.records import samples

HOME = IdentityMap(("northgate.example",))
FORMS = {
    "graph": samples.risk_detection,
    "hub": lambda: samples.hub("UserRiskEvents", samples.risk_detection()),
    "table": samples.table_risk,
}


def read(record: object) -> AuditEvent:
    """A record as an event."""
    return decode(orjson.dumps(record))


def detail(record: object) -> RiskDetection:
    """The detection of a record."""
    found = read(record).detail
    assert isinstance(found, RiskDetection)
    return found


@pytest.mark.parametrize("form", FORMS)
def test_risk_detection(form: str) -> None:
    """The time is that of the risky act; the sign-in that it is about is named."""
    record = FORMS[form]()
    event, found = read(record), detail(record)
    assert (event.source, event.operation, event.record_id) == (Source.RISK, "Risk detection", found.detection)
    assert (event.time_ms, event.user, event.ok) == (1_786_698_760_695, samples.ADA, None)
    assert (found.kind, found.level, found.state, found.timing) == (
        "unfamiliarFeatures",
        "medium",
        "atRisk",
        "realtime",
    )
    assert (found.request_id, found.country, found.city) == (samples.sign_in()["id"], "LV", "Riga")
    assert (found.detected_ms, found.updated_ms) == (1_786_698_761_000, 1_786_699_200_123)
    assert event.user_ids == (("oid", samples.ADA_OID),)


@pytest.mark.parametrize("record", [samples.risk_detection(), samples.risk_record()], ids=["graph", "audit log"])
def test_it_is_nobodys_own_act(record: samples.Record) -> None:
    """The address is that of the attacker, and stands in the detail alone; the account has the role of somebody judged."""
    event = read(record)
    assert event.ip is None
    assert detail(record).ip == "198.51.100.210"
    assert concerns(event, HOME) == [(samples.ADA, Role.SYSTEM)]


def test_workload() -> None:
    """The application is concerned; nothing is known of a user."""
    event = read(samples.workload_risk())
    assert concerns(event, HOME) == [(f"app:{samples.APP}", Role.SYSTEM)]
    assert (event.user, event.app_only, detail(samples.workload_risk()).activity) == ("", True, "servicePrincipal")
    assert concerns(read(samples.workload_risk(appId=None)), HOME) == [(f"app:{samples.PRINCIPAL}", Role.SYSTEM)]


@pytest.mark.parametrize(
    "record",
    [samples.risky_user(), samples.hub("RiskyUsers", samples.risky_user())],
    ids=["graph", "hub"],
)
def test_risky_user(record: samples.Record) -> None:
    """The state of a user at the time of its latest change."""
    event, found = read(record), detail(record)
    assert (event.operation, event.user, event.time_ms) == ("Risk state", samples.ADA, 1_786_699_867_000)
    assert (found.kind, found.level, found.state) == ("", "high", "confirmedCompromised")
    assert event.user_ids == (("oid", samples.ADA_OID),)


def test_risky_workload() -> None:
    """The id of a risky workload is that of its principal."""
    record = samples.risky_user(id=samples.PRINCIPAL.upper(), servicePrincipalType="Application", appId=samples.APP)
    for name in ("userPrincipalName", "userDisplayName"):
        del record[name]
    assert concerns(read(record), HOME) == [(f"app:{samples.APP}", Role.SYSTEM)]
    assert read({**record, "appId": None}).app == samples.PRINCIPAL


def test_the_audit_logs_own_form() -> None:
    """Record type 294 names the same detection."""
    event, found = read(samples.risk_record()), detail(samples.risk_record())
    assert (event.source, found.detection) == (Source.MANAGEMENT, detail(samples.risk_detection()).detection)
    assert (found.country, found.kind, found.request_id) == ("LV", "unfamiliarFeatures", samples.sign_in()["id"])


def test_a_detection_without_the_time_of_the_act() -> None:
    """The time of detection stands in; without any it cannot be placed."""
    record = samples.risk_detection(activityDateTime=None)
    assert read(record).time_ms == 1_786_698_761_000
    for name in ("detectedDateTime", "lastUpdatedDateTime"):
        record[name] = "0001-01-01T00:00:00Z"
    with pytest.raises(UnreadableRecord, match="without a time"):
        read(record)


def test_a_changed_state_is_the_same_detection() -> None:
    """An id sent again with another state: the later update tells which counts."""
    first = samples.risk_detection()
    later = samples.risk_detection(riskState="remediated", lastUpdatedDateTime="2026-08-14T10:20:00Z")
    assert read(first).record_id == read(later).record_id
    assert (detail(first).updated_ms or 0) < (detail(later).updated_ms or 0)


def test_sign_ins_with_risk_are_sign_ins() -> None:
    """A sign-in has risk members too."""
    record = samples.sign_in(riskState="atRisk", riskEventTypes_v2=["unfamiliarFeatures"], riskDetail="none")
    assert read(record).source is Source.SIGNIN

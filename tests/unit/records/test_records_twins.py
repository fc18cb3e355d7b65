"""The same act in two feeds, and the service's own judgement of it: no finding changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import orjson

from detectors.engine.account_engine import AccountEngine
from detectors.engine.knowledge import Knowledge
from detectors.registry import account_detectors
from schemas.contracts.incident import Incident
from schemas.identity.identity_map import IdentityMap
from schemas.records.decode import decode
from schemas.records.event import AuditEvent, DirectoryAudit
from streams.collectors.feed import feed
from streams.collectors.spool import SpooledRecord
from tests.scenarios.building import ACCOUNT, HOME, MINUTE_MS, MONDAY_MS, TENANT, Builder
from tests.scenarios.phrases import play
from tests.scenarios.places import PLACES, Facts
from tests.unit.records import samples

OID = "3b9e6f10-77aa-4c51-8b7e-0d0c2a1e9f01"
LAGOS = PLACES["lagos"].ip


def event(record: samples.Record) -> AuditEvent:
    """A record as an event."""
    return decode(orjson.dumps(record))


def written(time_ms: int) -> str:
    """A time as the audit log writes it."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def in_the_log(time_ms: int) -> AuditEvent:
    """The attacker's change of a security setting, in the audit log."""
    record = samples.consent_of(CreationTime=written(time_ms), UserId=ACCOUNT, ClientIP=LAGOS, Actor=[])
    return event({**record, "Id": "log", "ExtendedProperties": []})


def in_graph(time_ms: int) -> AuditEvent:
    """Its twin."""
    user = {"id": OID, "userPrincipalName": ACCOUNT, "ipAddress": LAGOS}
    return event(
        samples.directory_audit(
            activityDateTime=written(time_ms) + ".9876543Z", initiatedBy={"user": user}, additionalDetails=[]
        )
    )


def judged(time_ms: int) -> AuditEvent:
    """A risk detection about the attacker's sign-in."""
    times = {name: written(time_ms) + "Z" for name in ("activityDateTime", "detectedDateTime", "lastUpdatedDateTime")}
    return event(samples.risk_detection(userPrincipalName=ACCOUNT, userId=OID, ipAddress=LAGOS, **times))


def standing(*further: AuditEvent) -> list[Incident]:
    """The incidents of a stolen session and of further records, as they stand in the end."""
    builder = Builder()
    history, start_ms = play("20 workdays of pc at home", MONDAY_MS, builder)
    nine = start_ms + 9 * 60 * MINUTE_MS
    steps = [
        builder.sign_in(nine, "home", "pc", "own"),
        builder.sign_in(nine + 30 * MINUTE_MS, "hosting-nl", "pc", "t"),
        builder.sign_in(nine + 45 * MINUTE_MS, "lagos", "pc", "t", interactive=False, claim=True),
    ]
    return folded([*history, *steps, *further])


def folded(events: Sequence[AuditEvent]) -> list[Incident]:
    """What stands after the events, in the order of their time."""
    engine = AccountEngine(account_detectors(), Knowledge(Facts()))
    ordered = sorted(events, key=lambda event: event.time_ms)
    rows = [SpooledRecord(event.time_ms, b"", False, event) for event in ordered]
    for entry in feed(iter(rows), TENANT, IdentityMap(), [HOME]):
        engine.fold(entry)
    return engine.standing()


def attack_ms() -> int:
    """Ten minutes after the last step of `standing`."""
    _, start_ms = play("20 workdays of pc at home", MONDAY_MS, Builder())
    return start_ms + (9 * 60 + 55) * MINUTE_MS


def test_the_twin_changes_no_finding() -> None:
    """With the twin of a record that is evidence the incidents are the same: nothing counts twice."""
    log, graph = in_the_log(attack_ms()), in_graph(attack_ms())
    assert isinstance(log.detail, DirectoryAudit) and isinstance(graph.detail, DirectoryAudit)
    assert log.detail.act == graph.detail.act
    alone = standing(log)
    assert alone and alone != standing(), "the log's record must count, else this test proves nothing"
    assert standing(log, graph) == alone


def test_a_risk_detection_is_no_sighting() -> None:
    """The attacker's address in a detection is not a second act from there."""
    alone = standing()
    assert alone
    assert standing(judged(attack_ms())) == alone


def test_a_risk_detection_alone_is_no_finding() -> None:
    """Of an account that did nothing strange."""
    history, start_ms = play("20 workdays of pc at home", MONDAY_MS, Builder())
    assert folded([*history, judged(start_ms + 10 * 60 * MINUTE_MS)]) == []

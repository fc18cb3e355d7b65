"""The incident's message against the published OCSF 1.8.0 schema, and against every row of contracts 2."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from schemas.contracts.incident import (
    Activity,
    EvidenceRecord,
    Incident,
    Reason,
    Resource,
    Stage,
    Technique,
    Tier,
)
from schemas.contracts.ocsf import confidence_of, encode_ocsf, severity_of, to_ocsf

START = 1_772_442_000_000
SUB_TECHNIQUE = Technique("T1564.008", "Hide Artifacts: Email Hiding Rules", "TA0005", "Defense Evasion")
TECHNIQUE = Technique("T1534", "Internal Spearphishing", "TA0008", "Lateral Movement")
HOSTILE = (
    "\x1b]0;owned\x07\x1b[2J",
    "<script>alert(1)</script>",
    '=HYPERLINK("http://evil.example")',
    "right\u202eleft",
    "zero\u200bwidth",
    "a\r\nb\tc\x00d",
    "\ud800 lone \udfff",
    "x" * 100_000,
    "",
    "💣" * 3_000,
)


def evidence(number: int = 0, **changes: Any) -> EvidenceRecord:
    """A rule's record; later and stronger with its number."""
    reasons = (Reason("mark_as_read", "yes", "", 1.4), Reason("all_mail", "every message is deleted", "a condition", 6))
    record = EvidenceRecord(
        uid=f"record-{number:03d}",
        detector="inbox-rule",
        time_ms=START + number,
        operation="New-InboxRule",
        ip="198.51.100.7",
        session="session-1",
        stage=Stage.EVASION,
        nats=10.0 + number,
        reasons=reasons,
    )
    return replace(record, **changes)


def incident(**changes: Any) -> Incident:
    """A rule, then a surge of mail, told as an update at tier `act`."""
    base = Incident(
        uid="incident-1",
        message_uid="message-2",
        activity=Activity.UPDATE,
        tenant="tenant-1",
        resources=(
            Resource("User", "ann@corp.example", "ann@corp.example"),
            Resource("Rule", "rule:00000001", "rule:00000001"),
        ),
        title="ann@corp.example: a rule deletes all mail",
        story="2026-03-02 09:00 UTC: a rule was made.\n2026-03-02 09:10 UTC: 9,000 mails were sent.",
        time_ms=START + 600_000,
        first_ms=START,
        last_ms=START + 600_000,
        created_ms=START,
        tier=Tier.ACT,
        tier_times={"review": START, "act": START + 600_000},
        score_nats=21.5,
        stages=(Stage.EVASION, Stage.IMPACT),
        techniques=(SUB_TECHNIQUE, TECHNIQUE),
        detectors=("inbox-rule", "send-surge"),
        evidence=(
            evidence(0),
            evidence(600_000, uid="mail", detector="send-surge", stage=Stage.IMPACT, operation="Send", nats=12.25),
        ),
        count=321,
        remediation="Revoke the account's sessions. Remove the rule.",
        maturity="established",
        profile="tenant-1/20513",
        blind_spots=("no message trace",),
        campaign="campaign-1",
        delay_ms={"vendor_ms": 1, "collector_ms": 2, "watchpost_ms": 3},
        harm_clock={"alert_wall_ms": START + 700_000, "acts_before": 3, "acts_after": 5},
    )
    return replace(base, **changes)


def soiled(text: str) -> Incident:
    """An incident in which a stranger chose every string."""
    record = evidence(
        uid=text, detector=text, operation=text, ip=text, session=text, reasons=(Reason(text, text, text, 1.0),)
    )
    return incident(
        uid=text,
        message_uid=text,
        tenant=text,
        resources=(Resource("User", text, text), Resource(text, text, text)),
        title=text,
        story=f"{text}\n{text}",
        techniques=(Technique(text, text, text, text),),
        detectors=(text, text),
        evidence=(record,),
        remediation=text,
        maturity=text,
        profile=text,
        blind_spots=(text,),
        campaign=text,
        delay_ms={text: 1},
        harm_clock={text: 1},
    )


def subject(kind: str, uid: str) -> Incident:
    """An incident about somebody else than a person."""
    return incident(resources=(Resource(kind, uid, uid.partition(":")[2] or uid),))


CASES: dict[str, Incident] = {
    "create": incident(
        activity=Activity.CREATE, tier=Tier.REVIEW, tier_times={"review": START}, campaign=None, harm_clock={}
    ),
    "update": incident(),
    "close": incident(activity=Activity.CLOSE),
    "service": subject("Service", "app:11111111-2222-3333-4444-555555555555"),
    "network": subject("Network", "net:198.51.100.7"),
    "tenant": subject("Tenant", "tenant-1"),
    "visibility": replace(
        subject("Tenant", "tenant-1"), evidence=(), detectors=(), techniques=(), stages=(), count=0, remediation=""
    ),
    "hundred": incident(evidence=tuple(evidence(n) for n in range(100))),
    "nan": incident(
        score_nats=math.nan, evidence=(evidence(nats=math.nan, reasons=(Reason("f", "o", "e", math.inf),)),)
    ),
    "no address": incident(evidence=(evidence(ip=None, session=None),)),
    **{f"hostile {number}": soiled(text) for number, text in enumerate(HOSTILE)},
}


@pytest.fixture(scope="module")
def problems() -> Callable[[object], list[str]]:
    """What the published schema, closed and without profiles, says against a message."""
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.8.0")).get_class_schema(
        class_name="detection_finding", profiles=[]
    )
    validator = Draft202012Validator(schema)
    return lambda message: [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(message)]


def told(case: Incident) -> Any:
    """The message as a reader gets it."""
    return orjson.loads(encode_ocsf(case))


@pytest.mark.parametrize("name", CASES)
def test_valid_by_the_published_schema(name: str, problems: Callable[[object], list[str]]) -> None:
    assert problems(told(CASES[name])) == []


def test_the_schema_refuses_what_it_does_not_know(problems: Callable[[object], list[str]]) -> None:
    message = told(CASES["update"])
    assert problems(message | {"tier": "act"}) != []
    assert problems(message | {"severity_id": 77}) != []
    assert problems({name: value for name, value in message.items() if name != "finding_info"}) != []


@pytest.mark.parametrize(
    ("activity", "number", "type_uid"),
    [(Activity.CREATE, 1, 200401), (Activity.UPDATE, 2, 200402), (Activity.CLOSE, 3, 200403)],
)
def test_class_and_activity(activity: Activity, number: int, type_uid: int) -> None:
    message = told(incident(activity=activity))
    assert (message["class_uid"], message["category_uid"]) == (2004, 2)
    assert (message["activity_id"], message["type_uid"]) == (number, type_uid)


def test_time_and_metadata() -> None:
    message = told(incident())
    assert message["time"] == START + 600_000
    assert message["metadata"] == {
        "uid": "message-2",
        "version": "1.8.0",
        "product": {"name": "Watchpost", "vendor_name": "Watchpost", "version": version("watchpost")},
        "tenant_uid": "tenant-1",
    }


def test_finding() -> None:
    finding = told(incident())["finding_info"]
    assert finding["uid"] == "incident-1"
    assert finding["title"] == "ann@corp.example: a rule deletes all mail"
    assert finding["desc"].split("\n")[1] == "2026-03-02 09:10 UTC: 9,000 mails were sent."
    times = [finding[name] for name in ("first_seen_time", "last_seen_time", "created_time")]
    assert times == [START, START + 600_000, START]


def test_a_title_is_one_line() -> None:
    assert told(incident(title="one\ntwo\r\nthree"))["finding_info"]["title"] == "one two  three"


def test_attacks_have_tactic_technique_and_sub_technique() -> None:
    sub, plain = told(incident())["finding_info"]["attacks"]
    assert sub["tactic"] == {"uid": "TA0005", "name": "Defense Evasion"}
    assert sub["technique"] == {"uid": "T1564", "name": "Hide Artifacts"}
    assert sub["sub_technique"] == {"uid": "T1564.008", "name": "Email Hiding Rules"}
    assert plain["technique"] == {"uid": "T1534", "name": "Internal Spearphishing"}
    assert "sub_technique" not in plain


def test_the_first_detector_is_the_analytic() -> None:
    finding = told(incident(detectors=("inbox-rule", "send-surge", "impossible-session")))["finding_info"]
    assert finding["analytic"]["uid"] == "inbox-rule"
    assert [analytic["uid"] for analytic in finding["related_analytics"]] == ["send-surge", "impossible-session"]


@pytest.mark.parametrize(
    ("tier", "stages", "severity"),
    [
        (Tier.REVIEW, (Stage.EVASION,), 3),
        (Tier.REVIEW, (Stage.IMPACT,), 4),
        (Tier.REVIEW, (Stage.ACCESS, Stage.PERSISTENCE, Stage.EVASION), 4),
        (Tier.ACT, (Stage.EVASION,), 4),
        (Tier.ACT, (Stage.EXFILTRATION,), 5),
    ],
)
def test_severity_by_tier_and_stages(tier: Tier, stages: tuple[Stage, ...], severity: int) -> None:
    case = incident(tier=tier, stages=stages)
    assert severity_of(case) == severity
    assert told(case)["severity_id"] == severity


def test_confidence_and_risk_are_shares_of_a_hundred() -> None:
    scores = [-3.0, 0.0, 5.0, 10.0, 15.0, 1e9, math.inf, math.nan]
    assert [confidence_of(score) for score in scores] == [0, 0, 50, 75, 88, 100, 100, 0]
    weak, strong = told(incident(score_nats=10.0, tier=Tier.REVIEW, stages=(Stage.EVASION,))), told(incident())
    assert weak["confidence_score"] == 75
    assert 0 <= weak["risk_score"] < weak["confidence_score"]
    assert strong["risk_score"] == strong["confidence_score"]


def test_the_account_is_the_first_resource() -> None:
    resources = told(incident())["resources"]
    assert resources[0] == {"type": "User", "uid": "ann@corp.example", "name": "ann@corp.example"}
    assert resources[1]["type"] == "Rule"
    assert told(CASES["network"])["resources"][0]["uid"] == "net:198.51.100.7"


def test_evidence_has_the_promised_data() -> None:
    first, second = told(incident())["evidences"]
    assert (first["uid"], first["name"]) == ("record-000", "inbox-rule")
    assert second["data"]["stage"] == "impact"
    assert first["data"] == {
        "time": START,
        "operation": "New-InboxRule",
        "ip": "198.51.100.7",
        "session": "session-1",
        "stage": "evasion",
        "nats": 10.0,
        "reasons": [
            {"feature": "all_mail", "observed": "every message is deleted", "expected": "a condition", "nats": 6.0},
            {"feature": "mark_as_read", "observed": "yes", "expected": "", "nats": 1.4},
        ],
    }
    missing = told(CASES["no address"])["evidences"][0]["data"]
    assert (missing["ip"], missing["session"]) == (None, None)


def test_at_most_64_evidences_in_order_of_time() -> None:
    found = told(CASES["hundred"])["evidences"]
    assert len(found) == 64
    assert found[0]["uid"] == "record-000"  # the first of its detector and stage, though the weakest
    assert [item["uid"] for item in found[1:]] == [f"record-{n:03d}" for n in range(37, 100)]
    assert told(CASES["hundred"])["count"] == 321


@pytest.mark.parametrize("name", ["hundred", "nan"])
def test_the_arrival_of_evidence_does_not_matter(name: str) -> None:
    case = CASES[name]
    assert encode_ocsf(replace(case, evidence=case.evidence[::-1])) == encode_ocsf(case)


def test_remediation() -> None:
    assert told(incident())["remediation"]["desc"] == "Revoke the account's sessions. Remove the rule."


def test_unmapped() -> None:
    unmapped = told(incident())["unmapped"]
    promised = {name: value for name, value in unmapped.items() if name not in ("score_nats", "stages")}
    assert promised == {
        "tier": "act",
        "tier_times": {"review": START, "act": START + 600_000},
        "maturity": "established",
        "campaign": "campaign-1",
        "blind_spots": ["no message trace"],
        "historical": False,
        "harm_clock": {"alert_wall_ms": START + 700_000, "acts_before": 3, "acts_after": 5},
        "profile": "tenant-1/20513",
        "delay": {"vendor_ms": 1, "collector_ms": 2, "watchpost_ms": 3},
    }


def test_what_is_absent_is_absent() -> None:
    unmapped = told(CASES["create"])["unmapped"]
    assert "campaign" not in unmapped
    assert unmapped["tier"] == "review"
    assert unmapped["tier_times"] == {"review": told(CASES["create"])["finding_info"]["created_time"]}


def test_numbers_are_finite() -> None:
    message = told(CASES["nan"])
    assert message["unmapped"]["score_nats"] == 0.0
    data = message["evidences"][0]["data"]
    assert (data["nats"], data["reasons"][0]["nats"]) == (0.0, 0.0)


def strings(value: object) -> list[str]:
    """Every string in a JSON value, names of members too."""
    if isinstance(value, dict):
        return [*value, *(text for item in value.values() for text in strings(item))]
    if isinstance(value, list):
        return [text for item in value for text in strings(item)]
    return [value] if isinstance(value, str) else []


@given(st.text(alphabet=st.characters(codec=None, exclude_categories=()), max_size=40))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_no_string_leaves_raw(text: str) -> None:
    message = told(soiled(text))
    assert all(line.isprintable() for found in strings(message) for line in found.split("\n"))
    assert to_ocsf(soiled(text)) == to_ocsf(soiled(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_known_hostile_strings_leave_clean_and_short(text: str) -> None:
    message = told(soiled(text))
    assert all(line.isprintable() for found in strings(message) for line in found.split("\n"))
    assert max(len(found) for found in strings(message)) <= 2_001


def test_one_line_of_json() -> None:
    line = encode_ocsf(incident(story="a\nb"))
    assert b"\n" not in line
    assert list(orjson.loads(line)) == sorted(orjson.loads(line))

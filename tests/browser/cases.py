"""Incidents for the browser: an account taken over, as an engine tells it; the same with hostile text; very many."""

from __future__ import annotations

from typing import Any

from schemas.contracts.incident import Activity, EvidenceRecord, Incident, Reason, Resource, Stage, Technique, Tier
from schemas.contracts.ocsf import to_ocsf

START_MS = 1_772_614_438_000  # 2026-03-04 08:53:58 UTC
MINUTE_MS = 60_000
HOSTILE = (
    "<script>window.owned = 1; alert(1)</script>",
    '"><img src="http://127.0.0.1:9/x" onerror="window.owned = 1">',
    "</style></script></title></textarea><svg onload=window.owned=1>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:window.owned=1",
    "\u202egnp.exe\u200b\u2066\ufeff",
    "أحمد بن محمد דוד 田中",
    "x" * 10_000,
    "W\u0301" * 3_000,
    "\x1b[2J\x00\r\nsummary: read=0",
    "-->]]><!--",
)


def taken_over(
    uid: str = "a4ab603267f6c7aedeedc90ea2701dbf", account: str = "lea.noorman@indigoprint.example"
) -> Incident:
    """A session in two places, a rule that hides, a burst of mail."""
    records = (
        _record(0, "impossible-session", "Sign-in", Stage.ACCESS, 10.1, _PLACE),
        _record(56, "inbox-rule", "New-InboxRule", Stage.EVASION, 13.1, _RULE),
        *(_record(80 + 7 * place, "send-surge", "Send", Stage.IMPACT, 6.0 + place, _SURGE) for place in range(8)),
    )
    return Incident(
        uid=uid,
        message_uid="m",
        activity=Activity.UPDATE,
        tenant="101ee0cc-028c-c6e0-c16a-7f469e19448b",
        resources=(Resource("User", account, account), Resource("Rule", "rule:97ddb3f8", "rule:97ddb3f8")),
        title=f'{account}: An inbox rule "-" was made; it deletes, marks as read (certain mail)',
        story=_STORY,
        time_ms=records[-1].time_ms,
        first_ms=START_MS,
        last_ms=records[-1].time_ms,
        created_ms=START_MS + 39 * MINUTE_MS,
        tier=Tier.ACT,
        tier_times={"review": START_MS + 39 * MINUTE_MS, "act": START_MS + 56 * MINUTE_MS},
        score_nats=17.7,
        stages=(Stage.ACCESS, Stage.EVASION, Stage.IMPACT),
        techniques=(Technique("T1564.008", "Hide Artifacts: Email Hiding Rules", "TA0005", "Defense Evasion"),),
        detectors=("inbox-rule", "impossible-session", "send-surge"),
        evidence=records,
        count=8_931,
        remediation="Revoke the account's sessions and reset its password now. Remove the rule and restore what it hid.",
        maturity="established",
        profile="101ee0cc/20518/31df76a2dd329bee",
        blind_spots=("no message trace: what the rule hid could not be seen",),
        delay_ms={"vendor_ms": 243_000, "collector_ms": 20_000, "watchpost_ms": 820},
        harm_clock={"alert_wall_ms": START_MS + 60 * MINUTE_MS, "acts_before": 120, "acts_after": 8_811},
    )


def sprayed(uid: str = "7c27d4e28342e9f4bdcdc39a8d647114", network: str = "198.51.100.7") -> Incident:
    """A spray without success: a network first, then accounts; one record has neither session nor expectation."""
    reasons = (Reason("failed_accounts", "16 accounts in 24 hours, 21 attempts", "about 0.08", 25.5),)
    record = EvidenceRecord(
        f"{uid}-1", "password-spray", START_MS, "UserLoginFailed", network, None, Stage.ACCESS, 12.0, reasons
    )
    accounts = tuple(
        Resource("User", f"user{place}@indigoprint.example", f"user{place}@x.example") for place in range(16)
    )
    return Incident(
        uid=uid,
        message_uid="m",
        activity=Activity.CREATE,
        tenant="101ee0cc-028c-c6e0-c16a-7f469e19448b",
        resources=(Resource("Network", f"net:{network}", network), *accounts),
        title=f"net:{network}: 16 accounts failed to sign in from {network} within 24 hours",
        story="2026-03-04 08:53 UTC: 16 accounts failed to sign in. Because: failed accounts 16 accounts (+25.5).",
        time_ms=START_MS,
        first_ms=START_MS,
        last_ms=START_MS,
        created_ms=START_MS,
        tier=Tier.REVIEW,
        tier_times={"review": START_MS},
        score_nats=12.0,
        stages=(Stage.ACCESS,),
        techniques=(Technique("T1110.003", "Brute Force: Password Spraying", "TA0006", "Credential Access"),),
        detectors=("password-spray",),
        evidence=(record,),
        count=16,
        remediation="Ask the owner first. Block the network.",
        maturity="learning",
        profile="p",
    )


def plain() -> list[dict[str, Any]]:
    """Two incidents of two tiers."""
    return [to_ocsf(sprayed()), to_ocsf(taken_over())]


def hostile() -> list[dict[str, Any]]:
    """One incident per hostile text, that text wherever a record's text may stand; none of it cleaned."""
    return [_filled(to_ocsf(taken_over(uid=f"hostile{place}")), text) for place, text in enumerate(HOSTILE)]


def many(incidents: int) -> list[dict[str, Any]]:
    """As many incidents as a bad week brings: one in ten is an account taken over, the others are sprays."""
    return [
        to_ocsf(
            sprayed(f"{place:08d}", f"198.51.100.{place}")
            if place % 10
            else taken_over(f"{place:08d}", f"account{place}@indigoprint.example")
        )
        for place in range(incidents)
    ]


def record_uids(messages: list[dict[str, Any]]) -> list[str]:
    """The ids of all records."""
    return [record["uid"] for message in messages for record in message["evidences"]]


_PLACE = (
    Reason("network", "203.0.113.9 (AS64867, Saint Petersburg, RU), not known", "networks of this account", 6.1),
    Reason("velocity", "10062 km in 39 minutes", "below an aeroplane's", 4.0),
)
_RULE = (
    Reason("inbox_rule_made", "today", "one in 81 days", 4.4),
    Reason("rule_name", "'-' looks random or hidden", "words", 3.0),
    Reason("delete_message", "yes", "", 1.6),
)
_SURGE = (
    Reason("external_recipients", "8723 in one hour", "about 1.0", 22.6),
    Reason("network", "one of the account's own or the tenant's", "", -10.9),
)
_STORY = """\
2026-03-04 08:53 UTC: Signed in from 203.0.113.9 and from another place. Because: velocity 10062 km in 39 minutes (+4.0).
2026-03-04 09:49 UTC: An inbox rule "-" was made; it deletes, marks as read (certain mail). Because: inbox rule made today (+4.4).
2026-03-04 10:13 UTC: Sent to at least 8723 external recipients. Because: external recipients 8723 in one hour (+22.6).
Together 17.7 nats of surprise (act)."""


def _record(
    minute: int, detector: str, operation: str, stage: Stage, nats: float, reasons: tuple[Reason, ...]
) -> EvidenceRecord:
    return EvidenceRecord(
        uid=f"b6bb780c-2ddf-2844-faaf-754fdd54{minute:04d}|someone@far-away.example",
        detector=detector,
        time_ms=START_MS + minute * MINUTE_MS,
        operation=operation,
        ip="203.0.113.9" if minute < 90 else "2001:db8:1234:5678:9abc:def0:1234:5678",
        session="9b293a44-09cc-3414-5490-953cf38c1d3b",
        stage=stage,
        nats=nats,
        reasons=reasons,
    )


def _filled(message: dict[str, Any], text: str) -> dict[str, Any]:
    """The message with its free text replaced; what the page decides by (tier, stage, times) stays."""
    kept = {"tier", "stage", "stages"}

    def fill(value: Any, key: str) -> Any:
        if isinstance(value, dict):
            return {name: fill(member, name) for name, member in value.items()}
        if isinstance(value, list):
            return [fill(member, key) for member in value]
        return text if isinstance(value, str) and key not in kept else value

    filled = fill(message, "")
    filled["finding_info"]["uid"] = message["finding_info"]["uid"] + text[:20]
    return filled  # type: ignore[no-any-return]

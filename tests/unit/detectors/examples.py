"""Some days of one account with what a detector is there to find, for `check_detector`."""

from __future__ import annotations

from typing import Any

from schemas.contracts.notice import Notice
from schemas.records.event import AuditEvent, SignIn
from tests.scenarios.building import ACCOUNT, DAY_MS, MINUTE_MS, MONDAY_MS, Builder
from tests.scenarios.phrases import play

HOUR_MS = 60 * MINUTE_MS


def examples(detector: str) -> list[AuditEvent]:
    """Events for the detector of this id; KeyError when nobody wrote any."""
    makers = {
        "audit-tampering": _audit,
        "inbox-rule": _rules,
        "send-surge": _mail,
        "impossible-session": _sessions,
        "password-spray": _sessions,
    }
    return makers[detector]()


def notices(detector: str) -> list[Notice]:
    """Notices for the detector of this id, none for most."""
    if detector != "password-spray":
        return []
    at = MONDAY_MS + 6 * DAY_MS + 9 * HOUR_MS
    whats = ("success", "password", "failure")
    records: list[list[Any]] = [["r1", at, "UserLoginFailed", "bob@home.example"]]
    return [
        Notice(
            *(
                "password-spray",
                "network",
                "203.0.113.0/24",
                12,
                90,
                6 * HOUR_MS,
                0.2,
                11.0,
                at - HOUR_MS,
                at,
                at,
                "r2",
            ),
            *("signin", "Sign-in", "203.0.113.7", what == "password"),
            what=what,
            records=records,
        )
        for what in whats
    ]


def _mail() -> list[AuditEvent]:
    builder = Builder()
    events, after = play("4 workdays of 6 sends a day", MONDAY_MS, builder)
    events += builder.mailing(after + 9 * HOUR_MS, 300, 60, "both")
    return events


def _sessions() -> list[AuditEvent]:
    """A week of sign-ins at home, then the last day's session from another continent within minutes."""
    builder, events = Builder(), []
    home = SignIn(0, None, country="DE", city="Berlin", latitude=52.5, longitude=13.4, asn=3320)
    away = SignIn(0, None, country="NG", city="Lagos", latitude=6.5, longitude=3.4, asn=37148)
    for day in range(7):
        at = MONDAY_MS + day * DAY_MS + 9 * HOUR_MS
        events += [
            builder.signin(at, "198.51.100.7", home, f"session-{day}"),
            builder.signin(at + 4 * HOUR_MS, "198.51.100.7", home, f"session-{day}"),
        ]
    events.append(builder.signin(at + 4 * HOUR_MS + 5 * MINUTE_MS, "203.0.113.7", away, f"session-{6}"))
    return events


def _rules() -> list[AuditEvent]:
    builder, events = Builder(), []
    for day in range(3):
        at = MONDAY_MS + day * DAY_MS + 10 * HOUR_MS
        plain = {"Name": f"News {day}", "DeleteMessage": "True", "From": "news@shop.example"}
        hidden = {"Name": "..", "DeleteMessage": "True", "MarkAsRead": "True"}
        forward = {"Identity": "ada.quill", "ForwardingSmtpAddress": "smtp:ex@outside.example"}
        alias = ACCOUNT.partition("@")[0]
        events += [
            builder.cmdlet(at, "New-InboxRule", plain),
            builder.cmdlet(at + MINUTE_MS, "New-InboxRule", hidden),
            builder.cmdlet(at + 5 * MINUTE_MS, "Remove-InboxRule", {"Identity": f"{alias}\\.."}, on=f"{alias}\\.."),
            builder.cmdlet(at + 7 * MINUTE_MS, "Set-Mailbox", forward),
            builder.cmdlet(at + 9 * MINUTE_MS, "New-TransportRule", {"Name": ".", "BlindCopyTo": "ex@outside.example"}),
        ]
    return events


def _audit() -> list[AuditEvent]:
    """Three days of one administrator: a bypass and mailboxes off, one on again, the tenant's audit off."""
    builder, events = Builder(), []
    for day in range(3):
        at = MONDAY_MS + day * DAY_MS + 10 * HOUR_MS
        of = {"Identity": "journal", "AuditBypassEnabled": "True" if day % 2 == 0 else "False"}
        cut = {"Identity": f"mail{day}", "AuditEnabled": "False", "AuditOwner": "", "AuditLogAgeLimit": "01:00:00"}
        events += [
            builder.cmdlet(at, "Set-MailboxAuditBypassAssociation", of, on="journal"),
            builder.cmdlet(at + MINUTE_MS, "Set-Mailbox", {"Identity": "shared", "AuditEnabled": "False"}, on="shared"),
            builder.cmdlet(at + 2 * MINUTE_MS, "Set-Mailbox", cut, on=f"mail{day}"),
            builder.cmdlet(
                at + 3 * MINUTE_MS, "Set-Mailbox", {"Identity": "mail0", "AuditEnabled": "True"}, on="mail0"
            ),
            builder.cmdlet(
                at + 4 * MINUTE_MS, "Set-AdminAuditLogConfig", {"UnifiedAuditLogIngestionEnabled": "False"}, on="org"
            ),
        ]
    leak = {"Identity": "ada.quill", "ForwardingSmtpAddress": "smtp:ex@outside.example", "AuditEnabled": "False"}
    events.append(builder.cmdlet(at + 5 * MINUTE_MS, "Set-Mailbox", leak))
    return events

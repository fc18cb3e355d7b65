"""Vendor records and events of one made-up account, by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

import orjson

from schemas.records.aadsts import failure_of
from schemas.records.decode import decode
from schemas.records.event import AuditEvent, MailAccess, MailSent, SignIn, Source, TraceRow
from tests.scenarios.places import CLIENTS, PLACES

TENANT = "11111111-2222-3333-4444-555555555555"
HOME = "home.example"
ACCOUNT = f"ada.quill@{HOME}"
MINUTE_MS = 60_000
DAY_MS = 86_400_000
MONDAY_MS = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp() * 1000)


class Builder:
    """Makes events whose ids are distinct and the same in every run."""

    def __init__(self) -> None:
        self._ids = count(1)

    def record_id(self) -> str:
        """The next record id."""
        return f"00000000-0000-4000-8000-{next(self._ids):012x}"

    def cmdlet(
        self, time_ms: int, operation: str, parameters: dict[str, str], by: str = ACCOUNT, on: str = ""
    ) -> AuditEvent:
        """An Exchange cmdlet (record type 1)."""
        body = self._envelope(time_ms, operation, by) | {
            "RecordType": 1,
            "ObjectId": on or by.partition("@")[0],
            "Parameters": [{"Name": name, "Value": value} for name, value in parameters.items()],
        }
        return decode(orjson.dumps(body))

    def outlook(self, time_ms: int, properties: dict[str, str], by: str = ACCOUNT) -> AuditEvent:
        """UpdateInboxRules as desktop Outlook causes it (record type 2)."""
        pairs: list[dict[str, str]] = [
            {"Name": name, "Value": value} if value else {"Name": name} for name, value in properties.items()
        ]
        body = self._envelope(time_ms, "UpdateInboxRules", by) | {
            "RecordType": 2,
            "MailboxOwnerUPN": by,
            "LogonType": 0,
            "InternalLogonType": 0,
            "OperationProperties": pairs,
        }
        return decode(orjson.dumps(body))

    def _envelope(self, time_ms: int, operation: str, by: str) -> dict[str, Any]:
        return {
            "CreationTime": datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
            "Id": self.record_id(),
            "Operation": operation,
            "OrganizationId": TENANT,
            "ResultStatus": "True",
            "UserKey": by,
            "UserType": 0,
            "Version": 1,
            "Workload": "Exchange",
            "UserId": by,
            "ExternalAccess": False,
        }

    def send(self, time_ms: int, recipients: tuple[str, ...] | None = None, message: str = "") -> AuditEvent:
        """A Send record; without recipients it is bare."""
        sent = MailSent(message or None, recipients, len(recipients) if recipients is not None else None)
        return AuditEvent(
            Source.MANAGEMENT, self.record_id(), TENANT, time_ms, "Send", "Exchange", ACCOUNT, 2, 0, True, detail=sent
        )

    def trace(self, time_ms: int, recipient: str, message: str, status: str = "delivered") -> AuditEvent:
        """A row of the message trace."""
        row = TraceRow(message, ACCOUNT, recipient, status)
        return AuditEvent(
            Source.TRACE,
            f"{message}|{recipient}",
            "",
            time_ms,
            "MessageTrace",
            "MessageTrace",
            ACCOUNT,
            mailbox=recipient,
            detail=row,
        )

    def signin(self, time_ms: int, ip: str, detail: SignIn, session: str) -> AuditEvent:
        """An interactive sign-in."""
        return AuditEvent(
            *(Source.SIGNIN, self.record_id(), TENANT, time_ms, "Sign-in", "SignIn", ACCOUNT),
            ok=detail.failure is None,
            ip=ip,
            session=session,
            user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/143.0.0.0 Safari/537.36",
            detail=detail,
        )

    def sign_in(
        self,
        time_ms: int,
        place: str,
        client: str,
        session: str | None,
        *,
        error: int = 0,
        interactive: bool = True,
        claim: bool = False,
        bare: bool = False,
        by: str = ACCOUNT,
    ) -> AuditEvent:
        """A sign-in at a place with a client, both by their names in `places`. `bare`: the record has no location."""
        spot, held = PLACES[place], CLIENTS[client]
        where = {} if bare else {
            "asn": spot.asn,
            "country": spot.country,
            "city": spot.city,
            "latitude": spot.latitude,
            "longitude": spot.longitude,
        }  # fmt: skip
        failure = failure_of(error) if error else None
        detail = SignIn(
            error,
            failure,
            interactive=interactive,
            os=held.os,
            browser=held.browser,
            device=held.device,
            managed=held.managed,
            mfa_by_claim=claim,
            **where,  # type: ignore[arg-type]
        )
        return AuditEvent(
            *(Source.SIGNIN, self.record_id(), TENANT, time_ms, "Sign-in", "SignIn", by),
            ok=failure is None,
            ip=spot.ip,
            session=session,
            user_agent=held.user_agent,
            detail=detail,
        )

    def act(
        self, time_ms: int, place: str, client: str | None, session: str | None, operation: str, by: str = ACCOUNT
    ) -> AuditEvent:
        """A record of the audit log with an address and a session; without a client it has no user agent."""
        sharepoint = operation.startswith("File")
        return AuditEvent(
            *(Source.MANAGEMENT, self.record_id(), TENANT, time_ms, operation),
            "SharePoint" if sharepoint else "Exchange",
            by,
            6 if sharepoint else 50,
            0,
            True,
            ip=PLACES[place].ip,
            session=session,
            user_agent=CLIENTS[client].user_agent if client else None,
            detail=None if sharepoint else MailAccess(False, 1, False),
        )

    def mailing(
        self, start_ms: int, recipients: int, minutes: int, form: str = "recipients", to: str = "new"
    ) -> list[AuditEvent]:
        """Mail to `recipients` people, evenly over `minutes`.

        `form`: "recipients" (one message each, named), "bare" (one message each), "trace" (rows alone), "both" (Send and
        trace of the same messages), "list" (one message to all). `to`: "new" people outside, "known" ones, or "home".
        """
        domain = HOME if to == "home" else f"{to}.example"
        people = tuple(f"p{start_ms // DAY_MS if to == 'new' else 0}.{n}@{domain}" for n in range(recipients))
        if form == "list":
            return [self.send(start_ms, people)]
        events = []
        for n, person in enumerate(people):
            at, message = start_ms + n * minutes * MINUTE_MS // recipients, f"<{start_ms}.{n}@{HOME}>"
            if form in ("recipients", "both"):
                events.append(self.send(at, (person,), message))
            if form == "bare":
                events.append(self.send(at))
            if form in ("trace", "both"):
                events.append(self.trace(at, person, message))
        return events

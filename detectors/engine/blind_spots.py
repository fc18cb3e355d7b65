"""What could not be seen for an account, because no feed told of it. Layer: detectors."""

from __future__ import annotations

from detectors.engine.account import SAW_RECIPIENTS, SAW_SEND, SAW_SIGNIN, Account
from schemas.records.event import AuditEvent, MailSent, SignIn, TraceRow

SAW_ALL = SAW_SIGNIN | SAW_RECIPIENTS | SAW_SEND
TELLING = frozenset({SignIn, TraceRow, MailSent})  # details that show a feed to be collected


def feeds_seen(event: AuditEvent) -> int:
    """Bits of what a record shows to be collected."""
    detail = event.detail
    kind = type(detail)
    if kind is SignIn:
        return SAW_SIGNIN
    if kind is TraceRow:
        return SAW_RECIPIENTS
    if kind is MailSent:
        known = detail.recipients is not None or detail.recipient_count is not None  # type: ignore[union-attr]
        return SAW_SEND | (SAW_RECIPIENTS if known else 0)
    return 0


def blind_spots(account: Account) -> tuple[str, ...]:
    """In words, the gravest first; empty when every feed told of the account."""
    spots = []
    if not account.seen & SAW_SIGNIN:
        spots.append("no sign-in of this account is among the records: how its session began could not be seen")
    if account.seen & SAW_SEND and not account.seen & SAW_RECIPIENTS:
        spots.append("neither message trace nor recipient lists: whom it wrote to could not be seen")
    return tuple(spots)

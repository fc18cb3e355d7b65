"""Acts that leave no record: what they need was taken away (a rule, a right on a mailbox), or nobody audits. Layer: streams."""

from __future__ import annotations

import re
from collections.abc import Mapping

import orjson

from streams.simulation.record import Body
from streams.simulation.service.changes import rule_key
from streams.simulation.service.directory import Directory
from streams.simulation.service.spans import Spans

CHANGES_RULE = re.compile(rb'"Operation":"(?:Set|Remove|Disable|Enable)-(?:Inbox|Transport)Rule"')
_MAILBOX_AUDIT = re.compile(rb'"RecordType":"?(?:2|3|50)"?,')
FULL_ACCESS, SEND_AS = "FullAccess", "SendAs"


def gone_rule(directory: Directory, body: Body, time_ms: int) -> bool:
    """Whether a cmdlet changes a rule that was removed before, and not made anew."""
    removed = directory.removed.get(rule_key(body))
    return removed is not None and removed.holds(time_ms)


def lost_right(lost: Mapping[tuple[str, str], Spans], time_ms: int, line: bytes) -> bool:
    """Whether a record of work in another's mailbox, or the trace of mail in its name, needs a right that was lost before."""
    if not lost:
        return False
    body = orjson.loads(line)
    operation = body.get("Operation", SEND_AS)
    if operation == "SendOnBehalf":
        return False
    if operation == SEND_AS:
        owner, right = body.get("SendAsUserSmtp") or body.get("senderAddress", ""), SEND_AS
    else:
        owner, right = body.get("MailboxOwnerUPN", ""), FULL_ACCESS
    found = lost.get((str(owner).lower(), right))
    return found is not None and found.holds(time_ms)


def unrecorded(directory: Directory, who: int, time_ms: int, line: bytes) -> bool:
    """Whether mailbox auditing leaves an act out: its account is exempt, or the mailbox is not audited."""
    if not _MAILBOX_AUDIT.search(line):
        return False
    if 0 <= who < len(directory.people) and directory.mailboxes[who].bypassed.holds(time_ms):
        return True
    owner = directory.find(str(orjson.loads(line).get("MailboxOwnerUPN", "")))
    return owner is not None and directory.mailbox(owner).unaudited.holds(time_ms)

"""A scripted cloud for the inventory: rows by cmdlet or Graph path, and failures on demand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson

from streams.cloud.seam import Answer, Api, CloudError, Endpoints, Refused
from streams.collectors.inventory.feed import NAME, InventoryFeed
from streams.collectors.inventory.report import finished_ms
from streams.collectors.live.seam import Window
from tests.unit.live.fakes import NOW, TENANT, FakeClock, FakeJournal

HOME = "corp.example"
ADA, BOB, EVE = (f"{name}@{HOME}" for name in ("ada.quill", "bob.moss", "eve.lark"))
HIDING = {"RuleIdentity": 1234567890123, "Identity": "ada\\1234567890123", "Name": "xqzvk", "Enabled": True, "Priority": 1,
          "DeleteMessage": True, "MarkAsRead": True, "StopProcessingRules": True, "SupportedByTask": True,
          "From": None, "MoveToFolder": None}  # fmt: skip
DULL = {"RuleIdentity": 77, "Name": "Newsletters", "Enabled": True, "SubjectContainsWords": ["unsubscribe"],
        "MoveToFolder": "Newsletters", "DeleteMessage": False}  # fmt: skip


def mailbox(upn: str, **changes: Any) -> dict[str, Any]:
    """A row of Get-Mailbox."""
    return {"UserPrincipalName": upn, "ExternalDirectoryObjectId": f"id-{upn}", "AuditEnabled": True,
            "RecipientTypeDetails": "UserMailbox", "ForwardingSmtpAddress": None, "ForwardingAddress": None,
            "DeliverToMailboxAndForward": False} | changes  # fmt: skip


@dataclass
class ScriptedCloud:
    """Answers from `rows`; `failures` are raised for a cmdlet or path, once each where they are a list."""

    rows: dict[str, Any] = field(default_factory=dict)
    failures: dict[str, CloudError | Exception | list[Exception]] = field(default_factory=dict)
    clock: FakeClock = field(default_factory=FakeClock)
    calls: list[str] = field(default_factory=list)
    tenant: str = TENANT

    def __post_init__(self) -> None:
        self.endpoints = Endpoints("https://login.test", "https://m.test", "https://graph.test", "https://exo.test")
        self._lock = threading.Lock()

    def call(
        self,
        api: Api,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        cost: str = "",
    ) -> Answer:
        asked = body["CmdletInput"] if body else {}
        path = unquote(urlsplit(url).path).removeprefix("/v1.0/")
        name = asked.get("CmdletName", path)
        given = asked.get("Parameters", {})
        part = given.get("Mailbox") or given.get("Identity") or ""
        with self._lock:
            self.calls.append(f"{name} {part}".strip())
            for key in (f"{name} {part}".strip(), name, api.value):
                failure = self.failures.get(key)
                if isinstance(failure, list):
                    failure = failure.pop(0) if failure else None
                if failure is not None:
                    raise failure
        if (held := self.rows.get(f"{name} {part}".strip(), self.rows.get(name))) is None:
            held = []
        return Answer(200, {}, held if isinstance(held, bytes) else orjson.dumps({"value": held}))

    def now_ms(self) -> int:
        return self.clock.now

    def roles(self, api: Api) -> frozenset[str]:
        return frozenset()


def forbidden() -> Refused:
    return Refused(403, "Forbidden", "no role")


def ordinary(**rows: Any) -> ScriptedCloud:
    """A tenant of three mailboxes, in one of them a rule that hides everything."""
    base: dict[str, Any] = {
        "Get-Mailbox": [mailbox(ADA), mailbox(BOB), mailbox(EVE)],
        f"Get-InboxRule {ADA}": [HIDING],
        f"Get-InboxRule {BOB}": [DULL],
        "Get-AdminAuditLogConfig": [{"UnifiedAuditLogIngestionEnabled": True}],
    }
    return ScriptedCloud(base | rows)


def round_of(cloud: ScriptedCloud, journal: FakeJournal, until: Callable[[], bool] | None = None) -> InventoryFeed:
    """A whole inventory by a new feed, or as much of it as `until` lets."""
    feed = InventoryFeed(cloud, journal)
    before = finished_ms(journal.checkpoint(NAME))
    for _ in range(400):
        feed.collect(Window(0, cloud.clock.now))
        cloud.clock.now += int(feed.poll_seconds * 1000)
        if finished_ms(journal.checkpoint(NAME)) > before or (until is not None and until()):
            return feed
    raise AssertionError("the inventory does not end")


__all__ = ["ADA", "BOB", "DULL", "EVE", "HIDING", "HOME", "NOW", "FakeJournal", "ScriptedCloud", "forbidden", "mailbox",
           "ordinary", "round_of"]  # fmt: skip

"""Visibility as a detection: what a tenant's feeds no longer show. Layer: streams.

Silence against a feed's own expectation, kinds of records that nobody reads, a wrong clock, mailboxes whose records the vendor
drops, and the canary: our own sign-ins must come back. Each is one gap that ends when it is over.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import replace
from typing import Any, Final

import orjson

from schemas.contracts.collected import Batch, Gap, GapKind, Tally
from schemas.text import printable
from streams.collectors.live.expected_silence import DAY_MS, HOUR_MS, MINUTE_MS, ArrivalModel
from streams.collectors.live.new_types import NewTypes
from streams.collectors.live.unread_share import UnreadShare

SILENCE_NATS: Final = 11.0  # such a silence begins once in e^11 five-minute bins, 208 days of the feed
SKEW_MS: Final = 5 * MINUTE_MS
SKEW_OVER_MS: Final = 4 * MINUTE_MS  # a clock about the limit is one incident, not many
CANARY_MS: Final = 12 * HOUR_MS  # tokens are asked for every hour; sign-ins are shown up to hours later
CANARY_FEED: Final = "graph/signIns/servicePrincipal"
_THROTTLED: Final = re.compile(rb'"IsThrottled"\s*,\s*"Value"\s*:\s*"?true', re.IGNORECASE)
_MAILBOX: Final = re.compile(rb'"MailboxOwnerUPN"\s*:\s*("(?:[^"\\]|\\.){1,300}")')
_MAILBOXES_MAX: Final = 5  # named in a gap
_TYPES_SHOWN: Final = 8
_DATED_FEEDS: Final = "activity/"  # a Graph window's content is dated by its records
_LISTENING_MS: Final = 15 * MINUTE_MS  # a feed that was asked later than this is listened to


class Watch:
    """The watch of one tenant. `client_id` is our application's; without it there is no canary."""

    def __init__(self, client_id: str = "", silence_nats: float = SILENCE_NATS) -> None:
        self._client = client_id.strip().lower().encode()
        self._silence_nats = silence_nats
        self._arrivals: dict[str, ArrivalModel] = {}
        self._unread: dict[str, UnreadShare] = {}
        self._types: dict[str, NewTypes] = {}
        self._open: dict[tuple[str, str], Gap] = {}
        self._throttled: dict[str, int] = {}  # mailbox: last seen
        self._canary_ms = 0

    def stored(self, batch: Batch, tally: Tally, now_ms: int) -> None:
        """Take in a stored batch."""
        if not tally.read:
            return
        if tally.produced:
            self._arrived(batch, now_ms)
        if batch.historical:
            return
        self._unread.setdefault(batch.feed, UnreadShare()).add(now_ms, tally)
        self._types.setdefault(batch.feed, NewTypes()).add(now_ms, tally)
        for record in batch.records:
            if b"IsThrottled" in record and _THROTTLED.search(record):
                self._throttled[_owner(record)] = now_ms
            if self._client and batch.feed == CANARY_FEED and self._client in record.lower():
                self._canary_ms = now_ms

    def _arrived(self, batch: Batch, now_ms: int) -> None:
        """Of history only blobs teach when a feed speaks: the vendor says when each was there to be fetched."""
        at_ms = now_ms
        if batch.historical:
            if batch.content is None or not batch.feed.startswith(_DATED_FEEDS):
                return
            at_ms = batch.content.created_ms
        model = self._arrivals.setdefault(batch.feed, ArrivalModel())
        told = (batch.feed, GapKind.SILENT.value) in self._open
        missed = batch.historical and model.improbability(at_ms) >= self._silence_nats
        model.arrived(at_ms, not (told or missed))

    def tick(self, now_ms: int, cloud_ms: int, asked: dict[str, int]) -> list[Gap]:
        """Gaps that begin, change or end now. `asked`: feeds that work, and up to when (the service's clock) each was asked."""
        heard = {feed for feed, asked_ms in asked.items() if asked_ms >= cloud_ms - _LISTENING_MS}
        found = [*self._silent(now_ms, heard), *self._rising(now_ms), *self._dropped(now_ms)]
        found += [*self._skewed(now_ms, cloud_ms), *self._unheard(now_ms, heard)]
        fresh = {(gap.feed, gap.kind.value): gap for gap in found}
        told: list[Gap] = []
        for key, gap in fresh.items():
            held = self._open.get(key)
            if held is None or held.text != gap.text:
                self._open[key] = gap if held is None else replace(gap, from_ms=held.from_ms)
                told.append(self._open[key])
        ended = [key for key in self._open if key not in fresh and self._may_end(key, asked)]
        return told + [replace(self._open.pop(key), to_ms=now_ms, over=True) for key in ended]

    def _may_end(self, key: tuple[str, str], asked: Container[str]) -> bool:
        """A silence ends when the feed speaks, not when it cannot be heard."""
        return key[1] not in (GapKind.SILENT, GapKind.CANARY) or key[0] in asked

    def retire(self, feeds: set[str]) -> list[Gap]:
        """Forget every feed but these. Gaps that nothing will end any more, which are thereby closed."""
        self._arrivals = {feed: model for feed, model in self._arrivals.items() if feed in feeds}
        gone = [key for key in self._open if not self._may_end(key, ()) and key[0] not in feeds]
        return [self._open.pop(key) for key in gone]

    def _silent(self, now_ms: int, heard: set[str]) -> list[Gap]:
        gaps = []
        for feed, model in self._arrivals.items():
            if feed not in heard:
                continue
            nats = model.improbability(now_ms)
            if nats >= self._silence_nats:
                text = f"{feed} has said nothing for longer than it ever should at this time of the week."
                remedy = "Check in Purview whether records still appear; somebody may have switched auditing off."
                gaps.append(Gap(feed, GapKind.SILENT, model.last_ms, now_ms, text, remedy, nats=round(nats, 1)))
        return gaps

    def _rising(self, now_ms: int) -> list[Gap]:
        found = {gap.feed: gap for gap in (*self._new_types(now_ms), *self._unreadable(now_ms))}
        return list(found.values())

    def _new_types(self, now_ms: int) -> list[Gap]:
        remedy = "Update Watchpost; if a workload is new in this tenant, nothing is wrong."
        gaps = []
        for feed, types in self._types.items():
            if names := types.rising(now_ms):
                shown = printable(", ".join(names[:_TYPES_SHOWN]), 200)
                text = f"{feed}: records of types that no detector reads and that were not there before: {shown}."
                gaps.append(Gap(feed, GapKind.UNKNOWN, now_ms, now_ms, text, remedy))
        return gaps

    def _unreadable(self, now_ms: int) -> list[Gap]:
        text = "the share of records that Watchpost cannot read is rising: the vendor may have changed their form."
        remedy = "Update Watchpost, or report the reasons that the dead letters name."
        return [
            Gap(feed, GapKind.UNKNOWN, now_ms, now_ms, f"{feed}: {text}", remedy)
            for feed, share in self._unread.items()
            if share.rising(now_ms)
        ]

    def _dropped(self, now_ms: int) -> list[Gap]:
        self._throttled = {name: seen for name, seen in self._throttled.items() if seen > now_ms - DAY_MS}
        if not self._throttled:
            return []
        names = sorted(self._throttled)
        shown = printable(", ".join(names[:_MAILBOXES_MAX]), 300) + (
            " and others" if len(names) > _MAILBOXES_MAX else ""
        )
        text = f"Exchange stopped recording mail access for a day, because there was too much of it: {shown}."
        remedy = "Somebody or something reads these mailboxes whole: find out what, and treat the access as unbounded."
        return [Gap("activity/Audit.Exchange", GapKind.THROTTLED, min(self._throttled.values()), now_ms, text, remedy)]

    def _skewed(self, now_ms: int, cloud_ms: int) -> list[Gap]:
        skew_ms, open_already = abs(cloud_ms - now_ms), ("", GapKind.SKEW.value) in self._open
        if skew_ms < SKEW_OVER_MS or (skew_ms <= SKEW_MS and not open_already):
            return []
        way = "behind" if cloud_ms > now_ms else "ahead of"
        text = f"The clock of this machine is more than {SKEW_MS // MINUTE_MS} minutes {way} the service's."
        return [Gap("", GapKind.SKEW, now_ms, now_ms, text, "Let the machine keep time (NTP).")]

    def _unheard(self, now_ms: int, heard: set[str]) -> list[Gap]:
        if not self._client or CANARY_FEED not in heard:
            return []
        self._canary_ms = self._canary_ms or now_ms
        if now_ms - self._canary_ms < CANARY_MS:
            return []
        text = "The sign-ins of Watchpost's own application no longer come back: records are lost on the way."
        remedy = "Compare with the sign-in log of the Entra portal; check the feed and its licence."
        return [Gap(CANARY_FEED, GapKind.CANARY, self._canary_ms, now_ms, text, remedy)]

    def dump(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "arrivals": {feed: model.dump() for feed, model in self._arrivals.items()},
            "unread": {feed: share.dump() for feed, share in self._unread.items()},
            "open": [
                [gap.feed, gap.kind.value, gap.from_ms, gap.to_ms, gap.text, gap.remedy, gap.nats]
                for gap in self._open.values()
            ],
            "types": {feed: types.dump() for feed, types in self._types.items()},
            "throttled": dict(self._throttled),
            "canary": self._canary_ms,
        }

    def load(self, held: dict[str, Any], now_ms: int) -> None:
        """Read back; silence while nobody listened does not count."""
        self._arrivals = {feed: ArrivalModel.load(row) for feed, row in held.get("arrivals", {}).items()}
        for model in self._arrivals.values():
            model.resumed(now_ms)
        self._unread = {feed: UnreadShare.load(row) for feed, row in held.get("unread", {}).items()}
        self._types = {feed: NewTypes.load(row) for feed, row in held.get("types", {}).items()}
        self._throttled = dict(held.get("throttled", {}))
        self._canary_ms = now_ms if held.get("canary") else 0
        for feed, kind, from_ms, to_ms, text, remedy, nats in held.get("open", []):
            self._open[feed, kind] = Gap(feed, GapKind(kind), from_ms, to_ms, text, remedy, nats=nats)


def _owner(record: bytes) -> str:
    found = _MAILBOX.search(record)
    try:
        return str(orjson.loads(found[1])).lower() if found else "an unnamed mailbox"
    except orjson.JSONDecodeError:
        return "an unnamed mailbox"

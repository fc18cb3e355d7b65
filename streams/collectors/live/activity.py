"""The feed of one content type of the Management Activity API. Layer: streams.

Listing is by the time at which content became available, never by event time; blobs surface late and events repeat, so that
windows overlap and the journal knows every blob and every record that was ever seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any, Final, NoReturn

from schemas.contracts.collected import Batch, Content, ContentState, Gap, GapKind
from streams.cloud.seam import Answer, BadAnswer, Cloud, CloudError, Refused, Throttled, Unreachable
from streams.collectors.live.activity_calls import ActivityCalls
from streams.collectors.live.activity_errors import ErrorRow, Reaction, content_row_of, row_of
from streams.collectors.live.fetching import fetched
from streams.collectors.live.gaps import tell_past
from streams.collectors.live.group import Group
from streams.collectors.live.losses import Losses
from streams.collectors.live.redaction import redacted
from streams.collectors.live.seam import Journal, Unavailable, Window
from streams.collectors.live.verbatim import Pieces, array_elements

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
REACH_MS: Final = 7 * DAY_MS - 5 * MINUTE_MS
RECORDS_MAX: Final = 2_000  # of one batch
_RESTARTS_MAX: Final = 2
_FAILED_IN_A_ROW_MAX: Final = 5  # then the service is down, not a blob damaged
_LONG_LATER_MS: Final = 30 * MINUTE_MS

CONTENT_TYPES: Final = {
    "Audit.AzureActiveDirectory": "logons and directory changes of the audit log are not seen",
    "Audit.Exchange": "what happens in mailboxes is not seen (rules, access, sending, permissions)",
    "Audit.SharePoint": "what happens to files in SharePoint and OneDrive is not seen",
    "Audit.General": "Teams, Defender and other workloads are not seen",
    "DLP.All": "data loss prevention events are not seen",
}


class ActivityFeed:
    """`content_type` is one of `CONTENT_TYPES`. The name is "activity/" and the content type."""

    group = "management"
    relist_ms = REACH_MS  # a second listing costs a few calls: only blobs never seen are fetched

    def __init__(
        self,
        cloud: Cloud,
        journal: Journal,
        content_type: str,
        *,
        poll_seconds: float = 180.0,
        overlap_ms: int = 6 * HOUR_MS,
    ) -> None:
        self.name = f"activity/{content_type}"
        self.poll_seconds = poll_seconds
        self.overlap_ms = overlap_ms
        self.reach_ms = REACH_MS
        self._blind_spot = CONTENT_TYPES.get(content_type, f"{content_type} is not seen")
        self._cloud = cloud
        self._journal = journal
        self._calls = ActivityCalls(cloud, content_type)
        self._losses = Losses(self.name, journal)
        self._group = Group(journal)

    def prepare(self) -> None:
        """Start the subscription where it is missing or disabled; `Unavailable`, any `CloudError`."""
        try:
            status = self._calls.subscription()
        except Refused as error:
            self._refuse(error, row_of(error))
        if status == "enabled":
            return
        self._start()
        if status:
            self._tell_disabled()

    def collect(self, window: Window) -> None:
        """Fetch what earlier sessions left, then list the window and fetch what is new; any `CloudError`, `Unavailable`."""
        trouble: list[CloudError] = []
        self._fetch(self._journal.pending(self.name), window, trouble)
        for from_ms, to_ms in self._pieces(window):
            self._list(from_ms, to_ms, window, trouble)
        self._losses.close()
        if trouble:
            raise trouble[0]

    def _pieces(self, window: Window) -> Iterator[tuple[int, int]]:
        """The window within reach, in pieces of at most a day and of whole seconds."""
        at = max(window.from_ms, self._cloud.now_ms() - self.reach_ms) // 1000 * 1000
        end = -(-window.to_ms // 1000) * 1000
        while at < end:
            yield at, min(at + DAY_MS, end)
            at += DAY_MS

    def _list(self, from_ms: int, to_ms: int, window: Window, trouble: list[CloudError]) -> None:
        restarts, clamped = 0, False
        while from_ms < to_ms:
            try:
                for page in self._calls.pages(from_ms, to_ms):
                    self._take(page, from_ms, window, trouble)
                return
            except Refused as error:
                row = row_of(error)
                if row.reaction is Reaction.RESTART and restarts < _RESTARTS_MAX:
                    restarts += 1
                elif row.reaction is Reaction.CLAMP and not clamped:
                    clamped = True
                    from_ms, to_ms = self._clamped(from_ms, to_ms)
                else:
                    self._refuse(error, row)

    def _clamped(self, from_ms: int, to_ms: int) -> tuple[int, int]:
        """A window that any clock of the service allows; what it leaves out cannot be listed."""
        now_ms = self._cloud.now_ms()
        return max(from_ms, now_ms - 7 * DAY_MS + HOUR_MS), min(to_ms, now_ms - MINUTE_MS)

    def _take(self, page: list[Any], from_ms: int, window: Window, trouble: list[CloudError]) -> None:
        """List what a page names for the first time, then fetch it."""
        rows = [self._calls.content(row, from_ms) for row in page]
        distinct = {row.id: row for row in rows if row is not None}
        if len(rows) > sum(row is not None for row in rows):
            trouble.append(BadAnswer("the listing has content without an id"))
        new = self._journal.unseen(self.name, list(distinct.values()))
        if new:
            self._journal.commit(Batch(self.name, listed=new, historical=window.historical))
            self._fetch(new, window, trouble)

    def _fetch(self, contents: Iterable[Content], window: Window, trouble: list[CloudError]) -> None:
        """Fetch and store; what cannot be fetched now stays listed and is added to `trouble`.

        What is here together is stored together; of the past, which nobody waits for, as much as is worth a transaction.
        """
        failed = 0
        with closing(fetched(self._calls.fetch, contents)) as results:
            try:
                for content, answer, last in results:
                    problem = self._stored(content, answer, window)
                    failed = failed + 1 if problem is not None else 0
                    if problem is not None:
                        trouble.append(problem)
                    if problem is not None and failed >= _FAILED_IN_A_ROW_MAX:
                        raise problem
                    if last and not window.is_historical(content.created_ms):
                        self._group.store()
            finally:
                self._group.store()

    def _stored(self, content: Content, answer: Answer | CloudError, window: Window) -> CloudError | None:
        """Store what was fetched or given up; gives what is to be tried again, raises what stops the feed."""
        try:
            if isinstance(answer, CloudError):
                raise answer
            self._store(content, array_elements(answer.body), window)
        except Refused as error:
            row = content_row_of(error)
            if row.reaction is Reaction.LOST:
                self._losses.add(content)
            elif row.reaction is Reaction.MISSING:
                self._journal.commit(Batch(self.name, content=replace(content, state=ContentState.MISSING)))
            elif row.reaction in (Reaction.LATER, Reaction.FAILURE):
                return error  # of this blob, until many in a row say that it is of the service
            else:
                self._refuse(error, row)
        except (Unreachable, BadAnswer) as error:
            return error
        return None

    def _store(self, content: Content, pieces: Pieces, window: Window) -> None:
        """One batch, or several of a large blob; its row is fetched with the last."""
        records = [redacted(record) for record in pieces.records]
        unreadable = [(redacted(piece), reason) for piece, reason in pieces.unreadable]
        collected_ms, historical = self._cloud.now_ms(), window.is_historical(content.created_ms)
        for start in range(0, max(len(records), 1), RECORDS_MAX):
            last = start + RECORDS_MAX >= len(records)
            batch = Batch(
                self.name,
                records[start : start + RECORDS_MAX],
                replace(content, state=ContentState.FETCHED if last else ContentState.LISTED),
                partial=not last,
                collected_ms=collected_ms,
                historical=historical,
                unreadable=unreadable if last else [],
            )
            self._group.add(batch)

    def _refuse(self, error: Refused, row: ErrorRow) -> NoReturn:
        """Do what the table says about an error that stops the feed; always raises."""
        if row.reaction is Reaction.START:
            self._start()
            if row.code == "AF20023":
                self._tell_disabled()
            raise Unreachable(f"{row.meaning}: it was started, listing goes on in a minute")
        if row.reaction is Reaction.LATER:
            raise Unreachable(f"{row.meaning} ({error.code})")
        if row.reaction is Reaction.LONG_LATER:
            raise Throttled(self._cloud.now_ms() + _LONG_LATER_MS, f"{row.meaning} ({error.code})")
        if row.reaction is Reaction.UNAVAILABLE:
            raise Unavailable(f"{self._blind_spot}: {row.meaning}", row.remedy)
        if row.reaction is Reaction.SWITCHED_OFF:
            raise Unavailable(f"{self._blind_spot}: {row.meaning}", row.remedy, GapKind.DISABLED)
        raise error

    def _start(self) -> None:
        try:
            self._calls.start()
        except Refused as error:
            row = row_of(error)
            if row.reaction is Reaction.START:
                raise Unreachable(f"the subscription could not be started: {row.meaning} ({error.code})") from None
            if row.reaction is not Reaction.SUCCESS:
                self._refuse(error, row)

    def _tell_disabled(self) -> None:
        """Somebody had switched the subscription off: what became available meanwhile is lost."""
        now_ms = self._cloud.now_ms()
        from_ms = self._journal.complete_ms(self.name) or now_ms
        text = (
            f"The subscription {self.name} was disabled and was started again; what became available meanwhile is lost."
        )
        remedy = "Find out who stopped the subscription: the app registration or an administrator did."
        tell_past(self._journal, Gap(self.name, GapKind.DISABLED, from_ms, now_ms, text, remedy))

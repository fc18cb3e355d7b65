"""A Graph log read by time windows: what all of them share. Layer: streams.

Graph does not say what is new, so that windows overlap and the journal knows each row. A window is a content of the ledger: its
row is written with the first page that has rows and is fetched with the last. The checkpoint is the link to the next page, so
that a window that was left half-read (throttled, killed) goes on there, or anew where the service no longer takes the link.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from schemas.contracts.collected import Batch, Content, ContentState
from streams.cloud.seam import BadAnswer, Cloud, Refused
from streams.collectors.live.graph_pages import Page, graph_pages, graph_time, query_url
from streams.collectors.live.seam import Journal, Unavailable, Window
from streams.collectors.live.traits import Look

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
PREFER_NEW_MEMBERS: Final = {"Prefer": "include-unknown-enum-members"}
_PROBE_AGE_MS: Final = (
    15 * MINUTE_MS
)  # no clock, ours or one of theirs, takes this for the future: a refusal is of the log
_DENIED: Final = (401, 403)
_NOT_OFFERED: Final = (400, 404, 405, 501)


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to ask: version and path below the Graph host, the time member to filter by, a further filter."""

    path: str
    time_member: str
    also: str = ""

    def filter(self, from_ms: int, to_ms: int) -> str:
        """The `$filter` of a window; both bounds are inclusive, rows at a bound come in two windows."""
        window = f"{self.time_member} ge {graph_time(from_ms)} and {self.time_member} le {graph_time(to_ms)}"
        return f"{window} and {self.also}" if self.also else window


@dataclass(frozen=True, slots=True)
class WindowLog:
    """A log of Graph. Times in milliseconds; `top` rows a page; `widest_ms` the widest window that the service takes.

    `variants` are tried in order; the first that the service takes is kept. `cost` is the service's budget that it counts
    on. `ordered`: sorted by the time member, oldest first. Most rows are there within minutes, which every poll reads again
    (`quick_ms`); some come hours late (`overlap_ms`, every half hour; half a day, every four hours; three days, every night).
    """

    name: str
    variants: tuple[Variant, ...]
    top: int
    cost: str
    blind_spot: str
    remedy: str
    reach_ms: int
    overlap_ms: int
    widest_ms: int = DAY_MS
    poll_seconds: float = 120.0
    quick_ms: int = 20 * MINUTE_MS
    ordered: bool = True
    headers: Mapping[str, str] = field(default_factory=lambda: dict(PREFER_NEW_MEMBERS))


class WindowFeed:
    """The feed of a `WindowLog`."""

    def __init__(self, cloud: Cloud, journal: Journal, log: WindowLog) -> None:
        self.name = log.name
        self.poll_seconds = log.poll_seconds
        self.overlap_ms = log.overlap_ms
        self.looks = (Look(0, log.quick_ms), Look(30 * MINUTE_MS, log.overlap_ms), Look(4 * HOUR_MS, 12 * HOUR_MS))
        self.relist_ms = 3 * DAY_MS
        self.group = log.cost
        self.reach_ms = log.reach_ms
        self._cloud = cloud
        self._journal = journal
        self._log = log
        self._variant = log.variants[0]

    def prepare(self) -> None:
        """Find the variant that this tenant has; `Unavailable` where it has none, any other `CloudError`."""
        to_ms = self._cloud.now_ms() // 1000 * 1000 - _PROBE_AGE_MS
        for variant in self._log.variants:
            try:
                next(self._asked(self._url(variant, to_ms - HOUR_MS, to_ms, 1)))
            except Refused as error:
                refusal = error
                if error.status in _DENIED:
                    break
                if error.status not in _NOT_OFFERED:
                    raise
            else:
                self._variant = variant
                return
        raise Unavailable(f"{self._log.blind_spot} ({refusal})", self._log.remedy)

    def collect(self, window: Window) -> None:
        """Read windows that were left half-read, then this one; any `CloudError`."""
        for content in self._journal.pending(self.name):
            from_ms, to_ms = _bounds(content)
            self._read(from_ms, to_ms, window.is_historical(from_ms), begun=True)
        for from_ms, to_ms in self._pieces(window):
            self._read(from_ms, to_ms, window.is_historical(from_ms))

    def _pieces(self, window: Window) -> Iterator[tuple[int, int]]:
        """The window within reach, in pieces that the service takes, never later than its clock."""
        now_ms = self._cloud.now_ms()
        at = max(window.from_ms, now_ms - self.reach_ms) // 1000 * 1000
        end = min(window.to_ms, now_ms) // 1000 * 1000
        while at < end:
            to_ms = min(at + self._log.widest_ms, end)
            boundary = window.historical_before_ms // 1000 * 1000
            if at < boundary < to_ms:
                to_ms = boundary
            yield at, to_ms
            at = to_ms

    def _read(self, from_ms: int, to_ms: int, historical: bool, begun: bool = False) -> None:
        """Read one window to its end, a batch a page; nothing is written for a window without rows."""
        content = Content(f"{graph_time(from_ms)}/{graph_time(to_ms)}", from_ms, locator=f"{from_ms} {to_ms}")
        for page in self._pages(content.id, from_ms, to_ms):
            if page.pieces.records or page.pieces.unreadable or (begun and not page.next):
                self._commit(content, page, historical)
                begun = True

    def _commit(self, content: Content, page: Page, historical: bool) -> None:
        state = ContentState.LISTED if page.next else ContentState.FETCHED
        batch = Batch(
            self.name,
            page.pieces.records,
            replace(content, state=state),
            partial=bool(page.next),
            checkpoint={"window": content.id, "next": page.next},
            collected_ms=self._cloud.now_ms(),
            historical=historical,
            unreadable=page.pieces.unreadable,
        )
        self._journal.commit(batch)

    def _pages(self, window: str, from_ms: int, to_ms: int) -> Iterator[Page]:
        """Pages of a window, from where it was left; a link that the service no longer takes makes it start anew, once."""
        first = self._url(self._variant, from_ms, to_ms, self._log.top)
        left = self._journal.checkpoint(self.name)
        start = (left.get("window") == window and left.get("next")) or first
        pages = 0
        try:
            for page in self._asked(start):
                pages += 1
                yield page
        except Refused as error:
            if error.status in _DENIED or (start == first and not pages):
                raise
            yield from self._asked(first)

    def _asked(self, url: str) -> Iterator[Page]:
        return graph_pages(self._cloud, url, self._log.headers, f"{self._log.cost}:{self.name}")

    def _url(self, variant: Variant, from_ms: int, to_ms: int, top: int) -> str:
        options = {"$filter": variant.filter(from_ms, to_ms), "$top": str(top)}
        if self._log.ordered:
            options["$orderby"] = variant.time_member
        return query_url(f"{self._cloud.endpoints.graph}/{variant.path}", options)


def _bounds(content: Content) -> tuple[int, int]:
    """The window of a content row of ours; `BadAnswer` when the row is none."""
    from_ms, _, to_ms = content.locator.partition(" ")
    try:
        return int(from_ms), int(to_ms)
    except ValueError:
        raise BadAnswer(f"the ledger's row {content.id!r} is no time window") from None

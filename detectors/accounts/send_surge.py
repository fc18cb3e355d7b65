"""More mail than this account ever sends. Layer: detectors.

Three series (messages, external recipients, external recipients never mailed before) are counted in event-time buckets of
five minutes, and judged in trailing windows of 5 min (messages), 1 h and 24 h by a seasonal Gamma-Poisson body, a burst
component and a slow anchor (detection-science 1.3: of what was compared, the only model whose default threshold carries
over between tenants). `Send` records and message trace are two views of one fact and are never added: a window's value is
the greater of the two.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import log

from detectors import techniques
from detectors.accounts.send_codec import dump_state, load_state
from detectors.accounts.send_state import (
    BUCKETS_A_DAY,
    BUCKETS_AN_HOUR,
    FEED_SEND,
    FEED_TRACE,
    SERIES,
    SendState,
)
from detectors.accounts.surge_words import DETECTOR, Best, surge_again, surge_evidence
from detectors.engine.detector import DAY_MS, HOUR_MS, Context, DetectorInfo, Evidence, Place
from detectors.models.categories import hash32
from schemas.contracts.incident import Reason
from schemas.contracts.notice import Notice
from schemas.records.event import AuditEvent, MailSent, TraceRow

BUCKET_MS = 300_000
# ln of how much rarer an intruder's mail comes from a place of the owner's than the owner's own bulk mail.
TRUSTED_NATS = -3.5
CAP_NATS = 12.0  # beyond it, more mail proves nothing more
LEAST_NATS = 2.5  # less is no evidence
WEAK_NATS = LEAST_NATS - 0.01  # before it is rounded
ACROSS_NATS = 1.5  # about what a doubling adds: two halves of a burst at midnight count in full
DAY_AFTER_DAYS = 2  # a whole day's count means nothing before there were days
PROVISIONAL_DAYS = 7  # until then the open day's earlier hours speak too: a scanner sends like this all day
RHYTHM_COUNT, RHYTHM_NATS = 50, -4.0  # a newsletter comes back a week later at its hour, an intruder does not
STEADY_HOURS = 2
STEADY_NATS = -4.0
NEW_AFTER_DAYS = 5  # before that every recipient is new
IGNORED_STATUS = frozenset({"pending", "gettingstatus", "none"})  # a later revision of the row says what became of it


def _grid() -> list[int]:
    points, n = [], 5.0
    while n < 2_000_000:
        points.append(int(n))
        n = max(n + 1, n * 1.15)
    return points


GRID = _grid()  # counts at which a window is judged again: the score changes by less than .3 nats in between
# An hour has twelve windows of five minutes: chances to surprise.
CHANCES_NATS = {hours: min(0.0, log(hours)) for hours in (1 / 12, 1.0, 24.0)}
_THREE, _TWO = (1 / 12, 1.0, 24.0), (1.0, 24.0)
_NEW_PLACE = SERIES.index("new_external")
_TRUSTED = Place.TRUSTED
TRUSTED_LEAST_NATS = WEAK_NATS - TRUSTED_NATS


class SendSurgeDetector:
    """Counts what an account sends and says when it is far beyond its habit."""

    info = DetectorInfo(
        id=DETECTOR,
        number=17,
        version=2,
        title="Surge of sent mail",
        catches="Bulk mail from an account that does not send bulk mail, within the first minutes of the burst; also by"
        " night, from an account without history, and with bare Send records that name no recipients.",
        misses="Bursts below what the account has done before; ramps slower than a tenth a day; mail sent by other systems"
        " in the account's name.",
        needs="Send records (Audit.Exchange); message trace or recipientList for recipients.",
        false_positives="The first newsletter or mail merge of an account that never sent one.",
        techniques=(techniques.PHISHING, techniques.INTERNAL_PHISHING),
    )
    details: frozenset[type] | None = frozenset({MailSent, TraceRow})

    def start(self) -> SendState:
        """An account that never sent."""
        return SendState()

    def observe(self, state: SendState, event: AuditEvent, context: Context) -> Sequence[Evidence]:
        """Count a message or a recipient and judge the windows that it touches."""
        if not context.own or context.late or event.ok is False:
            return ()
        detail = event.detail
        if isinstance(detail, MailSent):
            feed, counts = FEED_SEND, self._sent(state, detail, context)
        elif isinstance(detail, TraceRow) and detail.status not in IGNORED_STATUS:
            feed, counts = FEED_TRACE, self._traced(state, detail, context)
        else:
            return ()
        at = event.time_ms // BUCKET_MS
        found: list[Evidence] = []
        trusted = context.place is _TRUSTED
        day = state.trailing[feed][1]
        for place, count in enumerate(counts):
            if count <= 0:
                continue
            added = state.add(feed, place, at, count)
            if not added:
                continue
            if trusted:
                state.trust(feed, place, at, added)
            if at != day.end:  # a late one: it may lie in windows that end later
                best, touched = self._judge(state, place, feed, at, added, context)
            elif day.sums[place] >= GRID[0]:
                best, touched = self._judge_latest(state, place, feed, at, added, context)
            else:
                continue
            if best is not None:
                found += self._told(state, place, best, event, context)
            elif touched and context.holds(DETECTOR, SERIES[place]):
                found.append(surge_again(SERIES[place]))
        if context.ledger is not None and counts[0]:
            hour = event.time_ms // HOUR_MS
            sent = state.in_hour(feed, 0, hour * BUCKETS_AN_HOUR, (hour + 1) * BUCKETS_AN_HOUR)
            context.ledger.count(context.number, "messages", hour % 24, sent)
        return found

    def _sent(self, state: SendState, sent: MailSent, context: Context) -> tuple[int, int, int]:
        if sent.recipients is None:
            return (1, sent.recipient_count or 0, 0)
        outside = [address for address in sent.recipients if not context.is_home(address)]
        new = sum(state.is_new(context.day, FEED_SEND, hash32(address)) for address in outside)
        unlisted = max(0, (sent.recipient_count or 0) - len(sent.recipients)) if outside else 0
        return (1, len(outside) + unlisted, new)

    def _traced(self, state: SendState, row: TraceRow, context: Context) -> tuple[int, int, int]:
        if not row.recipient or context.is_home(row.recipient):
            return (0, 0, 0)
        return (0, 1, int(state.is_new(context.day, FEED_TRACE, hash32(row.recipient))))

    def _judge_latest(
        self, state: SendState, place: int, feed: int, at: int, added: int, context: Context
    ) -> tuple[Best | None, bool]:
        """`_judge` of the latest bucket: each window that it touches ends with it."""
        series, sealed = SERIES[place], context.sealed_days
        if place == _NEW_PLACE and sealed < NEW_AFTER_DAYS:
            return None, False
        best: Best | None = None
        touched = False
        opens: bool | None = None
        least = LEAST_NATS
        cell = -1
        since_midnight = state.latest[feed][2][place]
        for hours, count in zip(_THREE, state.latest_windows(feed, place), strict=True):
            if count < GRID[0] or (place and hours < 1.0) or (hours > 1.0 and sealed < DAY_AFTER_DAYS):
                continue
            touched = True
            today = count if count < since_midnight else since_midnight
            level = GRID[bisect_right(GRID, count) - 1]
            if level <= count - added and (today == count or not _steps(today, added)):
                if opens is None:
                    opens = state.opens_hour(feed, place, at, added)
                if not opens:
                    continue
            if cell < 0:
                cell = _cell(at * BUCKET_MS)
                if not context.held and state.mostly_trusted(feed, place, at):
                    least = TRUSTED_LEAST_NATS  # what is less is nothing after the discount for the place
            chances = CHANCES_NATS[hours]
            nats = state.model(series, context.profile).score_window(level, hours, cell, least - chances) + chances
            if nats >= LEAST_NATS and (best is None or nats > best.nats):
                found = Best(nats, hours, level, cell, feed, at)
                best = _of_its_day(state, series, found, today, count, best, context)
        return best, touched

    def _judge(
        self, state: SendState, place: int, feed: int, at: int, added: int, context: Context
    ) -> tuple[Best | None, bool]:
        """The most surprising of the windows that hold bucket `at`, and whether there is one worth a look."""
        series = SERIES[place]
        if place == _NEW_PLACE and context.sealed_days < NEW_AFTER_DAYS:
            return None, False
        windows: tuple[float, ...] = _THREE if series == "messages" else _TWO
        if context.sealed_days < DAY_AFTER_DAYS:
            windows = windows[:-1]
        best: Best | None = None
        touched = False
        opens: bool | None = None
        for hours in windows:
            length = round(hours * BUCKETS_AN_HOUR)
            for end, count in state.touched(feed, place, at, length):
                if count < GRID[0]:
                    continue
                touched = True
                today = count
                if (since_midnight := end % BUCKETS_A_DAY + 1) < length:
                    today = state.within(feed, place, end, since_midnight)
                grown = _steps(today, added) if at > end - since_midnight else False
                if not _steps(count, added) and not grown:
                    if end != at:
                        continue
                    if opens is None:
                        opens = state.opens_hour(feed, place, at, added)
                    if not opens:
                        continue
                level, cell = _level(count), _cell(end * BUCKET_MS)
                nats = state.model(series, context.profile).score_window(level, hours, cell) + CHANCES_NATS[hours]
                if nats >= LEAST_NATS and (best is None or nats > best.nats):
                    found = Best(nats, hours, level, cell, feed, end)
                    best = _of_its_day(state, series, found, today, count, best, context)
        return best, touched

    def _told(
        self, state: SendState, place: int, best: Best, event: AuditEvent, context: Context
    ) -> Sequence[Evidence]:
        series = SERIES[place]
        terms, nats = _discounts(state, place, best, context)
        if nats < WEAK_NATS and not context.held:
            return ()  # what is weaker is nothing to an account that holds no evidence
        usual = state.model(series, context.profile).expected(best.hours, best.cell)
        return (surge_evidence(series, best, usual, terms, event, context),)

    def notice(self, state: SendState, notice: Notice, context: Context) -> Sequence[Evidence]:
        """Entities say nothing about mail volume."""
        return ()

    def seal(self, state: SendState, day: int, learn: bool, context: Context) -> None:
        """Learn the closed day hour by hour, and the silent days before it."""
        state.seal(day, learn, context.profile)

    def dump(self, state: SendState) -> bytes:
        """See `send_codec.dump_state`."""
        return dump_state(state)

    def load(self, data: bytes, version: int) -> SendState:
        """See `send_codec.load_state`."""
        return load_state(data, version)


def _level(count: int) -> int:
    """The greatest count of the grid that is not above; 0 below all."""
    step = bisect_right(GRID, count)
    return GRID[step - 1] if step else 0


def _steps(count: int, added: int) -> bool:
    """What was added brought the count to another step of the grid."""
    return bisect_right(GRID, count) != bisect_right(GRID, count - added)


def _of_its_day(
    state: SendState, series: str, found: Best, today: int, count: int, best: Best | None, context: Context
) -> Best | None:
    """The better of two windows, the new one bounded by what its last day (UTC) has added.

    A window that reaches back into the day before would tell of that day's burst again at the first mail of the next. Both
    terms of the bound only grow, so that the order of arrival makes no difference.
    """
    if today < count:
        level = _level(today)
        nats = state.model(series, context.profile).score_window(level, found.hours, found.cell) + ACROSS_NATS
        if nats < found.nats:
            found = found._replace(nats=nats, level=level)
    return found if found.nats >= LEAST_NATS and (best is None or found.nats > best.nats) else best


def _discounts(state: SendState, place: int, best: Best, context: Context) -> tuple[list[Reason], float]:
    """What speaks for the owner, and the nats that remain; all of it for an account that holds evidence already."""
    nats, hours, count = best.nats, best.hours, best.level
    terms: list[Reason] = []
    if state.mostly_trusted(best.feed, place, best.end):
        own = TRUSTED_NATS + min(0.0, CAP_NATS - nats)
        terms.append(Reason("network", "one of the account's own or the tenant's", "", round(own, 2)))
        nats += own
        if nats < WEAK_NATS and not context.held:
            return terms, nats
    if context.sealed_days < PROVISIONAL_DAYS and hours <= 1.0:
        alike = state.hours_alike(best.feed, place, best.end, count)
        if alike >= STEADY_HOURS:
            terms.append(Reason("open_day", f"{alike} earlier hours like it", "", STEADY_NATS))
            nats += STEADY_NATS
    if count >= RHYTHM_COUNT and state.week_before(place, best.end, count, hours > 1.0):
        weekly = RHYTHM_NATS + min(0.0, CAP_NATS - nats)
        terms.append(Reason("rhythm", "as many at this time a week before", "", round(weekly, 2)))
        nats += weekly
    return terms, nats


def _cell(time_ms: int) -> int:
    """Cell 0-47 of the season: hour of the UTC day, weekends from 24."""
    day = time_ms // DAY_MS
    return time_ms // HOUR_MS % 24 + (24 if (day + 3) % 7 >= 5 else 0)

"""State of `send-surge`: buckets of the open days, models of the sealed ones, contacts. Layer: detectors."""

from __future__ import annotations

from dataclasses import dataclass, field

from detectors.accounts.contacts import MARK_MAX, Contacts
from detectors.accounts.trailing import Trailing
from detectors.models.surge import SurgeAnchored, SurgePrior
from schemas.contracts.profile import Profile

FEED_SEND, FEED_TRACE = 0, 1
SERIES = ("messages", "external", "new_external")
BUCKETS_A_DAY = 288  # of five minutes
BUCKETS_AN_HOUR = 12
COUNT_MAX = 65_535  # of a series in one bucket
TRUSTED_MAX = 0xFFFFFFFF
SILENT_DAYS_MAX = 14
HELD_DAYS_MAX = 4  # days not learnt that are kept
HELD_FOR_DAYS_MAX = 60
PERSISTED_DAYS, PERSISTED_SPAN_DAYS = 3, 14  # what nobody judged is learnt when it came on three days over two weeks
Counts = dict[int, list[int]]
_NOTHING = (0,) * len(SERIES)
_NO_BUCKET: tuple[int, list[int], list[int]] = (-1, [], [])


def _hour_and_day() -> tuple[tuple[Trailing, Trailing], ...]:
    return tuple((Trailing(BUCKETS_AN_HOUR), Trailing(BUCKETS_A_DAY)) for _ in (FEED_SEND, FEED_TRACE))


@dataclass(slots=True)
class SendState:
    """Counters by (day, feed) and five-minute bucket since 1970; `fresh` are the recipients first mailed on an open day."""

    buckets: dict[tuple[int, int], Counts] = field(default_factory=dict)
    models: dict[str, SurgeAnchored] = field(default_factory=dict)
    contacts: Contacts = field(default_factory=Contacts)
    fresh: dict[tuple[int, int], Contacts] = field(default_factory=dict)
    learnt_day: int = -1
    held: dict[int, list[list[int]]] = field(default_factory=dict)  # day not learnt -> 24 counts of each series
    held_contacts: Contacts = field(default_factory=Contacts)  # recipients first mailed on those days
    trusted: dict[tuple[int, int], list[int]] = field(default_factory=dict)  # day, feed -> counts from trusted places
    adapted: dict[str, Profile] = field(default_factory=dict)  # whose prior a model has; not durable
    trailing: tuple[tuple[Trailing, Trailing], ...] = field(default_factory=_hour_and_day)  # by feed; not durable
    totals: dict[tuple[int, int], list[int]] = field(default_factory=dict)  # sums of `buckets`; not durable
    latest: list[tuple[int, list[int], list[int]]] = field(
        default_factory=lambda: [_NO_BUCKET, _NO_BUCKET]
    )  # by feed: the bucket counted in last, its counts, its day's totals; not durable

    def add(self, feed: int, place: int, bucket: int, count: int) -> int:
        """Count up to `count` more (a bucket holds at most 65,535); returns how many were counted."""
        last, held, totals = self.latest[feed]
        if last != bucket:
            held, totals = self._enter(feed, bucket)
        before = held[place]
        added = count if count <= COUNT_MAX - before else COUNT_MAX - before
        held[place] = before + added
        totals[place] += added
        hour, day = self.trailing[feed]
        if bucket == day.end:
            hour.sums[place] += added
            day.sums[place] += added
        else:
            hour.grow(bucket, place, added)
            day.grow(bucket, place, added)
        return added

    def _enter(self, feed: int, bucket: int) -> tuple[list[int], list[int]]:
        """The counts of a bucket, taken in if they are new, and its day's totals."""
        key = (bucket // BUCKETS_A_DAY, feed)
        counts = self.buckets.get(key)
        if counts is None:
            counts = self.buckets[key] = {}
            self.totals[key] = [0, 0, 0]
        held = counts.get(bucket)
        if held is None:
            held = counts[bucket] = [0, 0, 0]
            hour, day = self.trailing[feed]
            hour.enter(bucket, held)
            day.enter(bucket, held)
        totals = self.totals[key]
        self.latest[feed] = (bucket, held, totals)
        return held, totals

    def trust(self, feed: int, place: int, bucket: int, added: int) -> None:
        """Of what was added, so much came from a trusted place."""
        key = (bucket // BUCKETS_A_DAY, feed)
        held = self.trusted.get(key)
        if held is None:
            held = self.trusted[key] = [0, 0, 0]
        count = held[place] + added
        held[place] = count if count <= TRUSTED_MAX else TRUSTED_MAX

    def mostly_trusted(self, feed: int, place: int, end: int) -> bool:
        """Four fifths of the day's count came from trusted places, whatever the order in which it arrived."""
        key = (end // BUCKETS_A_DAY, feed)
        return 5 * self.trusted.get(key, _NOTHING)[place] >= 4 * self.totals.get(key, _NOTHING)[place]

    def touched(self, feed: int, place: int, at: int, length: int) -> list[tuple[int, int]]:
        """(end, count) of the windows of so many buckets that hold bucket `at` and end with it or with a later one in use."""
        if length == 1:
            return [(at, self.buckets[at // BUCKETS_A_DAY, feed][at][place])]
        ends = [at, *self._later(feed, place, at, length)]
        return [(end, self.within(feed, place, end, length)) for end in ends]

    def latest_windows(self, feed: int, place: int) -> tuple[int, int, int]:
        """Counts of 5 min, 1 h and 24 h that end with the latest bucket of a feed, in which was just counted."""
        hour, day = self.trailing[feed]
        return self.latest[feed][1][place], hour.sums[place], day.sums[place]

    def within(self, feed: int, place: int, end: int, length: int) -> int:
        """Count in the `length` buckets that end with `end`."""
        total, day = 0, end // BUCKETS_A_DAY
        for key in ((day - 1, feed), (day, feed)):
            for bucket, counts in self.buckets.get(key, {}).items():
                if end - length < bucket <= end:
                    total += counts[place]
        return total

    def hours_alike(self, feed: int, place: int, end: int, count: int) -> int:
        """Of the hours before the last, back to yesterday, those with half the count at least; 0 also for one."""
        hour, day = self.trailing[feed]
        if end == day.end and day.sums[place] - hour.sums[place] < count:
            return 0  # two halves would be as much
        hours = [0] * 24
        for bucket, counts in self._day_before(feed, end):
            hours[(end - bucket) // BUCKETS_AN_HOUR] += counts[place]
        alike = sum([2 * held >= count for held in hours[1:]])
        return alike if alike > 1 else 0

    def _day_before(self, feed: int, end: int) -> list[tuple[int, list[int]]]:
        """The buckets in use of the 24 hours that end with `end`."""
        trailing = self.trailing[feed][1]
        if end == trailing.end:
            return trailing.held
        day = end // BUCKETS_A_DAY
        both = (self.buckets.get((day - 1, feed), {}), self.buckets.get((day, feed), {}))
        return [held for counts in both for held in counts.items() if end - BUCKETS_A_DAY < held[0] <= end]

    def week_before(self, place: int, end: int, count: int, whole_day: bool) -> bool:
        """A day that was not learnt saw half the count at least, one or two weeks before, within two hours of the time."""
        day, hour = end // BUCKETS_A_DAY, end % BUCKETS_A_DAY // BUCKETS_AN_HOUR
        first, stop = (0, 24) if whole_day else (max(0, hour - 2), hour + 3)
        for back in (7, 14, 8, 15) if whole_day else (7, 14):
            hours = self.held.get(day - back, [])
            if place < len(hours) and 2 * sum(hours[place][first:stop]) >= count:
                return True
        return False

    def _later(self, feed: int, place: int, at: int, length: int) -> list[int]:
        """Buckets that hold something and whose window reaches back to `at` (it is a late arrival then)."""
        found, day = [], at // BUCKETS_A_DAY
        for key in ((day, feed), (day + 1, feed)):
            counts = self.buckets.get(key, {})
            found += [bucket for bucket, held in counts.items() if at < bucket < at + length and held[place]]
        return sorted(found)

    def in_hour(self, feed: int, place: int, first: int, stop: int) -> int:
        """Count in the buckets from `first` up to before `stop`, all of one hour."""
        trailing = self.trailing[feed][0]
        if first > trailing.end - BUCKETS_AN_HOUR:
            return trailing.since(first, stop, place)
        counts = self.buckets.get((first // BUCKETS_A_DAY, feed))
        if counts is None:
            return 0
        total = 0
        for bucket in range(first, stop):
            held = counts.get(bucket)
            if held is not None:
                total += held[place]
        return total

    def opens_hour(self, feed: int, place: int, at: int, added: int) -> bool:
        """What was just added is all that its hour holds up to the end of its bucket."""
        if self.buckets[at // BUCKETS_A_DAY, feed][at][place] != added:
            return False
        return not self.in_hour(feed, place, at - at % BUCKETS_AN_HOUR, at)

    def model(self, series: str, profile: Profile) -> SurgeAnchored:
        """The account's model of a series, with the prior of the tenant's profile."""
        model = self.models.get(series)
        if model is not None and self.adapted.get(series) is profile:
            return model
        prior = _prior_of(series, profile)
        if model is None:
            model = self.models[series] = SurgeAnchored(prior)
        else:
            model.prior = prior
        self.adapted[series] = profile
        return model

    def is_new(self, day: int, feed: int, recipient: int) -> bool:
        """Whether a recipient was never mailed before this day, and not yet counted today in this feed."""
        mark = recipient & MARK_MAX
        if mark in self.contacts:
            return False
        today = self.fresh.get((day, feed))
        if today is None:
            today = self.fresh[(day, feed)] = Contacts()
        elif mark in today:
            return False
        today.add(mark)
        return True

    def seal(self, day: int, learn: bool, profile: Profile) -> None:
        """Learn a closed day and the silence before it; its buckets stay for windows that reach back from the next."""
        self._forget(day)
        fresh = [self.fresh.pop((day, feed), None) for feed in (FEED_SEND, FEED_TRACE)]
        feeds = [self.buckets.get((day, feed), {}) for feed in (FEED_SEND, FEED_TRACE)]
        if day <= self.learnt_day or not (self.models or any(feeds)):
            return
        self._learn_silence(day, profile)
        self.learnt_day = day
        hours = [_hours(feeds, place) for place in range(len(SERIES))]
        known = not any(feeds) or _recipients_known(feeds)
        if learn:
            self._learn(day, hours if known else hours[:1], profile)
            self._befriend(self.contacts, fresh)
        elif any(feeds):
            self._hold(day, hours if known else hours[:1])
            self._befriend(self.held_contacts, fresh)
            self._learn_persisted(profile)

    def _learn(self, day: int, hours: list[list[int]], profile: Profile, age_days: int = 0) -> None:
        for series, counts in zip(SERIES, hours, strict=False):
            self.model(series, profile).learn_day(counts, (day + 3) % 7 >= 5, age_days)

    @staticmethod
    def _befriend(contacts: Contacts, fresh: list[Contacts | None]) -> None:
        for marks in fresh:
            if marks is not None:
                contacts.merge(marks)

    def _hold(self, day: int, hours: list[list[int]]) -> None:
        """Keep a day that is not learnt: the first such days and the last."""
        self.held = {held: kept for held, kept in self.held.items() if day - held <= HELD_FOR_DAYS_MAX}
        if len(self.held) >= HELD_DAYS_MAX:
            del self.held[sorted(self.held)[-1]]
        self.held[day] = hours

    def _learn_persisted(self, profile: Profile) -> None:
        """Learn the held days when they are three at least over two weeks: nobody objected, and it goes on."""
        days = sorted(self.held)
        if len(days) < PERSISTED_DAYS or days[-1] - days[0] < PERSISTED_SPAN_DAYS:
            return
        for place, day in enumerate(days):
            self._learn(day, self.held[day], profile, max(0, days[-1] - day - (len(days) - 1 - place)))
        self.contacts.merge(self.held_contacts)
        self.held, self.held_contacts = {}, Contacts()

    def _learn_silence(self, day: int, profile: Profile) -> None:
        """Days without a record between the last sealed one and this."""
        first = max(self.learnt_day + 1, day - SILENT_DAYS_MAX) if self.learnt_day >= 0 else day
        for missed in range(first, day):
            for series in SERIES:
                self.model(series, profile).learn_day([0] * 24, (missed + 3) % 7 >= 5)

    def _forget(self, before: int) -> None:
        self.latest = [_NO_BUCKET, _NO_BUCKET]
        for key in [key for key in self.buckets if key[0] < before]:
            del self.buckets[key], self.totals[key]
        for key in [key for key in self.fresh if key[0] < before]:
            del self.fresh[key]
        for key in [key for key in self.trusted if key[0] < before]:
            del self.trusted[key]


_PRIORS: dict[str, tuple[Profile, SurgePrior]] = {}  # by series: the profile asked for last, and what it says


def _prior_of(series: str, profile: Profile) -> SurgePrior:
    """The prior of a series: all accounts of a tenant ask for the same one."""
    held = _PRIORS.get(series)
    if held is None or held[0] is not profile:
        prior = SurgePrior.from_table(series, profile.priors.get(series, {}), profile.season)
        held = _PRIORS[series] = (profile, prior)
    return held[1]


def _hours(feeds: list[Counts], place: int) -> list[int]:
    """Hourly counts of a day, the greater feed in each hour."""
    best = [0] * 24
    for counts in feeds:
        if not counts:
            continue
        hours = [0] * 24
        for bucket, values in counts.items():
            hours[bucket % BUCKETS_A_DAY // BUCKETS_AN_HOUR] += values[place]
        best = list(map(max, best, hours))
    return best


def _recipients_known(feeds: list[Counts]) -> bool:
    return any(values[1] for counts in feeds for values in counts.values())

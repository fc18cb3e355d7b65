"""The fold over one partition of the audit log. Layer: detectors.

State is a function of the entries and of nothing else: no clock, no I/O. One object serves one partition; the driver
hands it each entry once and carries out the effects.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from detectors.engine.account import Account
from detectors.engine.account_states import AccountStates
from detectors.engine.blind_spots import SAW_ALL, TELLING, blind_spots, feeds_seen
from detectors.engine.detector import DAY_MS, HOUR_MS, Accused, Context, Detector, Evidence, Place
from detectors.engine.effects import Effect
from detectors.engine.exposure import exposed, renewed, renews_password
from detectors.engine.knowledge import Knowledge
from detectors.engine.tenant_state import CLOCK, GAPS, SEAL_AFTER_MS, Tenant
from detectors.engine.visibility import unlearnt_days
from detectors.incidents.book import QUIET_MS, OpenIncident, Ref, ref_of
from detectors.incidents.story import tell
from schemas.contracts.gap import decode_gap
from schemas.contracts.home_domains import tells_home_domains
from schemas.contracts.incident import Activity, Incident, Reason
from schemas.contracts.log import ARCHIVED, EntryKind, LogEntry, MalformedEntry
from schemas.contracts.notice import Notice, decode_notice
from schemas.contracts.profile import Profile, decode_profile
from schemas.contracts.signal import Contribution, Watermark
from schemas.records.decode import decode
from schemas.records.event import AuditEvent, DirectoryAudit

EVIDENCE_MIN_NATS = 2.5
YOUNG_HOURS = 20  # active hours below which behaviour must surprise more
YOUNG_NATS = 2.0
ESTABLISHED_DAYS = 7
_NOWHERE = Place.UNKNOWN
_RECORD = EntryKind.RECORD


Observe = Callable[[Any, AuditEvent, Context], Sequence[Evidence]]


class AccountEngine(AccountStates):
    """`fold(entry) -> effects` for the accounts of one partition."""

    def __init__(
        self, detectors: tuple[Detector[Any], ...], knowledge: Knowledge, partition: int = 0, partitions: int = 1
    ) -> None:
        super().__init__(detectors)
        self._partition, self._partitions = partition, partitions
        self._context = Context(knowledge, Profile("", -1))
        self._readers: dict[type, tuple[tuple[int, Observe], ...]] = {}

    def profile(self, tenant: str) -> Profile:
        """The profile in force; the empty one of a tenant that is not known."""
        held = self._tenants.get(tenant)
        return Profile(tenant, -1) if held is None else held.profile

    # --- entries -------------------------------------------------------------------------------------------------

    def fold(self, entry: LogEntry) -> list[Effect]:
        """Apply one entry; MalformedEntry or UnreadableRecord when it cannot be read (nothing was changed)."""
        if entry.role == ARCHIVED:
            return []
        tenant = self._tenants.get(entry.tenant)
        if tenant is None:
            tenant = self._tenants[entry.tenant] = Tenant(entry.tenant)
        if entry.kind is _RECORD:
            return self._record(tenant, entry)
        if entry.kind is EntryKind.CLOCK:
            return self._clock(tenant, entry)
        if entry.kind is EntryKind.PROFILE:
            return self._profile(tenant, entry)
        if entry.kind is EntryKind.NOTICE:
            return self._notice(tenant, entry)
        if entry.kind is EntryKind.GAP:
            return self._gap(tenant, entry)
        return []

    def _gap(self, tenant: Tenant, entry: LogEntry) -> list[Effect]:
        try:
            gap = decode_gap(entry.value)
        except ValueError as error:
            raise MalformedEntry(str(error)) from None
        days = unlearnt_days(gap)
        if days:
            tenant.skip_days(days)
        if not gap.feed and not gap.text:
            return []  # an entry of the older form tells of a day and of nothing else
        judge = tenant.profile.id or f"{entry.tenant}/shipped"
        told = tenant.visibility.note(entry.tenant, gap, judge, entry.historical)
        tenant.change(GAPS)
        return list(told) if self._partition == 0 else []  # every partition is told of it, one tells

    def _profile(self, tenant: Tenant, entry: LogEntry) -> list[Effect]:
        try:
            profile = decode_profile(entry.value)
        except ValueError as error:
            raise MalformedEntry(str(error)) from None
        if tells_home_domains(entry):
            tenant.take_home_domains(profile)
        else:
            tenant.take_profile(profile)
        return []

    def _clock(self, tenant: Tenant, entry: LogEntry) -> list[Effect]:
        now = entry.clock_ms()
        if now <= tenant.clock_ms:
            return []
        closed = (now - SEAL_AFTER_MS) // DAY_MS - 1
        effects: list[Effect] = []
        if tenant.clock_ms == 0:
            tenant.closed_day = closed - 1  # the first clock closes one day: before it there was no ledger
        tenant.clock_ms = now
        tenant.change(CLOCK)
        while tenant.closed_day < closed:
            tenant.closed_day += 1
            effects.append(self._close(tenant, entry.tenant, tenant.closed_day))
        effects += self._end_quiet(tenant, entry.tenant, now)
        effects.append(Watermark(entry.tenant, self._partition, self._partitions, now))
        return effects

    def _close(self, tenant: Tenant, name: str, day: int) -> Contribution:
        ledger = tenant.close_ledger(day)
        home = tenant.profile.home_domains
        return ledger.close(name, self._partition, self._partitions, tenant.accused, home)

    # --- records -------------------------------------------------------------------------------------------------

    def _record(self, tenant: Tenant, entry: LogEntry) -> list[Effect]:
        event = entry.event or decode(entry.value)
        time_ms, kind = event.time_ms, type(event.detail)
        account = self._account(tenant, entry.account)
        context = self._enter(tenant, account, entry, time_ms)
        ledger = context.ledger
        if ledger is None:
            account.late += 1
        elif context.role == "actor":
            day, bit = context.day, 1 << time_ms // HOUR_MS % 24
            hours = account.open_days.get(day, 0)
            if not hours & bit:
                account.open_days[day] = hours | bit
            ledger.join(account.number)
        if kind in TELLING and account.seen != SAW_ALL:
            account.seen |= feeds_seen(event)
        effects: list[Effect] = []
        states = account.states
        for place, observe in self._readers.get(kind) or self._places(kind):
            found = observe(states[place], event, context)
            if found:
                effects += self._judge(tenant, account, entry, found, event)
        if kind is DirectoryAudit:
            self._renew(account, event)
        if context.signals:
            effects += context.signals
            context.signals = []
        return effects

    def _renew(self, account: Account, event: AuditEvent) -> None:
        """A password that was changed is in nobody else's hands, unless at a strange place; kept where it matters."""
        if self._context.place is Place.STRANGE or not (account.exposure or account.book.held):
            return
        if renews_password(event, self._context.role):
            account.exposure = renewed(account.exposure, event.time_ms)

    def _places(self, detail: type) -> tuple[tuple[int, Observe], ...]:
        places = self._readers.get(detail)
        if places is None:
            places = tuple(
                (place, detector.observe)
                for place, detector in enumerate(self._detectors)
                if detector.details is None or detail in detector.details
            )
            self._readers[detail] = places
        return places

    def _account(self, tenant: Tenant, key: str) -> Account:
        account = tenant.people.get(key)
        if account is None:
            account = self._wake(tenant, key)
        tenant.touch(key)
        return account

    def _enter(self, tenant: Tenant, account: Account, entry: LogEntry, time_ms: int) -> Context:
        """Seal what the clock has passed, then set the context for this entry."""
        context = self._context
        day, closed = time_ms // DAY_MS, tenant.closed_day
        late = day <= closed
        context.profile = tenant.profile
        context.account, context.role = entry.account, entry.role
        if account.sealed_to != closed and entry.kind is _RECORD:
            if account.open_days and min(account.open_days) <= closed:
                self._seal(tenant, account, context)  # not at a notice: what it says comes before its day is learnt
            account.sealed_to = closed  # what opens from now on is later
        first_ms = account.first_ms
        if not first_ms or time_ms < first_ms:
            first_ms = account.first_ms = time_ms
        if time_ms > account.last_ms:
            account.last_ms = time_ms
        context.day, context.late = day, late
        context.first_ms, context.sealed_days = first_ms, account.sealed_days
        context.active_hours = account.active_hours
        context.ledger = None if late else tenant.ledger(day, entry.account)
        context.number = account.number
        context.place, context.heard, context.held = _NOWHERE, None, account.book.held
        context.exposure = account.exposure
        return context

    def _seal(self, tenant: Tenant, account: Account, context: Context) -> None:
        touched = account.book.days() if account.book.incident is not None else set()
        for day in sorted(day for day in account.open_days if day <= tenant.closed_day):
            hours = account.open_days.pop(day)
            learn = day not in touched and day not in tenant.gaps
            context.accused = account.book.accused() if day in touched else Accused.NOTHING
            for detector, state in zip(self._detectors, account.states, strict=True):
                detector.seal(state, day, learn, context)
            if learn:
                account.sealed_days += 1
                account.active_hours += hours.bit_count()
        if account.book.incident is None:
            account.book.forget(account.last_ms - QUIET_MS)

    # --- judging -------------------------------------------------------------------------------------------------

    def _judge(self, tenant: Tenant, account: Account, entry: LogEntry, found: Any, event: AuditEvent) -> list[Effect]:
        changed = False
        for evidence in found:
            self._surcharge(evidence, account)
            if evidence.nats >= EVIDENCE_MIN_NATS or evidence.repeat:
                ref = ref_of(evidence.record or event, round(evidence.nats, 3))
                changed |= account.book.add(evidence, ref, ref.time_ms // DAY_MS) is not None
        return self._reckon(tenant, account, entry, event.time_ms, changed)

    @staticmethod
    def _surcharge(evidence: Evidence, account: Account) -> None:
        if evidence.certain or evidence.repeat or account.active_hours >= YOUNG_HOURS:
            return
        evidence.nats -= YOUNG_NATS
        observed = f"{account.active_hours} active hours"
        evidence.reasons = (*evidence.reasons, Reason("history", observed, f"{YOUNG_HOURS} or more", -YOUNG_NATS))

    def _reckon(self, tenant: Tenant, account: Account, entry: LogEntry, time_ms: int, changed: bool) -> list[Effect]:
        book = account.book
        if book.incident is None:
            if not changed:
                return []
            book.forget(account.last_ms - QUIET_MS)
        tiers = book.reached(self._context.profile.review_nats) if changed else ()
        if changed and self._context.ledger is not None:
            self._context.ledger.score(account.number, book.score(), "act" in tiers)
        if book.incident is None:
            if not tiers:
                return []
            book.incident = OpenIncident(
                _incident_uid(entry, time_ms), time_ms, dict.fromkeys(tiers, time_ms), historical=entry.historical
            )
            tenant.accused.add(account.number)
            tenant.agenda(entry.account, time_ms, QUIET_MS)
            return [self._message(tenant, self._context.profile, account, entry, Activity.CREATE, time_ms)]
        tenant.agenda(entry.account, book.last_grave_ms(), QUIET_MS)
        return self._update(tenant, account, entry, time_ms, tiers)

    def _update(
        self, tenant: Tenant, account: Account, entry: LogEntry, time_ms: int, tiers: tuple[str, ...]
    ) -> list[Effect]:
        incident = account.book.incident
        if incident is None:
            return []
        risen = [tier for tier in tiers if tier not in incident.tier_times]
        for tier in risen:
            incident.tier_times[tier] = time_ms
        held = account.book.shown()
        joined = {item.detector for item in held} - set(incident.told_detectors)
        staged = {item.stage for item in held} - set(incident.told_stages)
        cleared = incident.historical and not entry.historical
        if not (risen or joined or staged or cleared or account.book.count() >= 2 * incident.told_count):
            return []
        incident.historical = incident.historical and entry.historical
        return [self._message(tenant, self._context.profile, account, entry, Activity.UPDATE, time_ms)]

    def _message(
        self, tenant: Tenant, profile: Profile, account: Account, entry: LogEntry, activity: Activity, time_ms: int
    ) -> Incident:
        book, incident = account.book, account.book.incident
        assert incident is not None
        incident.told += 1
        incident.told_count = book.count()
        incident.told_detectors = tuple(sorted({item.detector for item in book.shown()}))
        incident.told_stages = tuple(sorted({item.stage for item in book.shown()}))
        established = account.sealed_days >= ESTABLISHED_DAYS
        judge = profile.id or f"{entry.tenant}/shipped"
        blind = blind_spots(account) + tenant.visibility.spots()
        return tell(book, incident, activity, entry.tenant, entry.account, time_ms, judge, established, blind)

    # --- notices and closing -------------------------------------------------------------------------------------

    def _notice(self, tenant: Tenant, entry: LogEntry) -> list[Effect]:
        try:
            notice = decode_notice(entry.value)
        except ValueError as error:
            raise MalformedEntry(str(error)) from None
        account = self._account(tenant, entry.account)
        context = self._enter(tenant, account, entry, notice.time_ms)
        context.profile = tenant.profile_at(notice.time_ms)
        open_day = max(context.day, tenant.closed_day + 1)  # an answer may come after its day's close
        context.ledger = tenant.ledger(open_day, entry.account)
        effects: list[Effect] = []
        for place, detector in enumerate(self._detectors):
            found = detector.notice(account.states[place], notice, context)
            changed = False
            for evidence in found:
                self._surcharge(evidence, account)
                if evidence.nats >= EVIDENCE_MIN_NATS:
                    changed |= _note(account, notice, evidence)
            if found:
                effects += self._reckon(tenant, account, entry, notice.time_ms, changed)
            if notice.what == "failure" and any(evidence.nats >= context.profile.review_nats for evidence in found):
                account.book.reported(notice.time_ms)
        context.signals = []
        return effects

    def _end_quiet(self, tenant: Tenant, name: str, now: int) -> list[Effect]:
        effects: list[Effect] = []
        for key in tenant.take_due(now):
            account = self._accused(tenant, key)
            if account is None or account.book.incident is None:
                continue
            last = account.book.last_grave_ms()
            if last + QUIET_MS > now:
                tenant.agenda(key, last, QUIET_MS)
                continue
            tenant.touch(key)
            entry = LogEntry(EntryKind.CLOCK, name, key, b"")
            effects.append(self._message(tenant, tenant.profile, account, entry, Activity.CLOSE, last))
            self._context.profile, self._context.account = tenant.profile, key
            self._seal(tenant, account, self._context)  # its days are not learnt, whenever the account comes back
            account.exposure = exposed(account.exposure, *account.book.guessed(), tenant.profile.review_nats)
            account.book.incident = None
            tenant.accused.discard(account.number)
            account.book.held.clear()
        return effects

    def standing(self) -> list[Incident]:
        """Open incidents as they stand, evidence that came since their last message included; changes nothing."""
        found = []
        for name, tenant in sorted(self._tenants.items()):
            for key in sorted(tenant.names[number] for number in tenant.accused):
                account = self._accused(tenant, key)
                if account is not None and (incident := account.book.incident) is not None:
                    entry = LogEntry(EntryKind.CLOCK, name, key, b"")
                    held, account.book.incident = incident, replace(incident)
                    last = account.book.last_ms()
                    found.append(self._message(tenant, tenant.profile, account, entry, Activity.UPDATE, last))
                    account.book.incident = held
        return found


def _incident_uid(entry: LogEntry, time_ms: int) -> str:
    """Hash of account and identity of the entry that opened it.

    Of an answer the day stands for its record: several networks may answer about one account, and which of them is heard first
    depends on the partitions they lie in.
    """
    source, record_id, role = entry.identity
    if entry.kind is EntryKind.NOTICE:
        record_id = str(time_ms // DAY_MS)
    return hashlib.sha256("|".join((entry.tenant, entry.account, source, record_id, role)).encode()).hexdigest()[:32]


def _note(account: Account, notice: Notice, evidence: Evidence) -> bool:
    """Add a notice's evidence with the record it is about and those that it names; whether the score may have changed."""
    day, nats = notice.time_ms // DAY_MS, round(evidence.nats, 3)
    ref = Ref(notice.time_ms, notice.record_id, notice.operation, notice.ip, None, nats)
    changed = account.book.hear(evidence, ref, day) is not None
    for uid, time_ms, operation, _ in notice.records:
        if uid != notice.record_id:
            further = Ref(time_ms, uid, operation, notice.ip, None, nats)
            account.book.hear(replace(evidence, repeat=True), further, day)
    return changed

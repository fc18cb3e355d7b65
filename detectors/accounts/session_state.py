"""State of `impossible-session`: what the account knows, and who was where on the open days. Layer: detectors."""

from __future__ import annotations

from dataclasses import dataclass, field

from detectors.engine.detector import Accused
from detectors.models.categories import CategoryNovelty, hash32

ROWS_MAX = 48  # per open day; later ones are judged and not kept
SESSIONS_MAX = 12
SESSION_DAYS = 30
SUSPECTS_MAX = 24
PARDON_DAYS = 4  # an incident is closed by then, see QUIET_MS
MINUTE_MS = 60_000
SYSTEMS = ("", "windows", "macos", "ios", "android", "linux", "chromeos", "windows-phone")
KINDS = ("network", "wide", "country", "agent", "device")
SIZES = {"network": 16, "wide": 16, "country": 8, "agent": 12, "device": 8}
NOWHERE = -32_768

# What a row says about the device behind it.
# Bits of Row.kind: Microsoft's or the tenant's own egress; a privacy relay; a browser that people use; a mobile carrier; what
# `Place` says; a place the account knows, so that a session alive there and elsewhere has two holders; a second factor by
# claim in the token.
NEUTRAL, RELAY, PLAIN, MOBILE, TRUSTED, STRANGE, HOME, CLAIM = 1, 2, 4, 8, 16, 32, 64, 128
DEVICE_SILENT, DEVICE_NONE, DEVICE_HELD, DEVICE_MANAGED = 0, 1, 2, 3


Record = tuple[str, str, str | None, str | None]  # id, operation, address, session


@dataclass(slots=True)
class Row:
    """One place, client and session of one open day. Hashes are 32 bits, 0 when the records are silent.

    `spot` is in hundredths of a degree. `nats` is the best score so far, `own_nats` the part of it that needs no other row;
    `record` the record by which the row was met: id, operation, address and session, while the row is strange.
    """

    key: int  # 64-bit hash of (address, session, agent): what a further record is compared by
    first_ms: int
    last_ms: int
    network: int
    wide: int
    country: int
    agent: int
    device: int
    session: int
    system: int = 0  # index into SYSTEMS
    held: int = DEVICE_SILENT
    kind: int = 0
    latitude: int = NOWHERE
    longitude: int = NOWHERE
    nats: float = 0.0
    own_nats: float = 0.0
    address: int = 0
    trusted_on: int = -1  # day of the profile by which the place was judged, low 16 bits
    record: Record | None = None

    @property
    def neutral(self) -> bool:
        """The address says nothing about where the person is."""
        return bool(self.kind & NEUTRAL)

    def place(self) -> tuple[int, int]:
        """The network in both spellings."""
        return (self.network, self.wide)


def client_key(row: Row) -> int:
    """Lower half of a row's key: hash of client, device and whether the address says nothing."""
    return hash32(f"{row.agent}|{row.device}|{row.held}|{row.kind & NEUTRAL}")


@dataclass(slots=True)
class Session:
    """Where a session was last at home."""

    network: int
    wide: int
    system: int
    held: int
    day: int  # low 16 bits


@dataclass(slots=True)
class SessionState:
    """Models of sealed days, rows of open ones, sessions by hash."""

    models: dict[str, CategoryNovelty] = field(default_factory=dict)
    rows: dict[int, dict[int, Row]] = field(default_factory=dict)  # day -> key -> row
    sessions: dict[int, Session] = field(default_factory=dict)
    # What an incident accused: kind and value -> first met, minutes since 1970.
    suspects: dict[tuple[str, int], int] = field(default_factory=dict)
    accused_on: int = 0  # the last day that an incident kept from being learnt
    last_ms: int = 0  # event time of the latest record with an address
    last_place: int = 0  # its `Place`
    recent: dict[tuple[object, ...], Row] = field(default_factory=dict)  # a cache, not kept
    mailed: dict[tuple[str, int], int] = field(default_factory=dict)  # a cache of trace rows' places, not kept
    newest_ms: int = 0  # when the newest row was first met, not kept
    shown: dict[int, set[int]] = field(default_factory=dict)  # day -> values that became evidence
    failed: dict[int, set[int]] = field(default_factory=dict)  # day -> (address, ten minutes) already signalled
    listed: list[Row] | None = field(default=None, compare=False)  # `all_rows`, not kept; None: to be made anew
    by_session: dict[int, list[Row]] = field(default_factory=dict, compare=False)  # of the rows that name one, not kept
    places: dict[tuple[int, int], float] = field(default_factory=dict, compare=False)  # `place_familiarity`, not kept
    turns: dict[int, float] = field(default_factory=dict, compare=False)  # country -> `turns_nats`, not kept
    turns_of: object = field(default=None, compare=False)  # the profile that they follow from

    def model(self, kind: str) -> CategoryNovelty:
        """Model of a kind of value."""
        found = self.models.get(kind)
        if found is None:
            found = self.models[kind] = CategoryNovelty(SIZES[kind])
        return found

    def familiarity(self, kind: str, value: int) -> float:
        """0: never met on a sealed day, .5: met, 1: known (twice, at least 20 hours apart)."""
        model = self.models.get(kind)
        if model is None or not value:
            return 0.0
        return 1.0 if model.known(value) else 0.5 if model.seen(value) else 0.0

    def place_familiarity(self, network: int, wide: int) -> float:
        """The greater familiarity of a network's two spellings."""
        place = (network, wide)
        found = self.places.get(place)
        if found is None:
            found = self.places[place] = max(self.familiarity("network", network), self.familiarity("wide", wide))
        return found

    def novelty(self, kind: str) -> float:
        """New values per active day."""
        model = self.models.get(kind)
        return model.novelty() if model is not None else 0.1

    def add_row(self, day: int, row: Row) -> None:
        """Keep a row of an open day."""
        rows = self.rows
        known = rows.get(day)
        if known is None:
            known = rows[day] = {}
        known[row.key] = row
        listed = self.listed
        if listed is None or next(reversed(rows)) != day:
            self.listed = None
            return
        listed.append(row)  # it is the last of the last day
        if row.session:
            self.by_session.setdefault(row.session, []).append(row)

    def all_rows(self) -> list[Row]:
        """Rows of the open days; not to be changed, nor kept."""
        listed = self.listed
        if listed is None:
            listed = self.listed = [row for day in self.rows.values() for row in day.values()]
            self.by_session = {}
            for row in listed:
                if row.session:
                    self.by_session.setdefault(row.session, []).append(row)
        return listed

    def rows_of(self, session: int) -> list[Row]:
        """Rows of the open days with this session; not to be changed."""
        if self.listed is None:
            self.all_rows()
        return self.by_session.get(session, [])

    def told_country(self, address: int, country: int) -> int:
        """What a record of the open days said of an address (hash) where the network data say `country` (hash)."""
        told = [row.country for row in self.all_rows() if row.address == address and row.country not in (0, country)]
        return min(told, default=country)

    def note_newest(self) -> None:
        """Find anew when the newest row was first met."""
        self.newest_ms = max((row.first_ms for row in self.all_rows()), default=0)

    def seal(self, day: int, learn: bool, accused: Accused = Accused.NOTHING) -> None:
        """Learn a day's rows in order of event time, or forget them; places that were accused are met when all stayed quiet."""
        rows = sorted(self.rows.pop(day, {}).values(), key=lambda row: (row.first_ms, row.key))
        self.listed = None
        self.shown.pop(day, None)
        self.failed.pop(day, None)
        self.recent.clear()
        self.mailed.clear()
        self.places.clear()
        self.turns.clear()
        self.note_newest()
        if not learn:
            self._accuse(day, rows, accused)
            return
        self._pardon(day)
        if not rows:
            return
        met: set[tuple[str, int]] = set()
        for row in rows:
            for kind, value in self._values(row):
                if value and (kind, value) not in met:
                    met.add((kind, value))
                    self.model(kind).learn_one({"value": value, "time_ms": row.first_ms})
            if row.session and not row.neutral:
                self._keep(row, day)
        self._forget(day)

    def _accuse(self, day: int, rows: list[Row], accused: Accused) -> None:
        """Note what a day's incident accused for its strangeness; where more was done, nothing of it becomes a habit."""
        if accused is Accused.ACTS:
            self.suspects.clear()
        if accused is not Accused.PLACES:
            return
        self.accused_on = max(self.accused_on, day)
        for row in rows:
            for kind, value in self._values(row):
                model = self.models.get(kind)
                if value and len(self.suspects) < SUSPECTS_MAX and not (model is not None and model.seen(value)):
                    self.suspects.setdefault((kind, value), row.first_ms // MINUTE_MS)

    def _pardon(self, day: int) -> None:
        """Days after an incident that nothing followed: its places are met, not known. Once only, however often accused."""
        if not self.suspects or day < self.accused_on + PARDON_DAYS:
            return
        for (kind, value), minute in sorted(self.suspects.items(), key=lambda item: (item[1], item[0])):
            if not self.model(kind).seen(value):
                self.model(kind).learn_one({"value": value, "time_ms": minute * MINUTE_MS})
        self.suspects.clear()
        self.accused_on = 0

    @staticmethod
    def _values(row: Row) -> tuple[tuple[str, int], ...]:
        if row.neutral:
            return (("agent", row.agent), ("device", row.device))
        place = (("network", row.network), ("wide", row.wide), ("country", row.country))
        return (*place, ("agent", row.agent), ("device", row.device))

    def _keep(self, row: Row, day: int) -> None:
        known = self.sessions.pop(row.session, None)
        system = row.system or (known.system if known else 0)
        held = max(row.held, known.held if known else 0)
        self.sessions[row.session] = Session(row.network, row.wide, system, held, day & 0xFFFF)

    def _forget(self, day: int) -> None:
        stale = [key for key, held in self.sessions.items() if (day - held.day) & 0xFFFF > SESSION_DAYS]
        for key in stale:
            del self.sessions[key]
        while len(self.sessions) > SESSIONS_MAX:
            del self.sessions[next(iter(self.sessions))]

"""One account's day: what it does, in order, and the records this leaves. Layer: streams."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from streams.simulation.chance import chance
from streams.simulation.clock import HOUR, MINUTE, SECOND
from streams.simulation.life.places import Whereabouts
from streams.simulation.life.sessions import Session, Slot, open_session
from streams.simulation.record import Record
from streams.simulation.records.common import Use
from streams.simulation.records.logons import SignIn, logon_record, signin_record
from streams.simulation.truth import Negative
from streams.simulation.world.devices import OFFICE, OUTLOOK_MOBILE, OWA, App
from streams.simulation.world.networks import Place
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant

HOURS = (.02, .01, .01, .01, .01, .03, .15, .5, 1.2, 1.7, 1.8, 1.6, 1.1, 1.4, 1.7, 1.6, 1.4, 1., .6, .35, .25, .2,
         .12, .05)  # fmt: skip
_MEAN = sum(HOURS) / 24
PROFILE = tuple(value / _MEAN for value in HOURS)

_APPS: dict[Slot, App] = {"browser": OWA, "outlook": OFFICE, "phone": OUTLOOK_MOBILE}


class Day:
    """The context of one account on one day: generator, places, sessions, and what came of it."""

    def __init__(self, tenant: Tenant, people: list[Person], person: Person, number: int) -> None:
        self.tenant, self.people, self.person, self.number = tenant, people, person, number
        self.rng = chance(tenant.seed, person.index, number, "life")
        self.start = tenant.start + number * 24 * HOUR - person.offset * HOUR
        self.weekday = tenant.weekday(number)
        self.factor = self._factor()
        self.working = self.factor > 0.5
        self.where = Whereabouts(tenant, person, number, self.rng, self.working)
        self.out: list[Record] = []
        self.negatives: list[Negative] = []
        self.sessions: dict[Slot, Session] = {}
        self.history: list[tuple[int, Session, Place]] = []
        self.mailed: list[tuple[int, int]] = []
        self._actions: list[tuple[int, int, Callable[[int], None]]] = []

    def _factor(self) -> float:
        person = self.person
        factor = person.weekend if self.weekday >= 5 else 1.0
        if self.number in self.tenant.holidays:
            factor *= 0.05
        if self.number in person.leave:
            factor *= 0.03
        return factor

    def profile(self, hour: int) -> float:
        """How busy the hour usually is, 1 on average."""
        return PROFILE[(hour - self.person.shift) % 24]

    def moment(self, low: float = 9.0, high: float = 17.0) -> int:
        """A random moment between two hours of the person's working day."""
        hours = self.rng.uniform(low, high) + self.person.shift
        return self.start + int(hours * HOUR)

    def later(self, at: int, action: Callable[[int], None]) -> None:
        """Plan something for a moment of this day."""
        self._actions.append((at, len(self._actions), action))

    def run(self) -> None:
        """Do everything that was planned, in order of time."""
        self._actions.sort()
        for at, _, action in self._actions:
            action(at)
        self._actions.clear()

    def add(self, records: Iterable[Record]) -> list[str]:
        """Keep records and return their identities."""
        found = list(records)
        self.out.extend(found)
        return [record.uid for record in found]

    def note(self, kind: str, uids: list[str], at: int, text: str) -> None:
        """Remember a benign look-alike for the truth."""
        self.negatives.append(Negative(kind, self.person.upn, at, uids, text))

    def session(self, slot: Slot) -> Session:
        """Today's session of a slot."""
        found = self.sessions.get(slot)
        if found is None:
            found = self.sessions[slot] = open_session(self.tenant, self.person, self.number, slot)
        return found

    def main_slot(self) -> Slot:
        """What the person writes mail with at the desk."""
        if self.person.owa:
            return "browser"
        return "outlook"

    def slot_at(self, at: int) -> Slot:
        """The program likely in use at a moment."""
        hour = (at - self.start) // HOUR - self.person.shift
        desk = 8 <= hour <= 17 and self.working
        if self.rng.random() < (0.12 if desk else 0.65):
            return "phone"
        return self.main_slot()

    def place_at(self, slot: Slot, at: int) -> Place:
        """Where the device of the slot is."""
        hour = int((at - self.start) // HOUR) % 24
        return self.where.phone(hour) if slot == "phone" else self.where.laptop(hour)

    def use(self, at: int, slot: Slot = "browser") -> Use:
        """Reach a service: signs in again first when the token is stale."""
        session, place = self.session(slot), self.place_at(slot, at)
        entry = place
        if self.person.split_tunnel and place is self.where.home and slot != "phone":
            entry = self.tenant.offices[0]
        if session.stale(at, entry):
            self._refresh(at, session, entry)
        agent = session.device.user_agent(self.number)
        client = "owa" if slot == "browser" else "outlook" if slot == "outlook" else "mobile"
        if not self.person.shows_session:
            return Use(place.ip, "", "", "", agent, client, session.device.outlook_build(self.number))
        return Use(place.ip, session.identity, session.token, session.issued_text, agent, client,
                   session.device.outlook_build(self.number))  # fmt: skip

    def _refresh(self, at: int, session: Session, place: Place) -> None:
        issued = at - self.rng.whole(2, 240) * SECOND
        session.renew(issued, place, self.rng)
        self.history.append((issued, session, place))
        if session.fresh:
            session.fresh = False
            self._interactive(issued, session, place)
            return
        self.sign_in(issued, session, place, _APPS[session.slot])

    def _interactive(self, at: int, session: Session, place: Place) -> None:
        roll = self.rng.random()
        if roll < 0.3:
            self.sign_in(at - 40 * SECOND, session, place, _APPS[session.slot], True, 50076 if roll < 0.15 else 50074)
        if roll > 0.8:
            self.sign_in(at - 15 * SECOND, session, place, _APPS[session.slot], True, 50140)
        self.sign_in(at, session, place, _APPS[session.slot], True)

    def sign_in(
        self, at: int, session: Session, place: Place, app: App, interactive: bool = False, error: int = 0
    ) -> list[str]:
        """One sign-in event in both feeds (a background one only sometimes in the audit log)."""
        device = session.device
        rich = app.client != "Browser"
        token = session.token if error == 0 else self.rng.token()
        event = SignIn(
            at, place, app, device,
            device.app_agent(self.number) if rich else device.user_agent(self.number),
            "Rich Client 5.2.8" if rich and not device.mobile else device.browser_text(self.number),
            session.identity, token, interactive, error, device.managed or self.rng.happens(0.9),
            "oAuth2" if interactive else "none",
            "none" if interactive else ("primaryRefreshToken" if device.managed else "refreshToken"),
        )  # fmt: skip
        uid = self.rng.guid()
        records = [signin_record(self.tenant, self.person, self.rng, event, uid)]
        if interactive or self.rng.random() < 0.55:
            records.append(logon_record(self.tenant, self.person, self.rng, event, uid))
        self.add(records)
        return [uid]

    def background(self, at: int, slot: Slot, app: App) -> None:
        """A first-party application refreshes its token in the same session."""
        session = self.session(slot)
        if session.fresh:
            return
        place = self.place_at(slot, at)
        if session.issued == 0:
            session.renew(at, place, self.rng)
        self.history.append((at, session, place))
        self.sign_in(at, session, place, app)


def minutes(count: float) -> int:
    """Minutes as milliseconds."""
    return int(count * MINUTE)

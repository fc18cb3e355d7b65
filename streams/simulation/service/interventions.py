"""What is done to accounts, and what it changes in everything they would have done next. Layer: streams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import orjson

from streams.simulation.chance import chance
from streams.simulation.life.sessions import Slot
from streams.simulation.record import Body
from streams.simulation.service.directory import Directory
from streams.simulation.service.failing import ENTRA, SIGNINS, failed
from streams.simulation.service.fates import DISABLED, REVOKED, Fate, Ousting, Renewal
from streams.simulation.service.impossible import CHANGES_RULE, gone_rule, lost_right, unrecorded
from streams.simulation.service.item import AFTERMATH, BENIGN, NOBODY, Item
from streams.simulation.service.returning import SLOTS, TRIES_REVOKED, cut_off, return_of, sessions_of
from streams.simulation.service.spans import Spans
from streams.simulation.service.spool import Spool
from streams.simulation.service.stores import Stores
from streams.simulation.service.world import World
from streams.simulation.world.person import Person

_EXCHANGE = "Audit.Exchange"
_ACTS = (_EXCHANGE, "messageTraces")


@dataclass(slots=True)
class Interventions:
    """Changes records that have not yet arrived, by what was done to their account before they happened."""

    world: World
    stores: Stores
    directory: Directory
    spool: Spool
    _fates: dict[int, Fate] = field(default_factory=dict)

    def change(self, name: str, item: Item) -> list[tuple[str, Item]]:
        """What becomes of an item at its release."""
        if (
            name == _EXCHANGE
            and self.directory.silence
            and unrecorded(self.directory, item.who, item.time, self.spool.read(item.position))
        ):
            return []
        fate = self._fates.get(item.who)
        if fate is not None:
            return self._judge(name, item, fate)
        if item.who == NOBODY and name == "messageTraces":
            return self._sent_on(name, item)
        return self._rules_that_exist(name, item)

    def happens(self, index: int, time_ms: int, attack: int) -> bool:
        """Whether an act of an account takes place at all."""
        fate = self._fates.get(index)
        return fate is None or not (fate.disabled.holds(time_ms) or self._ousted(fate, time_ms, attack) is not None)

    def _ousted(self, fate: Fate, time_ms: int, attack: int) -> Ousting | None:
        if attack < 0:
            return None
        began = self.world.attacks[attack].at_ms
        return next((found for found in fate.oustings if found.bars(attack, began, time_ms)), None)

    def _judge(self, name: str, item: Item, fate: Fate) -> list[tuple[str, Item]]:
        if fate.disabled.holds(item.time):
            return self._fails(name, item, DISABLED, 0)
        ousting = self._ousted(fate, item.time, item.attack)
        if ousting is not None:
            return self._fails(name, item, REVOKED, ousting.password_error)
        for renewal in fate.renewals if item.attack != AFTERMATH else ():
            if item.attack == BENIGN:
                if renewal.since < item.time < renewal.back:
                    return []
                if item.time >= renewal.back:
                    item = self._renewed(item, renewal)
            elif self.world.attacks[item.attack].at_ms > renewal.since:
                item = self._renewed(item, renewal)  # who steals a session later steals the one that there is then
        if name in _ACTS and lost_right(fate.lost, item.time, self.spool.read(item.position)):
            return []
        return self._rules_that_exist(name, item)

    def _rules_that_exist(self, name: str, item: Item) -> list[tuple[str, Item]]:
        """Nobody changes a rule that was removed."""
        directory = self.directory
        if name == _EXCHANGE and directory.removed and item.attack != AFTERMATH:
            line = self.spool.read(item.position)
            if CHANGES_RULE.search(line) and gone_rule(directory, orjson.loads(line), item.time):
                return []
        return [(name, item)]

    def _renewed(self, item: Item, renewal: Renewal) -> Item:
        line = self.spool.read(item.position)
        found = line
        for old, new in renewal.swaps:
            found = found.replace(old, new)
        return item if found == line else item._replace(position=self.spool.write(found))

    def _fails(self, name: str, item: Item, error: int, password_error: int) -> list[tuple[str, Item]]:
        """A sign-in that fails now; everything else does not happen."""
        if not name.startswith(SIGNINS) and name != ENTRA:
            return []
        line = failed(name, self.spool.read(item.position), error, password_error)
        return [] if line is None else [(name, item._replace(position=self.spool.write(line)))]

    def _kept(self, item: Item, body: Body) -> Item:
        return item._replace(position=self.spool.write(orjson.dumps(body)))

    def _sent_on(self, name: str, item: Item) -> list[tuple[str, Item]]:
        """Inbound mail that a rule or the mailbox's forwarding sends on leaves another row."""
        found = [(name, item)]
        sending = self.directory.forwarding()
        if not sending:
            return found
        line = self.spool.read(item.position)
        for person, box in sending:
            if person.upn.encode() not in line:
                continue
            body = orjson.loads(line)
            rng = chance(self.world.tenant.seed, "sent on", body["id"], person.index)
            for target in box.forwards(item.time) if body["recipientAddress"] == person.upn else ():
                row = body | {"id": rng.guid(), "senderAddress": person.upn, "recipientAddress": target,
                              "subject": f"FW: {body.get('subject', '')}"}  # fmt: skip
                found.append((name, self._kept(item._replace(who=NOBODY), row)))
        return found

    def _fate(self, index: int) -> Fate:
        return self._fates.setdefault(index, Fate())

    def disable(self, index: int, now_ms: int) -> None:
        """The account or application may do nothing from now on."""
        self._fate(index).disabled.begin(now_ms)

    def enable(self, index: int, now_ms: int) -> None:
        """It may act again; an owner whose sessions had ended meanwhile, or who had not come back, signs in again."""
        fate = self._fate(index)
        since = fate.disabled.end(now_ms)
        if since is not None and fate.renewals and fate.renewals[-1].back > since:
            self._renew(self.world.people[index], now_ms, TRIES_REVOKED)

    def tell_risk(self, body: Body, now_ms: int) -> None:
        """A risk detection that has no sign-in behind it."""
        self.stores.take("riskDetections", Item(now_ms, now_ms, self.spool.write(orjson.dumps(body))))

    def lose(self, person: Person, mailbox: str, right: str, now_ms: int) -> None:
        """The account loses a right on a mailbox (a UPN in lower case)."""
        self._fate(person.index).lost.setdefault((mailbox, right), Spans()).begin(now_ms)

    def regain(self, mailbox: Person, who: str, right: str, at_ms: int) -> None:
        """Somebody (a UPN or another name) has the right again."""
        person = self.directory.find(who)
        fate = None if person is None else self._fates.get(person.index)
        if fate is not None and (mailbox.upn, right) in fate.lost:
            fate.lost[(mailbox.upn, right)].end(at_ms)

    def revoke(self, person: Person, now_ms: int) -> None:
        """Sessions end: for owner and thief until they sign in again, which the thief of a mere session cannot."""
        again: dict[int, int] = {}
        for name, item in self._coming(person, now_ms):
            if item.attack >= 0 and name == "signIns/interactiveUser":
                status = orjson.loads(self.spool.read(item.position))["status"]
                if status["errorCode"] == 0:
                    again[item.attack] = min(item.time - 1, again.get(item.attack, item.time))
        self._oust(person, now_ms, Ousting(now_ms, again), TRIES_REVOKED)

    def reset(self, person: Person, now_ms: int, password_error: int, tries: tuple[int, ...]) -> None:
        """The password is another: sessions end, and the old password opens none. `tries`: what the owner meets."""
        self._oust(person, now_ms, Ousting(now_ms, {}, password_error), tries)

    def _oust(self, person: Person, now_ms: int, ousting: Ousting, tries: tuple[int, ...]) -> None:
        fate = self._fate(person.index)
        fate.oustings.append(ousting)
        self._renew(person, now_ms, tries)
        for number, seen in self.world.intruders.items():
            if seen.person != person.index or self.world.attacks[number].at_ms > now_ms:
                continue
            coming = [(item.time, name) for name, item in self._coming(person, now_ms)
                      if item.attack == number and ousting.bars(number, now_ms, item.time)]  # fmt: skip
            first, name = min(coming, default=(0, ENTRA))
            if not name.startswith((SIGNINS, ENTRA)):  # a sign-in fails by itself
                self.world.add(cut_off(self.world, person, seen, number, now_ms, first), attack=AFTERMATH)

    def _coming(self, person: Person, now_ms: int) -> Iterator[tuple[str, Item]]:
        """What the account will do, as far as its life is made."""
        return ((name, item) for name, item in self.stores.waiting() if item.who == person.index and item.time > now_ms)

    def _renew(self, person: Person, now_ms: int, tries: tuple[int, ...]) -> None:
        """From now on the owner works in new sessions, after signing in again at the first use of each old one."""
        fate = self._fate(person.index)
        held = {slot: session.identity.encode() for slot, session in sessions_of(self.world, person, now_ms).items()}
        swaps: list[tuple[bytes, bytes]] = []
        for slot in SLOTS:
            old = fate.session(held[slot])
            new = chance(self.world.tenant.seed, "renewed", old.decode(), now_ms).guid()
            swaps.append((old, new.encode()))
        renewal = Renewal(now_ms, now_ms, swaps)
        records = return_of(self.world, person, renewal, self._first_uses(person, now_ms, held), tries)
        fate.renewals.append(renewal)
        self.world.add(records, attack=AFTERMATH)

    def _first_uses(self, person: Person, now_ms: int, held: dict[Slot, bytes]) -> dict[Slot, int]:
        """When the account would next use each of its sessions."""
        found: dict[Slot, int] = {}
        for name, item in self._coming(person, now_ms):
            if item.attack != BENIGN or not name.startswith(("Audit.", SIGNINS)):
                continue
            line = self.spool.read(item.position)
            for slot, session in held.items():
                if session in line and item.time < found.get(slot, item.time + 1):
                    found[slot] = item.time
        return found

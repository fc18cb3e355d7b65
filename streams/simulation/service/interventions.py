"""What is done to accounts, and what it changes in everything they would have done next. Layer: streams."""

from __future__ import annotations

from dataclasses import dataclass, field

import orjson

from streams.simulation.chance import chance
from streams.simulation.clock import DAY, MINUTE, SECOND
from streams.simulation.life.day import Day
from streams.simulation.life.sessions import Slot, open_session
from streams.simulation.record import Body, Record
from streams.simulation.records.logons import FAILURES, SignIn, logon_record, signin_record
from streams.simulation.service.directory import Directory
from streams.simulation.service.item import BENIGN, NOBODY, Item
from streams.simulation.service.spool import Spool
from streams.simulation.service.stores import Stores
from streams.simulation.service.world import World
from streams.simulation.world.devices import OFFICE_HOME
from streams.simulation.world.person import Person

DISABLED, REVOKED, STALE = 50057, 50173, 50133
_SLOTS: tuple[Slot, ...] = ("browser", "outlook", "phone")
_ENTRA = "Audit.AzureActiveDirectory"
_NEVER = 1 << 62


@dataclass(slots=True)
class _Renewal:
    """From a moment on the owner works in new sessions in the place of the old ones."""

    since: int
    back: int
    swaps: list[tuple[bytes, bytes]]


@dataclass(slots=True)
class _Fate:
    """What was done to one account: spans of being disabled, revocations, the sessions that came after."""

    disabled: list[list[int]] = field(default_factory=list)
    revoked: list[int] = field(default_factory=list)
    renewals: list[_Renewal] = field(default_factory=list)


@dataclass(slots=True)
class Interventions:
    """Changes records that have not yet arrived, by what was done to their account before they happened."""

    world: World
    stores: Stores
    directory: Directory
    spool: Spool
    _fates: dict[int, _Fate] = field(default_factory=dict)

    def change(self, name: str, item: Item) -> list[tuple[str, Item]]:
        """What becomes of an item at its release."""
        fate = self._fates.get(item.who)
        if fate is not None:
            return self._judge(name, item, fate)
        if item.who == NOBODY and name == "messageTraces":
            return self._sent_on(name, item)
        return [(name, item)]

    def happens(self, index: int, time_ms: int, attack: int) -> bool:
        """Whether an act of an account takes place at all."""
        fate = self._fates.get(index)
        return fate is None or not (self._barred(fate, time_ms) or self._expelled(fate, time_ms, attack))

    def _barred(self, fate: _Fate, time_ms: int) -> bool:
        return any(begin < time_ms < end for begin, end in fate.disabled)

    def _expelled(self, fate: _Fate, time_ms: int, attack: int) -> bool:
        if attack == BENIGN:
            return False
        began = self.world.attacks[attack].at_ms
        return any(began <= moment < time_ms for moment in fate.revoked)

    def _judge(self, name: str, item: Item, fate: _Fate) -> list[tuple[str, Item]]:
        if self._barred(fate, item.time):
            return self._failed(name, item, DISABLED)
        if self._expelled(fate, item.time, item.attack):
            return self._failed(name, item, REVOKED)
        if item.attack == BENIGN:
            for renewal in fate.renewals:
                if renewal.since < item.time < renewal.back:
                    return []
                if item.time >= renewal.back:
                    item = self._renewed(item, renewal)
        return [(name, item)]

    def _renewed(self, item: Item, renewal: _Renewal) -> Item:
        line = self.spool.read(item.position)
        found = line
        for old, new in renewal.swaps:
            found = found.replace(old, new)
        return item if found == line else item._replace(position=self.spool.write(found))

    def _failed(self, name: str, item: Item, error: int) -> list[tuple[str, Item]]:
        """A sign-in that fails now; everything else does not happen."""
        if name.startswith("signIns/"):
            body = orjson.loads(self.spool.read(item.position))
            if error == REVOKED and body.get("isInteractive"):
                error = STALE
            body["status"] = {"errorCode": error, "failureReason": FAILURES[error][1], "additionalDetails": None}
            body["conditionalAccessStatus"] = "notApplied"
            return [(name, self._kept(item, body))]
        if name != _ENTRA:
            return []
        body = orjson.loads(self.spool.read(item.position))
        if int(body["RecordType"]) != 15:
            return []
        body["Operation"], body["ResultStatus"] = "UserLoginFailed", "Failed"
        body["ErrorNumber"], body["LogonError"] = str(error), FAILURES[error][0]
        return [(name, self._kept(item, body))]

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
                found.append((name, self._kept(item._replace(who=person.index), row)))
        return found

    def disable(self, person: Person, now_ms: int) -> None:
        """The account may do nothing from now on."""
        fate = self._fates.setdefault(person.index, _Fate())
        if not fate.disabled or fate.disabled[-1][1] != _NEVER:
            fate.disabled.append([now_ms, _NEVER])

    def enable(self, person: Person, now_ms: int) -> None:
        """The account may act again."""
        fate = self._fates.get(person.index)
        if fate is not None and fate.disabled and fate.disabled[-1][1] == _NEVER:
            fate.disabled[-1][1] = now_ms

    def revoke(self, person: Person, now_ms: int) -> None:
        """Sessions end: a thief's for good, the owner's until he signs in again."""
        fate = self._fates.setdefault(person.index, _Fate())
        fate.revoked.append(now_ms)
        number = max(0, (now_ms - self.world.tenant.start) // DAY)
        renewal = _Renewal(now_ms, now_ms, self._swaps(person, number, now_ms))
        coming = [item.time for name, item in self.stores.waiting()
                  if item.who == person.index and item.attack == BENIGN and item.time > now_ms
                  and name.startswith(("Audit.", "signIns/"))]  # fmt: skip
        returns = max(min(coming, default=now_ms + 8 * 60 * MINUTE), now_ms + 30 * SECOND)
        renewal.back = returns + 2 * MINUTE
        records = self._sign_in_again(person, renewal, returns)
        fate.renewals.append(renewal)
        self.world.add(records, exempt=True)
        self._intruder_fails(person, now_ms)

    def _swaps(self, person: Person, number: int, now_ms: int) -> list[tuple[bytes, bytes]]:
        found: list[tuple[bytes, bytes]] = []
        for slot in _SLOTS:
            old = open_session(self.world.tenant, person, number, slot).identity
            earlier = self._fates[person.index].renewals
            for renewal in earlier:
                old = dict(renewal.swaps).get(old.encode(), old.encode()).decode()
            new = chance(self.world.tenant.seed, "renewed", old, now_ms).guid()
            found.append((old.encode(), new.encode()))
        return found

    def _sign_in_again(self, person: Person, renewal: _Renewal, at: int) -> list[Record]:
        """The stale token is refused, then password and second factor."""
        tenant = self.world.tenant
        number = max(0, (at - tenant.start + person.offset * 60 * MINUTE) // DAY)
        day = Day(tenant, self.world.people, person, number)
        slot = day.main_slot()
        place = day.place_at(slot, at)
        device = person.computer(number)
        rng = chance(tenant.seed, person.index, "signs in again", renewal.since)
        old, new = renewal.swaps[_SLOTS.index(slot)]
        found: list[Record] = []
        for moment, session, error in ((at, old, REVOKED), (at + 40 * SECOND, old, STALE), (at + 70 * SECOND, new, 0)):
            interactive = error != REVOKED
            event = SignIn(moment, place, OFFICE_HOME, device, device.user_agent(number), device.browser_text(number),
                           session.decode(), rng.token(), interactive, error, True, "oAuth2" if interactive else "none",
                           "none" if interactive else "refreshToken")  # fmt: skip
            uid = rng.guid()
            found += [signin_record(tenant, person, rng, event, uid), logon_record(tenant, person, rng, event, uid)]
        return found

    def _intruder_fails(self, person: Person, now_ms: int) -> None:
        """A thief who is cut off tries his token once more."""
        for number, seen in self.world.intruders.items():
            if seen.person != person.index or self.world.attacks[number].at_ms > now_ms:
                continue
            coming = [item.time for _, item in self.stores.waiting()
                      if item.attack == number and item.who == person.index and item.time > now_ms]  # fmt: skip
            if not coming:
                continue
            rng = chance(self.world.tenant.seed, "cut off", number, now_ms)
            event = seen.event._replace(at=max(min(coming), now_ms + SECOND), error=REVOKED, interactive=False,
                                        token=rng.token())  # fmt: skip
            uid = rng.guid()
            tenant = self.world.tenant
            self.world.add([signin_record(tenant, person, rng, event, uid),
                            logon_record(tenant, person, rng, event, uid)], exempt=True)  # fmt: skip

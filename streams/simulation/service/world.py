"""A tenant's life in time: generated a day at a time, available when its arrival has come. Layer: streams."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import orjson

from streams.simulation.chance import Chance, chance
from streams.simulation.clock import DAY, HOUR, MINUTE, trace_time
from streams.simulation.delivery import Arrivals
from streams.simulation.life.applications import application_day, tenant_applications
from streams.simulation.life.house import house_day
from streams.simulation.life.routine import live_day
from streams.simulation.options import SimulationOptions
from streams.simulation.record import MANAGEMENT, SIGNINS, TRACE, Body, Record
from streams.simulation.records.audits import directory_audit, risk_detection
from streams.simulation.service.attacks import Intruder, play
from streams.simulation.service.item import BENIGN, NOBODY, Item
from streams.simulation.service.oddities import odd_records, roughen
from streams.simulation.service.options import Attack, TenantOptions
from streams.simulation.service.spool import Spool
from streams.simulation.service.stores import Stores, content_type_of
from streams.simulation.truth import Attack as Told
from streams.simulation.world.people import draw_people
from streams.simulation.world.tenant import build_tenant

_COMPLETE_AFTER = 14 * HOUR  # a day's records begin up to this long before it does (time zones)
_HEX = float(1 << 32)
_IN_NAME_OF = ("SendAs", "SendOnBehalf")


def _simulation(options: TenantOptions, start_ms: int) -> SimulationOptions:
    date = f"{datetime.fromtimestamp(start_ms / 1000, UTC):%Y-%m-%d}"
    return SimulationOptions(
        out=Path(),
        seed=options.seed,
        accounts=options.accounts,
        days=options.past_days + options.ahead_days,
        scenarios=(),
        recipients=options.recipients,
        duplicates=options.duplicates,
        start=date,
        domain=options.domain,
        lateness=options.lateness > 0.0 or options.signin_delay_minutes > 0.0,
        gaps=options.gaps if options.lateness > 0.0 else 0,
        missing_fields=options.missing_fields,
    )


Observer = Callable[[list[Record], int], None]


def _unobserved(records: list[Record], attack: int) -> None:
    """Nobody looks."""


class World(Arrivals):
    """People and their records, handed to the stores with the moment of their arrival."""

    def __init__(self, options: TenantOptions, start_ms: int, stores: Stores, spool: Spool) -> None:
        simulation = _simulation(options, start_ms)
        tenant = build_tenant(simulation)
        self.tenant = replace(tenant, org_id=options.id or tenant.org_id)
        super().__init__(simulation, self.tenant)
        self.options = options
        self.people = draw_people(self.tenant)
        self.index = {person.upn: person.index for person in self.people}
        for number, application in enumerate(tenant_applications(self.tenant), len(self.people)):
            self.index[application.principal.object_id] = number
        self.attacks: list[Attack] = list(options.attacks)
        self.told: dict[int, Told] = {}
        self.intruders: dict[int, Intruder] = {}
        self.observe: Observer = _unobserved
        self._exempt = False
        self._in_name_of: dict[str, int] = {}
        self.days = 0
        self._stores, self._spool = stores, spool
        self._life = threading.Lock()
        self._attack = BENIGN
        self._record: Record | None = None
        self._line, self._position = b"", 0

    def generate(self, until_ms: int) -> None:
        """Make every record that arrives before a moment (and some more); nobody waits who needs none."""
        if self._made_until() >= until_ms:
            return
        with self._life:
            while self._made_until() < until_ms:
                self._day(self.days)
                self.days += 1

    def _made_until(self) -> int:
        return self.tenant.start + self.days * DAY - _COMPLETE_AFTER

    def attack(self, attack: Attack) -> int:
        """Place one more attack; returns its number."""
        with self._life:
            self.attacks.append(attack)
            number = len(self.attacks) - 1
            if (attack.at_ms - self.tenant.start) // DAY < self.days:
                self._play(number)
        return number

    def add(self, records: list[Record], exempt: bool = False, attack: int = BENIGN) -> None:
        """Let records happen that nobody planned, `exempt` from what was done to their account or of an `attack`."""
        with self._life:
            self._exempt, self._attack = exempt, attack
            for record in records:
                self._take([record], chance(self.tenant.seed, "added", record.uid), 0.0)
            self._exempt, self._attack = False, BENIGN

    def _day(self, number: int) -> None:
        seed = self.tenant.seed
        self._in_name_of.clear()
        records, _ = house_day(self.tenant, self.people, number)
        self._take(records, chance(seed, "house", number, "delivery"))
        for person in self.people:
            day = live_day(self.tenant, self.people, person, number)
            self._take(day.out, chance(seed, person.index, number, "delivery"))
        self._take(application_day(self.tenant, number), chance(seed, "applications", number, "delivery"), 0.0)
        self._take(odd_records(self.tenant, self.options, number), chance(seed, "odd", number, "delivery"))
        for position, attack in enumerate(self.attacks):
            if (attack.at_ms - self.tenant.start) // DAY == number:
                self._play(position)

    def _play(self, number: int) -> None:
        records, told, intruder = play(self.tenant, self.people, self.attacks[number], number)
        if intruder is not None:
            self.intruders[number] = intruder
        self._attack = number
        self._take(records, chance(self.tenant.seed, "placed", number, "delivery"), 0.25)
        self._attack = BENIGN
        self.told[number] = told

    def _take(self, records: list[Record], rng: Chance, revised: float = 0.002) -> None:
        self.observe(records, self._attack)
        for record in records:
            if record.feed == MANAGEMENT and record.body["RecordType"] == 8:
                self._audit(record)
        self.accept(records, rng, revised)

    def _audit(self, record: Record) -> None:
        """The same directory change as Graph tells it."""
        rng = chance(self.tenant.seed, "audit", record.uid)
        body = directory_audit(record.body, rng)
        arrival = record.time + int(rng.uniform(2, 15) * MINUTE * self.options.lateness)
        who = self._who(MANAGEMENT, record.body)
        position = self._spool.write(orjson.dumps(body))
        self._stores.take("directoryAudits", Item(arrival, record.time, position, who, self._attack))

    def _revise(self, arrival: int, record: Record, rng: Chance) -> None:
        super()._revise(arrival, record, rng)
        own = chance(self.tenant.seed, "risk", record.uid)
        hours = own.uniform(2.0, 40.0) if own.happens(0.2) else own.uniform(0.05, 1.0)
        detected = arrival + int(hours * HOUR * self.options.lateness)
        updated = detected + own.whole(0, 20) * MINUTE
        body = risk_detection(record.body, trace_time(detected), trace_time(updated), own)
        position = self._spool.write(orjson.dumps(body))
        who = self._who(SIGNINS, record.body)
        self._stores.take("riskDetections", Item(updated, updated, position, who, self._attack))

    def _settle(self, item: Item, body: Body) -> None:
        """A pending message is delivered within the hour: the row changes."""
        position = self._spool.write(orjson.dumps(body | {"status": "delivered"}))
        later = item.arrival + 40 * MINUTE
        self._stores.take("messageTraces", item._replace(arrival=later, position=position, revision=True))

    def _delay(self, feed: int, rng: Chance) -> int:
        delay = int(super()._delay(feed, rng) * self.options.lateness)
        return delay + int(self.options.signin_delay_minutes * MINUTE) if feed == SIGNINS else delay

    def _disfigure(self, feed: int, body: Body, rng: Chance) -> None:
        super()._disfigure(feed, body, rng)
        if feed == MANAGEMENT and rng.random() < self.options.odd:
            roughen(body, rng)

    def _keep(self, feed: int, arrival: int, uid: str, line: bytes, record: Record) -> None:
        repeated = record is self._record and line is self._line
        revision = record is self._record and line is not self._line
        position = self._position if repeated else self._spool.write(line[:-1])
        if not (repeated or revision):
            self._record, self._line, self._position = record, line, position
        item = Item(arrival, record.time, position, self._who(feed, record.body), self._attack, revision)
        if feed == MANAGEMENT:
            name = content_type_of(record.body)
            self._stores.take(name, item)
            if not repeated and int(uid[:8], 16) / _HEX < self.options.redelivered:
                days = 1 + int(uid[9:13], 16) % 5
                self._stores.take(name, item._replace(arrival=arrival + days * DAY))
        elif feed == TRACE:
            self._stores.take("messageTraces", item)
            if record.body["status"] == "pending" and not repeated:
                self._settle(item, record.body)
        else:
            kind = record.body["signInEventTypes"][0]
            self._stores.take(f"signIns/{kind}", item)

    def _who(self, feed: int, body: Body) -> int:
        """The acting account or application; of mail in another's name whoever pressed send."""
        if self._exempt:
            return NOBODY
        if feed == TRACE:
            sender = self.index.get(str(body["senderAddress"]).lower(), NOBODY)
            return self._in_name_of.get(body["messageId"], sender)
        if feed == SIGNINS:
            return self.index.get(str(body["userPrincipalName"] or body.get("servicePrincipalId")).lower(), NOBODY)
        found = self.index.get(str(body["UserId"]).lower(), NOBODY)
        if body["Operation"] in _IN_NAME_OF:
            self._in_name_of[body["Item"]["InternetMessageId"]] = found
        return found

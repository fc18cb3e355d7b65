"""The seed incident as records of our own: a mailbox that was taken over before anybody watched begins to send."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import orjson

from schemas.records.decode import decode
from streams.collectors.spool import SpooledRecord
from streams.simulation.attacks import ranges
from streams.simulation.attacks.kit import Foothold, Scene, weighted
from streams.simulation.attacks.steps import old_session
from streams.simulation.chance import Chance, chance
from streams.simulation.clock import DAY, HOUR, MINUTE
from streams.simulation.life.day import Day
from streams.simulation.life.routine import live_day
from streams.simulation.options import Recipients, SimulationOptions
from streams.simulation.record import Record
from streams.simulation.records.cmdlets import cmdlet_record
from streams.simulation.records.common import message_id
from streams.simulation.records.mail import send_record
from streams.simulation.records.rules import outlook_condition, outlook_rule_record
from streams.simulation.records.traces import trace_records
from streams.simulation.truth import Attack
from streams.simulation.world import names
from streams.simulation.world.people import draw_people
from streams.simulation.world.person import Person
from streams.simulation.world.tenant import Tenant, build_tenant

ACCOUNTS, DAYS, SEED = 200, 14, 7_001
TOTAL = 9_000  # external recipients
PACE = (3_000.0, 12_000.0)  # external recipients an hour
WATCHED_BEFORE_HOURS = (0.05, 12.0)  # from the first record seen to the attack
AFTER_RULE_MINUTES = (1.0, 45.0)
MESSAGE_SIZES = ((1, 1), (2, 20), (20, 100))  # recipients a message: one of these for the whole burst


class Mail(NamedTuple):
    """One message of the burst: when, and to how many outsiders."""

    time_ms: int
    recipients: int


@dataclass(slots=True, frozen=True)
class Takeover:
    """One variation. `mails` are the burst by record id (every record of a message names it); `rule` is "" without one."""

    tenant: str
    home: str
    account: str
    rule: str
    mails: dict[str, Mail]
    records: list[SpooledRecord]
    pace: float
    hour: float


def play(number: int, form: Recipients, with_rule: bool, sizes: Sequence[tuple[int, int]] = MESSAGE_SIZES) -> Takeover:
    """Variation `number`: the same victim, hour and pace in every form; recipients a message from one of `sizes`."""
    tenant, people = _world(form)
    rng = chance(SEED, "takeover", number)
    victim, day = _victim(people, rng), rng.whole(1, DAYS - 1)
    hour, pace = rng.uniform(0.0, 24.0), rng.between((PACE[0], PACE[1]))
    begin = tenant.start + day * DAY + int(hour * HOUR)
    watched = begin - int(rng.between(WATCHED_BEFORE_HOURS) * HOUR)
    attack = Attack(f"seed-{number}", "seed", [victim.upn], "", [])
    scene = Scene(tenant, people, victim, Day(tenant, people, victim, day), rng, attack)
    foothold = old_session(scene, begin)
    rule = _rule(scene, foothold, begin)
    start = begin + int(rng.between(AFTER_RULE_MINUTES) * MINUTE)
    mails, sent = _burst(scene, foothold, start, pace, rng.pick(sizes))
    own = [r for n in (day - 1, day, day + 1) if 0 <= n < DAYS for r in live_day(tenant, people, victim, n).out]
    end = max(mail.time_ms for mail in mails.values())
    records = [record for record in own if watched <= record.time <= end] + sent + ([rule] if with_rule else [])
    records.sort(key=lambda record: (record.time, record.feed, record.uid))
    uid = rule.uid if with_rule else ""
    spooled = [_spooled(record) for record in records]
    return Takeover(tenant.org_id, tenant.domain, victim.upn.lower(), uid, mails, spooled, pace, hour)


@cache
def _world(form: Recipients) -> tuple[Tenant, list[Person]]:
    options = SimulationOptions(Path(), SEED, ACCOUNTS, DAYS, (), form, domain="harbour-tools.example")
    tenant = build_tenant(options)
    return tenant, draw_people(tenant)


def _victim(people: list[Person], rng: Chance) -> Person:
    while True:
        person = rng.pick(people)
        if person.kind in ("user", "executive", "merge", "admin") and person.present(0) and person.present(DAYS):
            return person


def _spooled(record: Record) -> SpooledRecord:
    raw = orjson.dumps(record.body)
    return SpooledRecord(record.time, raw, False, decode(raw))


def _rule(scene: Scene, foothold: Foothold, at: int) -> Record:
    """All mail is marked read and deleted, other rules stop; the name is random."""
    tenant, victim, rng = scene.tenant, scene.victim, scene.rng
    name = _random_name(rng)
    if rng.happens(0.4):
        rule: dict[str, str | None] = {
            "RuleOperation": "AddMailboxRule",
            "RuleId": "0",
            "RuleState": "Enabled, ExitAfterExecution",
            "RuleCondition": outlook_condition([], []),
            "RuleName": name,
            "RuleProvider": "RuleOrganizer",
            "RuleActions": '[{"ActionType":"Delete"},{"ActionType":"MarkAsRead"}]',
        }
        return outlook_rule_record(tenant, victim, rng, at, foothold.use()._replace(client="proxy"), rule)
    parameters = [("AlwaysDeleteOutlookRulesBlob", "False"), ("Force", "False"), ("Name", name)]
    parameters += [("MarkAsRead", "True"), ("DeleteMessage", "True"), ("StopProcessingRules", "True")]
    rng.shuffle(parameters)
    use = foothold.use()
    return cmdlet_record(tenant, victim, rng, at, use, "New-InboxRule", f"{victim.alias}\\{name}", parameters)


def _random_name(rng: Chance) -> str:
    style = rng.pick(("letters", "mixed", "digits", "punctuation", "single"))
    if style == "punctuation":
        return rng.pick((".", "..", "...", ",", ";", "-", "--", "//", "~"))
    if style == "single":
        return rng.pick(string.ascii_letters)
    letters = {"letters": string.ascii_lowercase, "digits": string.digits}.get(
        style, string.ascii_letters + "0123456789"
    )
    return "".join(rng.pick(letters) for _ in range(rng.whole(*ranges.RULE_NAME_LENGTH)))


def _burst(
    scene: Scene, foothold: Foothold, start: int, pace: float, bounds: tuple[int, int]
) -> tuple[dict[str, Mail], list[Record]]:
    tenant, victim, rng = scene.tenant, scene.victim, scene.rng
    foothold.client = weighted(rng, ranges.BURST_CLIENTS)
    sizes: list[int] = []
    while (left := TOTAL - sum(sizes)) > 0:
        sizes.append(min(rng.whole(*bounds), left))
    addresses = names.bulk_addresses(rng, TOTAL)
    moments = sorted(start + int(rng.random() * TOTAL / pace * HOUR) for _ in sizes)
    mails: dict[str, Mail] = {}
    found: list[Record] = []
    for at, size in zip(moments, sizes, strict=True):
        to, addresses = addresses[:size], addresses[size:]
        identity, subject = (message_id(tenant, rng), "Payment advice", rng.whole(12_000, 55_000)), Mail(at, size)
        records = [send_record(tenant, victim, rng, at, foothold.use(), (*identity, to))]
        if tenant.recipients == "trace":
            records += trace_records(rng, at + rng.whole(0, 4_000), victim.upn, to, identity, (foothold.place.ip, ""))
        mails |= {record.uid: subject for record in records}
        found += records
    return mails, found

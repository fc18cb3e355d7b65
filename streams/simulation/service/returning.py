"""After their sessions ended: the owner signs in again, a thief finds himself cut off. Layer: streams."""

from __future__ import annotations

from streams.simulation.chance import Chance, chance
from streams.simulation.clock import DAY, HOUR, SECOND
from streams.simulation.life.day import Day
from streams.simulation.life.sessions import Session, Slot, open_session
from streams.simulation.record import Record
from streams.simulation.records.directory import directory_record
from streams.simulation.records.logons import SignIn, logon_record, signin_record
from streams.simulation.service.attacks import Intruder
from streams.simulation.service.fates import EXPIRED_PASSWORD, REVOKED, STALE, WRONG_PASSWORD, Renewal
from streams.simulation.service.world import World
from streams.simulation.world.devices import OFFICE, OFFICE_HOME, OUTLOOK_MOBILE, App
from streams.simulation.world.person import Person

SLOTS: tuple[Slot, ...] = ("browser", "outlook", "phone")
_APPS: dict[Slot, App] = {"browser": OFFICE_HOME, "outlook": OFFICE, "phone": OUTLOOK_MOBILE}
_WHOLE_MS = 150 * SECOND  # from the first refusal to work in the new session

# After the stale token and the stale session: what the password prompt answers before it lets the owner in
TRIES_REVOKED: tuple[int, ...] = ()
TRIES_RESET: tuple[int, ...] = (WRONG_PASSWORD,)
TRIES_MUST_CHANGE: tuple[int, ...] = (EXPIRED_PASSWORD,)


def day_of(world: World, person: Person, time_ms: int) -> int:
    """The number of the account's own day at a moment (its hours differ from UTC's by `offset`)."""
    return max(0, (time_ms - world.tenant.start + person.offset * HOUR) // DAY)


def sessions_of(world: World, person: Person, now_ms: int) -> dict[Slot, Session]:
    """The sessions that the account has at a moment, as its life knows them."""
    number = day_of(world, person, now_ms)
    return {slot: open_session(world.tenant, person, number, slot) for slot in SLOTS}


def return_of(
    world: World, person: Person, renewal: Renewal, first_uses: dict[Slot, int], tries: tuple[int, ...]
) -> list[Record]:
    """The owner signs in again in every program, each at its first use (UTC milliseconds); sets `renewal.back`.

    The first one meets everything: refresh token and session refused, the password prompt's `tries`, success. Without
    any use the browser comes back after the renewal's own moment, eight hours later.
    """
    uses = dict(first_uses) or {"browser": renewal.since + 8 * HOUR}
    first = min(uses, key=lambda slot: uses[slot])
    begin = max(uses[first], renewal.since + 30 * SECOND)
    renewal.back = begin + _WHOLE_MS
    rng = chance(world.tenant.seed, person.index, "signs in again", renewal.since)
    found: list[Record] = []
    for slot in sorted(uses, key=lambda slot: uses[slot]):
        at = begin if slot == first else max(uses[slot] - 30 * SECOND, renewal.back)
        found += _sign_in(world, person, renewal, slot, at, (STALE, *tries) if slot == first else (), rng)
    return found


def _sign_in(
    world: World, person: Person, renewal: Renewal, slot: Slot, at: int, refused: tuple[int, ...], rng: Chance
) -> list[Record]:
    """A token that is refused, prompts that refuse, success; a password that had to be changed is changed before it."""
    tenant = world.tenant
    number = day_of(world, person, at)
    place = Day(tenant, world.people, person, number).place_at(slot, at)
    device = person.phone if slot == "phone" else person.computer(number)
    old, new = renewal.swaps[SLOTS.index(slot)]
    found: list[Record] = []
    for count, error in enumerate((REVOKED, *refused, 0)):
        interactive = error != REVOKED
        session = old if error in (REVOKED, STALE) else new
        moment = at + (0, 40, 70, 110)[count] * SECOND if refused else at + count * 20 * SECOND
        if error == 0 and EXPIRED_PASSWORD in refused:
            found.append(
                directory_record(tenant, person, rng, moment - 5 * SECOND, "Change user password.", person, [])
            )
        event = SignIn(moment, place, _APPS[slot], device, device.user_agent(number), device.browser_text(number),
                       session.decode(), rng.token(), interactive, error, True, "oAuth2" if interactive else "none",
                       "none" if interactive else "refreshToken")  # fmt: skip
        uid = rng.guid()
        found += [signin_record(tenant, person, rng, event, uid), logon_record(tenant, person, rng, event, uid)]
    return found


def cut_off(world: World, person: Person, seen: Intruder, number: int, now_ms: int, next_ms: int) -> list[Record]:
    """A thief tries his token once more when he next wanted to act, and is refused."""
    rng = chance(world.tenant.seed, "cut off", number, now_ms)
    at = max(next_ms, now_ms + SECOND)
    event = seen.event._replace(at=at, error=REVOKED, interactive=False, token=rng.token(), protocol="none",
                                incoming="refreshToken")  # fmt: skip
    uid = rng.guid()
    return [signin_record(world.tenant, person, rng, event, uid), logon_record(world.tenant, person, rng, event, uid)]

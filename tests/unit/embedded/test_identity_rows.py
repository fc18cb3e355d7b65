"""The durable rows of the identity map."""

from __future__ import annotations

import random

import pytest

from schemas.identity.identity_map import IdentityMap
from schemas.records.event import AuditEvent, Source

NAMES = ("ann@a.example", "ann@b.example", "bob@a.example", "guest_x#ext#@a.example")


def learn(held: IdentityMap, chance: random.Random) -> None:
    """Something new, or not."""
    user, number = chance.choice(NAMES), chance.randrange(6)
    event = AuditEvent(
        Source.MANAGEMENT, "r", "t", 0, "Act", "Exchange", user,
        mailbox=chance.choice((None, *NAMES)), mailbox_guid=chance.choice((None, f"guid-{number}")),
        user_ids=(("oid", f"oid-{number}"), ("puid", f"puid-{number}")),
    )  # fmt: skip
    held.learn(event)
    if chance.random() < 0.2:
        held.add_address(f"Alias{number}@A.example", user)


def answers(held: IdentityMap) -> list[str | None]:
    """What the map says to every question."""
    ids = [f"{kind}-{number}" for kind in ("oid", "puid", "guid") for number in range(6)]
    return [held.resolve(name) for name in (*ids, "ann", "bob", *(f"alias{n}@a.example" for n in range(6)))]


@pytest.mark.parametrize("seed", range(5))
def test_a_map_is_the_sum_of_its_changes(seed: int) -> None:
    chance, held, rows = (
        random.Random(seed),
        IdentityMap(["a.example", "b.example"]),
        dict[tuple[str, str], str | None](),
    )
    for _ in range(60):
        learn(held, chance)
        if chance.random() < 0.3:
            rows |= {(table, key): upn for table, key, upn in held.changes()}
            after = IdentityMap(["a.example", "b.example"])
            after.restore((table, key, upn) for (table, key), upn in rows.items())
            assert answers(after) == answers(held)
            assert after.changes() == []
            held = after
    assert None in rows.values() and any(table == "proxy" for table, _ in rows)


def test_rows_of_no_table_are_refused() -> None:
    with pytest.raises(ValueError, match="no table"):
        IdentityMap().restore([("shoe", "a", "b")])

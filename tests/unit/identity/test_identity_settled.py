"""`learn_and_concern` is `learn`, then `concerns`, whatever came before."""

from __future__ import annotations

import random

from schemas.identity.concerns import concerns, learn_and_concern
from schemas.identity.identity_map import IdentityMap
from schemas.records.event import AuditEvent, Detail, MailSent, PermissionGrant, SignIn, Source, TraceRow

_PEOPLE = ("ann@corp.example", "bob@corp.example", "eve@other.example", "ann@sub.corp.example", "oid-1", "")
_SOURCES = (Source.MANAGEMENT, Source.SIGNIN, Source.TRACE, Source.INVENTORY)


def _event(dice: random.Random) -> AuditEvent:
    source = dice.choice(_SOURCES)
    details: tuple[Detail | None, ...] = (
        *(None,) * 4,
        MailSent(sent_from=dice.choice((None, "ann", "bob@corp.example"))),
        PermissionGrant(None, dice.choice(_PEOPLE), "FullAccess"),
        SignIn(0, None),
    )
    user = dice.choice(_PEOPLE)
    trace = source is Source.TRACE
    recipient = dice.choice(_PEOPLE[:3])
    return AuditEvent(
        source,
        "id",
        "",
        0,
        "Send",
        "Exchange",
        user,
        user_type=None if trace else dice.choice((0, 2, 3)),
        app="app-1",
        app_only=not trace and dice.random() < 0.1,
        mailbox=recipient if trace else dice.choice((None, None, *_PEOPLE[:2])),
        mailbox_guid=None if trace else dice.choice((None, None, "box-1")),
        target=None if trace else dice.choice((None, None, None, None, "oid-1")),
        user_ids=() if trace else dice.choice(((), (), (("oid", "oid-1"),), (("puid", "oid-1"),))),
        detail=TraceRow(None, user, recipient, "delivered") if trace else dice.choice(details),
    )


def test_it_answers_and_learns_as_the_two_do() -> None:
    dice = random.Random(3)
    for home in ((), ("corp.example",)):
        together, apart = IdentityMap(home), IdentityMap(home)
        events = [_event(dice) for _ in range(2_000)]
        for event in (dice.choice(events) for _ in range(4_000)):
            found = learn_and_concern(event, together)
            apart.learn(event)
            assert found == concerns(event, apart)
            assert together.changes() == apart.changes()

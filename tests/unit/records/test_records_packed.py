"""Events as plain values and back: nothing is lost, whatever the kind of record."""

from __future__ import annotations

from dataclasses import fields

import orjson
import pytest

from schemas.records.decode import decode
from schemas.records.event import AuditEvent
from schemas.records.packed import pack, unpack
from tests.unit.records import samples

KINDS = {kind: make() for kind, make in samples.EVERY.items()}
KINDS["failed sign-in"] = samples.sign_in(status={"errorCode": 50126})


def values(of: object) -> dict[str, object]:
    """The fields of an event or a detail; the detail's own in its place."""
    found = {field.name: getattr(of, field.name) for field in fields(of)}  # type: ignore[arg-type]
    detail = found.get("detail")
    return found if detail is None else {**found, "detail": (type(detail), values(detail))}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_event_comes_back_as_it_was(kind: str) -> None:
    """Values and their types; members of enumerations are the very members."""
    event = decode(orjson.dumps(KINDS[kind]))
    again = unpack(pack(event))
    before, after = values(event), values(again)
    assert after == before
    assert [type(value) for value in after.values()] == [type(value) for value in before.values()]
    assert again.source is event.source


def test_every_detail_is_among_the_samples() -> None:
    """A new kind of detail needs a sample here, or nobody knows that it can be packed."""
    met = {type(decode(orjson.dumps(record)).detail) for record in KINDS.values()}
    assert {member.__name__ for member in met} >= {
        "SignIn",
        "InboxRule",
        "MailboxForwarding",
        "TransportRule",
        "MailSent",
        "TraceRow",
        "MailAccess",
        "MailDeletion",
        "PermissionGrant",
        "DirectoryAudit",
        "RiskDetection",
        "NoneType",
    }


def test_half_a_pair_survives() -> None:
    """Text that is no valid Unicode is packed too."""
    event = decode(orjson.dumps(samples.send()))
    odd = AuditEvent(event.source, "\ud83d", "", 1, "Send", "", "")
    assert unpack(pack(odd)).record_id == "\ud83d"

"""The identity map: learnt from records, never merged by guess."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from schemas.identity.identity_map import IdentityMap
from schemas.records.decode import decode
from tests.unit.records import samples
from tests.unit.records.samples import ADA, ADA_MAILBOX, ADA_OID, ADA_PUID, BEN


def learn(identity_map: IdentityMap, *records: dict[str, Any]) -> list[bool]:
    """What was news."""
    return [identity_map.learn(decode(orjson.dumps(record))) for record in records]


@pytest.fixture
def northgate() -> IdentityMap:
    """A map of a tenant with one domain."""
    return IdentityMap(("Northgate.example",))


@pytest.mark.parametrize(
    ("record", "held"),
    [
        (samples.logon(), ADA_OID),
        (samples.sign_in(), ADA_OID),
        (samples.consent(), ADA_OID),
        (samples.consent(), ADA_PUID),
        (samples.new_inbox_rule(), ADA_PUID),
        (samples.send(), ADA_MAILBOX),
        (samples.send(), "ada.quill"),
    ],
)
def test_every_id_is_learnt(record: dict[str, Any], held: str, northgate: IdentityMap) -> None:
    """Object id, PUID, mailbox GUID, alias, each from the records that have it, in any case."""
    assert northgate.resolve(held) is None
    assert learn(northgate, record, record) == [True, False]
    assert northgate.resolve(held.upper()) == northgate.resolve(held) == ADA


def test_two_spellings_are_one_account(northgate: IdentityMap) -> None:
    """Case and blanks of a UPN."""
    learn(northgate, samples.logon(UserId="ADA.QUILL@NORTHGATE.EXAMPLE"))
    assert northgate.resolve(" Ada.Quill@northgate.example ") == ADA
    assert northgate.resolve(ADA_OID) == ADA


@pytest.mark.parametrize("held", [ADA_OID, ADA_PUID, "ada.quill", "", "  ", "x" * 10_000])
def test_nothing_known(held: str, northgate: IdentityMap) -> None:
    """None, not a guess."""
    assert northgate.resolve(held) is None


def test_alias_of_two_accounts_is_nobody(northgate: IdentityMap) -> None:
    """And stays so, in whatever order they came."""
    other = IdentityMap(("northgate.example", "south.example"))
    twins = [samples.send(UserId=ADA), samples.send(UserId="ada.quill@south.example", MailboxOwnerUPN=None)]
    learn(other, *twins, *twins)
    assert other.resolve("ada.quill") is None
    turned = IdentityMap(("northgate.example", "south.example"))
    learn(turned, *reversed(twins))
    assert turned.resolve("ada.quill") is None


def test_alias_of_a_stranger_or_guest_is_not_learnt(northgate: IdentityMap) -> None:
    """Only the tenant's own people have aliases here."""
    learn(northgate, samples.file_downloaded(UserId="mallory@out.example"))
    learn(northgate, samples.file_downloaded(UserId="carol_out.example#EXT#@northgate.example"))
    assert northgate.resolve("mallory") is None
    assert northgate.resolve("carol_out.example#ext#") is None


def test_same_person_by_name_only_is_two(northgate: IdentityMap) -> None:
    """An address of the same local part elsewhere is another account."""
    learn(northgate, samples.send(), samples.sign_in())
    assert northgate.resolve("ada.quill@northgate.onmicrosoft.com") == "ada.quill@northgate.onmicrosoft.com"


def test_mailbox_owner_is_learnt_also_from_a_delegate(northgate: IdentityMap) -> None:
    """The GUID is the owner's, not the delegate's."""
    learn(northgate, samples.mailbox_record("HardDelete", 3, MailboxOwnerUPN=BEN))
    assert northgate.resolve(ADA_MAILBOX) == BEN


def test_application_teaches_nothing_of_the_user(northgate: IdentityMap) -> None:
    """A system token carries the user's name without the user."""
    record = samples.mail_items_accessed(
        ClientInfoString="Client=REST;Client=RESTSystem;;", MailboxOwnerUPN=None, AppId=samples.APP
    )
    learn(northgate, record)
    assert list(northgate.ids()) == []


def test_object_id_outlives_a_rename(northgate: IdentityMap) -> None:
    """The latest name counts."""
    learn(northgate, samples.logon())
    assert learn(northgate, samples.logon(UserId="ada.hart@northgate.example")) == [True]
    assert northgate.resolve(ADA_OID) == "ada.hart@northgate.example"


def test_bind_refuses_what_is_no_name(northgate: IdentityMap) -> None:
    """An id is tied to a UPN or not at all."""
    assert not northgate.bind("", ADA)
    assert not northgate.bind(ADA_OID, ADA_PUID)
    assert northgate.resolve(ADA_OID) is None


def test_proxy_addresses(northgate: IdentityMap) -> None:
    """Another address of an account."""
    assert northgate.add_address("Sales@northgate.example", ADA)
    assert not northgate.add_address("sales@northgate.example", ADA)
    assert not northgate.add_address(ADA, ADA)
    assert northgate.resolve("SALES@northgate.example") == ADA


def test_ids_are_in_order(northgate: IdentityMap) -> None:
    """The compacted topic is written from them: the same however it was learnt."""
    ben = samples.send(UserId=BEN, MailboxOwnerUPN=BEN, UserKey="1003200AD00D1001", MailboxGuid=ADA_OID[::-1])
    records = [samples.logon(), ben, samples.consent(), samples.send()]
    learn(northgate, *records)
    other = IdentityMap(("northgate.example",))
    learn(other, *reversed(records))
    assert list(northgate.ids()) == list(other.ids()) == sorted(northgate.ids())
    assert len(list(northgate.ids())) == 5


def test_home_domains() -> None:
    """Any case, with or without @; with none declared every domain is home."""
    declared = IdentityMap(("@Northgate.example ", ""))
    assert declared.is_home(ADA.upper()) and not declared.is_home("x@out.example") and not declared.is_home("northgate")
    assert IdentityMap().is_home("x@out.example")

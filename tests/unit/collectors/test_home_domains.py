"""The tenant's own domains from its records."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
import pytest

from schemas.records.decode import decode
from streams.collectors.home_domains import HomeDomains, clean_domain, given_domains
from tests.unit.collectors.conftest import Json, management, trace


def found(records: Iterable[Json]) -> tuple[str, ...]:
    """What is found from these records."""
    domains = HomeDomains()
    for record in records:
        domains.learn(decode(orjson.dumps(record)))
    return domains.found()


def people(domain: str, count: int) -> list[Json]:
    """One record of each of so many people."""
    return [management(f"{domain}-{place}", UserId=f"p{place}@{domain}") for place in range(count)]


def test_domains_of_the_people() -> None:
    assert found([*people("corp.example", 30), *people("sub.corp.example", 10)]) == ("corp.example", "sub.corp.example")


def test_a_few_strangers_are_not_at_home() -> None:
    assert found([*people("corp.example", 40), *people("partner.example", 1)]) == ("corp.example",)


def test_many_records_of_a_stranger_are_one_stranger() -> None:
    guest = [management(f"g{place}", UserId="guest@partner.example") for place in range(500)]
    assert found([*people("corp.example", 40), *guest]) == ("corp.example",)


def test_an_owner_of_a_mailbox_is_at_home() -> None:
    owned = management("o", MailboxOwnerUPN="shared@other.example")
    assert found([*people("corp.example", 40), owned]) == ("corp.example", "other.example")


@pytest.mark.parametrize("user", ["x_partner.example#EXT#@corp.example", "NT AUTHORITY\\SYSTEM", "Not Available", ""])
def test_who_has_no_home(user: str) -> None:
    assert found([management(UserId=user)]) == ()


def test_message_trace_alone() -> None:
    rows = [trace(f"o{place}", recipientAddress=f"a@out{place}.example") for place in range(20)]
    rows += [
        trace(f"i{place}", senderAddress=f"a@in{place}.example", recipientAddress="b@corp.example")
        for place in range(20)
    ]
    assert found(rows) == ("corp.example",)


def test_people_count_more_than_rows() -> None:
    rows = [trace(f"o{place}", senderAddress="a@sister.example") for place in range(90)]
    assert found([*rows, *people("corp.example", 3)]) == ("corp.example",)


def test_the_order_of_records_does_not_matter() -> None:
    rows = [trace(f"o{place}", recipientAddress=f"a@out{place % 3}.example") for place in range(9)]
    assert found(rows) == found(reversed(rows))


def test_given_domains_are_cleaned() -> None:
    assert given_domains([" @Corp.Example. ", "corp.example", ""]) == ("corp.example",)
    assert clean_domain("@A.B.") == "a.b"

"""Tenants shared out between processes by a real broker."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from schemas.contracts.topics import FEEDS
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.tenancy import Tenancy, feeds_partition
from streams.drivers.kafka.topics import create_topics, existing_partitions
from tests.integration.processes import wait_until

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(120)]


class Member:
    """A collector that only notes what is its own."""

    def __init__(
        self, name: str, settings: KafkaSettings, tenants: list[str], told: list[tuple[str, str, str]]
    ) -> None:
        self.stop = threading.Event()
        partitions = existing_partitions(settings)[settings.topic(FEEDS)]
        self.tenancy = Tenancy(settings, tenants, partitions)
        self.name, self.told = name, told
        work = (self.stop, partial(self.note, "+"), partial(self.note, "-"))
        self.thread = threading.Thread(target=self.tenancy.run, args=work)
        self.thread.start()

    def note(self, what: str, tenant: str) -> None:
        self.told.append((self.name, what, tenant))

    def leave(self) -> None:
        self.stop.set()
        self.thread.join(30)


def test_a_tenant_has_one_owner_at_any_time_and_moves_when_somebody_comes_or_goes(settings: KafkaSettings) -> None:
    create_topics(settings)
    tenants = [next(name for name in map(str, range(99)) if feeds_partition(name, 2) == number) for number in (0, 1)]
    told: list[tuple[str, str, str]] = []
    first = Member("first", settings, tenants, told)
    second: Member | None = None
    try:
        wait_until(lambda: first.tenancy.held == set(tenants), "all with the first")
        second = Member("second", settings, tenants, told)
        wait_until(lambda: bool(second and second.tenancy.joined), "joining")
        wait_until(lambda: len(first.tenancy.held) == len(second.tenancy.held) == 1, "one each")
        kept = set(first.tenancy.held)
        first.leave()
        wait_until(lambda: second.tenancy.held == set(tenants), "all with the second")
    finally:
        first.leave()
        if second is not None:
            second.leave()
    owners: dict[str, str] = {}
    for name, what, tenant in told:
        assert owners.get(tenant, "") == ("" if what == "+" else name), told
        owners[tenant] = name if what == "+" else ""
    assert [tenant for name, what, tenant in told if (name, what) == ("first", "-")][-1:] == list(kept)
    assert set(owners.values()) == {""}

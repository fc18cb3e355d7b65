"""Home domains that a collector learns once the log has begun reach every partition's engine, and the profiles after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import orjson
import pytest

from detectors.engine.account_engine import AccountEngine
from detectors.engine.knowledge import Knowledge
from detectors.probe import NoFacts
from detectors.registry import account_detectors
from schemas.contracts.collected import Batch
from schemas.contracts.log import EntryKind
from schemas.contracts.profile import Profile, decode_profile
from schemas.contracts.topics import AUDIT, DAY_MS, PROFILES
from schemas.identity.identity_map import IdentityMap
from streams.collectors.live.intake import Intake
from streams.collectors.recent_index import RecentIndex
from streams.drivers.kafka.collect import SEAL_HOUR_MS
from streams.drivers.kafka.journal import KafkaJournal
from streams.drivers.kafka.partition import decode_entry
from streams.drivers.kafka.read_back import read_log
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.shared_reads import SharedReads
from streams.drivers.kafka.topics import create_topics
from streams.operations.scan_command import SAMPLE
from tests.integration.command_line import detecting, run, terminate
from tests.integration.processes import settled, wait_until
from tests.unit.collectors.conftest import NINE, TENANT, management
from tests.unit.live.fakes import FakeClock

OLD, NEW = ("old.example",), ("corp.example", "new.example")
MORNING = NINE // DAY_MS * DAY_MS + SEAL_HOUR_MS  # closes the day before
pytestmark = [pytest.mark.kafka, pytest.mark.timeout(170)]


def test_also_when_a_profile_with_the_former_ones_is_still_to_come(settings: KafkaSettings, tmp_path: Path) -> None:
    create_topics(settings)
    with _journal(settings, OLD) as journal:
        journal.commit(Batch("f", [orjson.dumps(management(str(n), UserId=f"u{n}@corp.example")) for n in range(9)]))
        journal.clock(MORNING)  # nobody judges yet: this day's profile comes later
    for _ in range(2):
        with _journal(settings, NEW):
            pass
    with detecting(settings, tmp_path / "detect") as detect:
        wait_until(settled(settings), "judging everything")
        assert _told(settings)[-1].home_domains == OLD
        assert _in_force(settings) == [(MORNING // DAY_MS - 1, NEW)] * settings.partitions
        with _journal(settings, NEW) as journal:
            journal.clock(MORNING + DAY_MS)
        wait_until(lambda: len(_told(settings)) == 2, "the next profile")
        wait_until(settled(settings), "judging everything")
        assert terminate(detect) == 0, (tmp_path / "detect").read_text()
    assert _told(settings)[-1].home_domains == NEW
    assert _in_force(settings) == [(MORNING // DAY_MS, NEW)] * settings.partitions
    entries = [decode_entry(message) for _, _, message in read_log(settings, AUDIT)]
    told = [entry for entry in entries if entry.record_id.startswith("home domains|")]
    assert len(told) == settings.partitions  # once, however often the collector started


def test_of_an_export_only_those_that_were_given_replace_what_the_log_says(
    settings: KafkaSettings, tmp_path: Path
) -> None:
    create_topics(settings)
    for given in (("--home-domain", "old.example"), (), ("--home-domain", "new.example")):
        done = run(settings, "collect", "--from", str(SAMPLE), "--no-wait", *given)
        assert done.returncode == 0, done.stderr
        expected = given[-1] if given else "old.example"
        assert {domains for _, domains in _in_force(settings)} == {(expected,)}


@contextmanager
def _journal(settings: KafkaSettings, domains: tuple[str, ...]) -> Iterator[KafkaJournal]:
    clock = FakeClock(NINE)
    intake = Intake(TENANT, IdentityMap(domains), RecentIndex(clock), domains)
    with closing(KafkaJournal(SharedReads(settings), TENANT, intake, clock)) as journal:
        yield journal


def _told(settings: KafkaSettings) -> list[Profile]:
    """The copies for readers, in their order."""
    return [decode_profile(message.value or b"") for _, _, message in read_log(settings, PROFILES)]


def _in_force(settings: KafkaSettings) -> list[tuple[int, tuple[str, ...]]]:
    """Day and home domains of the profile that each partition's log, folded, leaves in force."""
    engines = [AccountEngine(account_detectors(), Knowledge(NoFacts())) for _ in range(settings.partitions)]
    tenant = TENANT
    for partition, _, message in read_log(settings, AUDIT):
        entry = decode_entry(message)
        tenant = entry.tenant
        if entry.kind is EntryKind.PROFILE:
            engines[partition].fold(entry)
    profiles = [engine.profile(tenant) for engine in engines]
    return [(profile.day, profile.home_domains) for profile in profiles]

"""Every public record under the test data is read, or named unreadable with the true reason. Counts are exact."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from schemas.identity.concerns import Role, concerns
from schemas.identity.identity_map import IdentityMap
from schemas.records.decode import decode
from schemas.records.errors import UnreadableRecord
from schemas.records.event import InboxRule, RuleAction

ALERT = "a security alert, not an audit record"
TIMELESS = "a risk detection without a time of 2000 to 2099"
UNKNOWN = "no known kind of vendor record"

FOLDERS: dict[str, dict[str, int]] = {
    # devices and users of the directory, one alert
    "cribl-o365-samples": {"trace": 50, "signin": 2, ALERT: 1, UNKNOWN: 2},
    # test-ip-formats has addresses and times only
    "elastic-integrations-subset": {"management": 26, "no Operation": 16},
    # a made-up envelope without a category
    "graph2otel-live-fixtures": {"management": 5, "signin": 2, "trace": 1, "risk": 1, UNKNOWN: 1},
    "msdocs-ual-examples": {"management": 11},
    "msticpy-aad-signins": {"signin": 86},
    "msticpy-exchange-admin": {"management": 1334},
    "ocsf-messagetrace": {"trace": 9},
    # Windows and Defender events beside one record of OfficeActivity
    "otrf-goldensaml": {"management": 1, "directory": 4, UNKNOWN: 47},
    # hand-written sign-ins that lack what every real one has; Defender's hunting tables
    "panther-rule-tests": {
        **{"management": 19, "signin": 20, "directory": 21, ALERT: 4, "diagnostic": 2},
        **{"no createdDateTime": 5, "a sign-in without an error code": 2},
    },
    # Graph activity logs; a risk detection whose hours have one digit
    "sekoia-entra": {"signin": 9, "directory": 89, "risk": 2, TIMELESS: 1, "diagnostic": 3},
    "sekoia-o365-messagetrace": {"trace": 2},
    "sekoia-o365-ual": {"management": 73},
    # Azure activity; a record of second 65
    "splunk-data-sources": {
        **{"management": 17, "signin": 1, "directory": 15, UNKNOWN: 3},
        **{"CreationTime is no time of 2000 to 2099": 1},
    },
    # incidents, devices, applications
    "tenzir-graph": {"signin": 1, "directory": 4, "risk": 4, ALERT: 1, UNKNOWN: 5},
    "wazuh-graph-audits": {"directory": 2},
    # records of which nothing but the type was kept; an event of the product itself
    "wazuh-ruleset-tests": {"management": 28, "no Operation": 99, ALERT: 3, UNKNOWN: 1},
}


def raw_records(folder: Path) -> Iterator[bytes]:
    """The vendor's bytes of each line: text where the source is text, an object where it was one."""
    for line in (folder / "events.jsonl").read_bytes().splitlines():
        raw = orjson.loads(line)["raw"]
        yield raw.encode() if isinstance(raw, str) else orjson.dumps(raw)


def test_every_folder_is_named(test_data: Path) -> None:
    """A new folder of samples must be looked at."""
    assert {path.parent.name for path in test_data.glob("*/events.jsonl")} == set(FOLDERS)


@pytest.mark.parametrize("name", FOLDERS)
def test_folder(name: str, test_data: Path) -> None:
    """Kinds and reasons of a folder; each event has a time, an operation and somebody whom it concerns."""
    found: Counter[str] = Counter()
    for raw in raw_records(test_data / name):
        try:
            event = decode(raw)
        except UnreadableRecord as problem:
            found[problem.reason] += 1
            continue
        found[event.source.value] += 1
        assert event.operation and event.record_id and event.time_ms > 1_400_000_000_000
        roles = [role for _, role in concerns(event, IdentityMap())]
        assert 1 <= len(roles) <= 3 and roles[0] in (Role.ACTOR, Role.SYSTEM, Role.MAILBOX)
    assert found == FOLDERS[name]


def test_unreadables_are_no_records(test_data: Path) -> None:
    """Nothing that has all of an audit record's, a sign-in's or a trace row's mandatory members is refused, but one.

    That one is an operation at second 65.
    """
    refused = []
    for name in FOLDERS:
        for raw in raw_records(test_data / name):
            obj = orjson.loads(raw)
            whole = (
                {"CreationTime", "Operation", "UserId"} <= obj.keys()
                or {"createdDateTime", "ipAddress", "status", "userPrincipalName"} <= obj.keys()
                or {"Received", "SenderAddress", "RecipientAddress"} <= obj.keys()
            )
            try:
                decode(raw)
            except UnreadableRecord as problem:
                if whole and problem.reason != ALERT:
                    refused.append((name, problem.reason))
    assert refused == [("splunk-data-sources", "CreationTime is no time of 2000 to 2099")]


def test_one_whole_tenant(test_data: Path) -> None:
    """Four months of a real tenant: every record is an event; the four rules of its attacker are rules."""
    events = 0
    rules: list[InboxRule] = []
    with gzip.open(test_data / "invictus" / "auditdata_unique.jsonl.gz") as lines:
        for line in lines:
            event = decode(line)
            events += 1
            if isinstance(event.detail, InboxRule):
                rules.append(event.detail)
    assert events == 5373
    assert [(rule.form, rule.action, rule.blank) for rule in rules] == [("cmdlet", RuleAction.NEW, False)] * 4


def test_outlook_rules_of_the_samples(test_data: Path) -> None:
    """The real rules in Outlook's form: forward all to four, forward some to one, a client-side action."""
    found = []
    for raw in raw_records(test_data / "sekoia-o365-ual"):
        rule = decode(raw).detail
        if isinstance(rule, InboxRule) and rule.form == "outlook":
            found.append((rule.catch_all, len(rule.forward_to), rule.stop, rule.blank))
    assert found == [(True, 4, False, False), (False, 1, False, False), (False, 0, True, False)]

"""What an account makes of a sprayed network's answer, and the way of a spray through both engines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from detectors.accounts.spray_success import Places, SpraySuccessDetector
from detectors.engine.account_engine import AccountEngine
from detectors.engine.detector import Context, Control, Evidence
from detectors.engine.entity_engine import EntityEngine
from detectors.engine.knowledge import Knowledge
from detectors.engine.signal_order import OrderedEntities
from detectors.incidents.book import Book, OpenIncident, Ref
from detectors.incidents.story import tell
from detectors.registry import account_detectors, entity_detectors
from schemas.contracts.incident import Activity, Incident, Tier
from schemas.contracts.notice import Notice, decode_notice, encode_notice
from schemas.contracts.profile import Profile
from schemas.identity.identity_map import IdentityMap
from schemas.records.event import AuditEvent, SignIn, Source
from streams.collectors.feed import TenantVote, feed
from streams.collectors.files.reader import read_paths
from streams.collectors.files.report import ReadReport
from streams.collectors.spool import Spool
from streams.drivers.pipeline import LocalPipeline

from .spray_signals import ADDRESS, DAY, HOUR, MONDAY, Nowhere

NOTICE = Notice(
    detector="password-spray",
    kind="network",
    entity=ADDRESS,
    accounts=23,
    attempts=25,
    window_ms=HOUR,
    expected=0.02,
    nats=30.0,
    first_ms=MONDAY,
    last_ms=MONDAY + HOUR,
    time_ms=MONDAY + HOUR,
    record_id="r1",
    source="signin",
    operation="Sign-in",
    ip=ADDRESS,
    failed_here=False,
)
DETECTOR = SpraySuccessDetector()
INCIDENT = OpenIncident("i1", MONDAY, {"review": MONDAY}, 1)


def context(day: int = MONDAY // DAY) -> Context:
    found = Context(Knowledge(Nowhere()), Profile("t1", -1), "u1@corp.example", "actor")
    found.day = day
    return found


def lived(days: Sequence[int], ip: str = ADDRESS, learn: bool = True) -> Places:
    """State of an account that signed in from one address on these days before Monday."""
    state = DETECTOR.start()
    for day in days:
        at = MONDAY - day * DAY
        detail = SignIn(0, None)
        event = AuditEvent(Source.SIGNIN, f"s{day}", "t1", at, "Sign-in", "SignIn", "u1", ok=True, ip=ip, detail=detail)
        DETECTOR.observe(state, event, context(at // DAY))
        DETECTOR.seal(state, at // DAY, learn, context())
    return state


def weighed(state: Places, notice: Notice) -> Evidence:
    [evidence] = DETECTOR.notice(state, notice, context())
    return evidence


def test_a_success_reaches_review_and_never_act_alone() -> None:
    weak, strong = weighed(lived([]), replace(NOTICE, accounts=4, nats=10.2)), weighed(lived([]), NOTICE)
    assert (weak.nats, strong.nats) == (12.22, 14.05)
    assert strong.nats < 10.1 + 4.6
    assert sum(reason.nats for reason in strong.reasons) == pytest.approx(strong.nats)
    assert (strong.control, strong.proof, strong.adds) == (Control.SESSION, True, True)
    assert strong.sentence == f"Signed in from {ADDRESS}, from which at least 23 accounts failed within one hour."


def test_accepted_password_is_no_session() -> None:
    evidence = weighed(lived([]), replace(NOTICE, what="password"))
    assert (evidence.control, evidence.proof) == (Control.PASSWORD, False)
    assert evidence.value != weighed(lived([]), NOTICE).value


def test_own_network_says_little_unless_the_account_failed_there() -> None:
    home = lived([9, 8, 7])
    assert weighed(home, NOTICE).nats == pytest.approx(6.05)
    assert weighed(home, replace(NOTICE, failed_here=True)).nats == 14.05
    assert weighed(lived([9]), NOTICE).nats == 14.05
    assert weighed(lived([9, 8, 7], learn=False), NOTICE).nats == 14.05
    assert weighed(lived([9, 8, 7], ip="198.51.100.1"), NOTICE).nats == 14.05


def test_a_spray_without_success_accuses_the_network_and_names_the_accounts() -> None:
    rows = [[f"f{n}", MONDAY + n, "Sign-in", f"u{n}@corp.example"] for n in range(4)] + [["f9", MONDAY, "Sign-in", ""]]
    evidence = weighed(lived([]), replace(NOTICE, what="failure", nats=15.0, records=rows))
    assert (evidence.control, evidence.proof, evidence.nats) == (Control.OUTSIDER, False, 15.05)
    assert [resource.uid for resource in evidence.resources] == [f"u{n}@corp.example" for n in range(4)]


def test_sentences_are_true_of_what_was_counted() -> None:
    carrier = replace(NOTICE, entity="asn:9009/0000c0de", window_ms=10 * 60_000)
    assert "with the same software from AS9009" in weighed(lived([]), carrier).sentence
    assert "within 10 minutes" in weighed(lived([]), carrier).sentence
    everywhere = replace(NOTICE, entity="tenant", window_ms=7 * DAY)
    assert "within 7 days from networks new to them" in weighed(lived([]), everywhere).sentence
    assert "24 hours" in weighed(lived([]), replace(NOTICE, window_ms=DAY)).sentence


def network_context() -> Context:
    found = context()
    found.account = f"net:{ADDRESS}"
    return found


def test_what_stands_against_a_network_grows_with_the_spray_and_names_who_was_entered() -> None:
    book, day = Book(), MONDAY // DAY
    for accounts in (16, 32, 64):
        notice = replace(NOTICE, what="failure", accounts=accounts)
        [found] = DETECTOR.notice(lived([]), notice, network_context())
        book.add(found, Ref(notice.time_ms, "r1", "Sign-in", ADDRESS, None, found.nats), day)
    entered = replace(NOTICE, records=[["r2", MONDAY, "Sign-in", "u7@corp.example"]])
    [found] = DETECTOR.notice(lived([]), entered, network_context())
    before = tell(book, INCIDENT, Activity.CREATE, "t1", f"net:{ADDRESS}", MONDAY, "p", True, ())
    assert before.title == f"network {ADDRESS}: At least 64 accounts failed to sign in from {ADDRESS} within one hour"
    assert "no account that it got into" in before.story and before.remediation.startswith("Block the network")
    score = book.score()
    book.add(found, Ref(MONDAY, "r2", "Sign-in", ADDRESS, None, found.nats), day)
    after = tell(book, INCIDENT, Activity.UPDATE, "t1", f"net:{ADDRESS}", MONDAY, "p", True, ())
    assert f"u7@corp.example signed in from {ADDRESS}; the account has an incident of its own." in after.story
    assert "got into" not in after.story and "reset the passwords" in after.remediation
    assert (book.score(), book.act_score()) == (score, 0.0)
    assert "u7@corp.example" in {resource.uid for resource in after.resources}


def test_the_total_of_a_slow_spray_is_said_beside_the_window() -> None:
    notice = replace(NOTICE, what="failure", accounts=12, window_ms=DAY, total=40)
    [found] = DETECTOR.notice(lived([]), notice, network_context())
    assert found.sentence.endswith(
        "At least 12 accounts failed to sign in from 203.0.113.7 within 24 hours, 40 or more since it began."
    )
    [alone] = DETECTOR.notice(lived([]), replace(notice, total=12), network_context())
    assert "since it began" not in alone.sentence and alone.nats < found.nats


def test_an_account_is_told_of_the_greatest_count() -> None:
    book = Book()
    for accounts in (128, 16, 64):
        [found] = DETECTOR.notice(lived([]), replace(NOTICE, accounts=accounts), context())
        book.add(found, Ref(NOTICE.time_ms, "r1", "Sign-in", ADDRESS, None, found.nats), MONDAY // DAY)
    [held] = book.held.values()
    assert "at least 128 accounts" in held.sentence and held.nats < 14.6


def test_notices_of_others_are_not_weighed() -> None:
    assert DETECTOR.notice(lived([]), replace(NOTICE, detector="oauth-app"), context()) == ()


def test_notice_bytes() -> None:
    assert decode_notice(encode_notice(NOTICE)) == NOTICE


def test_state_round_trip_and_damage() -> None:
    state = lived([9, 8, 7])
    state.open[MONDAY // DAY] = {7: MONDAY}
    data = DETECTOR.dump(state)
    again = DETECTOR.load(data, DETECTOR.info.version)
    assert DETECTOR.dump(again) == data
    assert again.open == state.open
    assert weighed(again, NOTICE).nats == weighed(state, NOTICE).nats
    assert DETECTOR.dump(DETECTOR.start()) == b""
    assert len(data) < 256
    for cut in (1, 5, len(data) - 3):
        with pytest.raises(ValueError, match=r"damaged|no category model"):
            DETECTOR.load(data[:cut], DETECTOR.info.version)


# --- through both engines --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def invictus(test_data: Path) -> dict[str, Incident]:
    """Incidents of the whole public set in their final state."""
    spool, vote = Spool(), TenantVote()
    path = test_data / "invictus" / "auditdata_unique.jsonl.gz"
    for record in read_paths([path], ReadReport(), lambda *_: None, lambda *_: None):
        spool.add(record.event, record.raw, record.digest)
        vote.learn(record.event)
    knowledge = Knowledge(Nowhere())
    entities = OrderedEntities(EntityEngine(entity_detectors(), knowledge))
    pipeline = LocalPipeline(AccountEngine(account_detectors(), knowledge), entities)
    home = ("dutchmasterz.onmicrosoft.com",)
    incidents: dict[str, Incident] = {}
    for entry in feed(spool.ordered(), vote.winner(), IdentityMap(home), home):
        incidents |= {incident.uid: incident for incident in pipeline.fold(entry)}
    spool.close()
    return incidents


def labelled(test_data: Path, episode: str, operation: str) -> set[str]:
    rows = (test_data / "invictus" / "labels.jsonl").read_bytes().splitlines()
    found = [orjson.loads(row) for row in rows]
    return {row["Id"] for row in found if row["episode"] == episode and row["Operation"] == operation}


@pytest.mark.parametrize("episode", ["E02", "E04"])
def test_real_spray_accuses_the_account_that_it_opened(
    invictus: dict[str, Incident], test_data: Path, episode: str
) -> None:
    successes = labelled(test_data, episode, "UserLoggedIn")
    failures = labelled(test_data, episode, "UserLoginFailed")
    [incident] = [
        incident
        for incident in invictus.values()
        if successes & {record.uid for record in incident.evidence}
        and "password-spray" in incident.detectors
        and incident.resources[0].type == "User"
    ]
    assert incident.resources[0].uid == "a.thulile@dutchmasterz.onmicrosoft.com"
    assert "T1110.003" in {technique.uid for technique in incident.techniques}
    assert failures & {record.uid for record in incident.evidence}


@pytest.mark.parametrize("episode", ["E02", "E04"])
def test_real_spray_accuses_its_network_for_review_only(
    invictus: dict[str, Incident], test_data: Path, episode: str
) -> None:
    failures = labelled(test_data, episode, "UserLoginFailed")
    [incident] = [
        incident
        for incident in invictus.values()
        if incident.resources[0].type == "Network" and failures & {record.uid for record in incident.evidence}
    ]
    assert incident.resources[0].uid == "net:178.85.138.132"
    assert {resource.type for resource in incident.resources[1:]} == {"User"}
    assert incident.tier is Tier.REVIEW


def test_real_benign_records_are_no_evidence(invictus: dict[str, Incident], test_data: Path) -> None:
    rows = (test_data / "invictus" / "hard_negatives.jsonl").read_bytes().splitlines()
    benign = {orjson.loads(row)["Id"] for row in rows}
    shown = {
        record.uid
        for incident in invictus.values()
        for record in incident.evidence
        if record.detector == "password-spray"
    }
    assert len(benign) > 100
    assert not benign & shown

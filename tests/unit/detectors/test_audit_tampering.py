"""audit-tampering: how its surprise fades with habit, what is no news, whose act counts, small states."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.accounts.audit_content import PARAMETERS, TENANT, kind_of, losses, restored
from detectors.accounts.audit_habits import KNOWN_MAX, OPEN_MAX, AuditHabits, dump_habits, load_habits
from detectors.accounts.audit_tampering import AuditTamperingDetector
from detectors.engine.detector import Control, Evidence
from detectors.entities.tenant import RATES
from detectors.entities.tenant_threshold import HIGHEST_NATS, NOMINAL_NATS
from detectors.probe import Probe
from schemas.contracts.incident import Stage
from schemas.records.event import AuditEvent, AuditScope, AuditSetting
from tests.scenarios.building import ACCOUNT, DAY_MS, MONDAY_MS, Builder

DAY = MONDAY_MS // DAY_MS
ACT_NATS = NOMINAL_NATS + 4.6
BUILDER = Builder()


def probe() -> Probe:
    """An administrator of whom nothing is known."""
    detector = AuditTamperingDetector()
    return Probe(detector, ACCOUNT, detector.start())


def bypass(day: int, name: str = "svc.journal", on: str = "True") -> AuditEvent:
    """A bypass on a day after the first Monday."""
    at = MONDAY_MS + day * DAY_MS + 36_000_000
    return BUILDER.cmdlet(
        at, "Set-MailboxAuditBypassAssociation", {"Identity": name, "AuditBypassEnabled": on}, on=name
    )


def tenant_off(day: int = 0, name: str = "UnifiedAuditLogIngestionEnabled", value: str = "False") -> AuditEvent:
    """The tenant's audit is switched off."""
    at = MONDAY_MS + day * DAY_MS + 36_000_000
    return BUILDER.cmdlet(at, "Set-AdminAuditLogConfig", {name: value}, on="org")


def mailbox(parameters: dict[str, str], name: str = "cfo", day: int = 0) -> AuditEvent:
    """Set-Mailbox on a mailbox."""
    at = MONDAY_MS + day * DAY_MS + 36_000_000
    return BUILDER.cmdlet(at, "Set-Mailbox", {"Identity": name, **parameters}, on=name)


def only(found: Sequence[Evidence]) -> Evidence:
    """The one evidence."""
    assert len(found) == 1
    return found[0]


def test_the_tenants_audit_is_a_review_at_any_threshold_and_no_act_alone() -> None:
    for event in (tenant_off(), tenant_off(name="AdminAuditLogEnabled")):
        found = only(probe().observe(event))
        assert HIGHEST_NATS <= found.nats < ACT_NATS
        assert (found.stage, found.control, found.certain, found.proof) == (Stage.EVASION, Control.MAILBOX, True, True)
        assert found.technique.uid == "T1562.008"


def test_the_tenants_audit_stays_a_review_for_who_does_it_every_day() -> None:
    habitual = probe()
    for day in range(60):
        assert only(habitual.observe(tenant_off(day))).nats >= NOMINAL_NATS
        habitual.seal(DAY + day, True)


def test_what_is_done_every_month_surprises_less_and_every_day_little() -> None:
    monthly, daily, never = probe(), probe(), probe()
    for month in range(6):
        monthly.observe(bypass(30 * month, f"svc.{month}"))
        monthly.seal(DAY + 30 * month, True)
    for day in range(170):
        daily.observe(bypass(day, f"svc.{day}"))
        daily.seal(DAY + day, True)
    last = bypass(180, "svc.last")
    rare, known, habit = (only(who.observe(last)).nats for who in (never, monthly, daily))
    assert rare > known + 2.0 > habit + 3.0
    assert habit < 3.0, "little more than what the content weighs"


def test_a_tenant_that_does_it_often_surprises_less() -> None:
    detector, event = AuditTamperingDetector(), bypass(0)
    context = probe().context(event.time_ms)
    context.profile.rates["audit-bypass"] = 0.02
    often = only(detector.observe(detector.start(), event, context)).nats
    assert only(probe().observe(event)).nats > often + 1.5


def test_the_rates_are_those_that_a_tenant_starts_with() -> None:
    assert {name for name in RATES if name.startswith("audit-")} == {"audit-tenant", "audit-bypass", "audit-mailbox"}
    event, who = bypass(0), probe()
    context = who.context(event.time_ms)
    who.detector.observe(who.state, event, context)
    assert context.ledger is not None and context.ledger.share(0).rare == {"audit-bypass"}


def test_the_same_value_again_is_nothing_until_it_was_on() -> None:
    who = probe()
    assert who.observe(bypass(0)) and not who.observe(bypass(0))
    who.seal(DAY, True)
    who = who.reloaded()
    assert not who.observe(bypass(3))
    assert not who.observe(bypass(3, on="False"))
    assert who.observe(bypass(3))
    who.seal(DAY + 3, True)
    assert not who.observe(bypass(4, on="False"))
    who.seal(DAY + 4, True)
    assert who.reloaded().observe(bypass(5))


def test_a_day_that_is_not_learnt_leaves_nothing() -> None:
    who = probe()
    first = only(who.observe(bypass(0)))
    who.seal(DAY, False)
    assert who.dump() == b""
    assert only(who.observe(bypass(2))).nats == first.nats


def test_switching_on_is_nothing_and_leaves_nothing() -> None:
    who = probe()
    for day in range(3):
        for n in range(50):
            assert not who.observe(mailbox({"AuditEnabled": "True", "AuditOwner": "@{Add=Copy}"}, f"m{n}", day))
        assert not who.observe(tenant_off(day, value="True")) and not who.observe(bypass(day, on="$false"))
        assert who.dump() == b""
        who.seal(DAY + day, True)


@pytest.mark.parametrize(
    ("parameters", "least", "most"),
    [
        ({"AuditEnabled": "False"}, 9.0, NOMINAL_NATS),
        ({"AuditOwner": ""}, 9.0, NOMINAL_NATS),
        ({"AuditAdmin": "None"}, 9.0, NOMINAL_NATS),
        ({"AuditDelegate": "@{Remove=HardDelete}"}, 7.0, 8.0),
        ({"AuditOwner": "Update;Create"}, 7.0, 8.0),
        ({"AuditLogAgeLimit": "00:00:00"}, 9.0, NOMINAL_NATS),
        ({"AuditLogAgeLimit": "3.00:00:00"}, 7.0, 8.0),
        ({"AuditEnabled": "False", "AuditOwner": "", "AuditLogAgeLimit": "0"}, NOMINAL_NATS, 12.0),
    ],
)
def test_one_mailbox_by_what_it_loses(parameters: dict[str, str], least: float, most: float) -> None:
    assert least <= only(probe().observe(mailbox(parameters))).nats < most


@pytest.mark.parametrize(
    "parameters",
    [
        {"AuditLogAgeLimit": "90.00:00:00"},
        {"AuditOwner": "HardDelete;SoftDelete;MoveToDeletedItems"},
        {"AuditOwner": "@{Remove=Create}"},
        {"AuditEnabled": "perhaps"},
        {"AuditEnabled": ""},
    ],
)
def test_what_takes_nothing_away(parameters: dict[str, str]) -> None:
    assert not probe().observe(mailbox(parameters))


def test_every_mailbox_of_a_day_weighs_more_whichever_comes_first() -> None:
    who = probe()
    nats = [only(who.observe(mailbox({"AuditEnabled": "False"}, f"m{n}"))).nats for n in range(10)]
    assert nats == sorted(nats) and nats[0] < NOMINAL_NATS <= nats[2]
    other = probe()
    back = [only(other.observe(mailbox({"AuditEnabled": "False"}, f"m{n}"))).nats for n in reversed(range(10))]
    assert back == nats


def test_the_own_account_and_a_service_by_its_name() -> None:
    own, person, service = (
        only(probe().observe(bypass(0, name))) for name in (ACCOUNT.partition("@")[0], "bob.hale", "svc.journal")
    )
    assert own.nats == person.nats + 1.5 == service.nats + 3.0
    assert "this account itself" in own.sentence and ACCOUNT not in own.sentence


def test_whose_act_counts() -> None:
    assert only(probe().observe(tenant_off(), role="system")).proof is False
    assert not probe().observe(bypass(0), role="system")
    for role in ("target", "mailbox", "grantee"):
        assert not probe().observe(bypass(0), role=role) and not probe().observe(tenant_off(), role=role)
    failed = tenant_off()
    failed.ok = False
    assert not probe().observe(failed)


def test_a_late_record_is_scored_and_not_learnt() -> None:
    who = probe()
    assert who.observe(bypass(0), late=True) and who.dump() == b""


def test_the_busiest_administrator_has_a_small_state() -> None:
    who = probe()
    for day in range(40):
        for n in range(400):
            who.observe(mailbox({"AuditEnabled": "False", "AuditOwner": ""}, f"m{day}.{n}", day))
        assert len(who.dump()) <= 4_096
        who.seal(DAY + day, True)
    assert len(who.state.known) <= KNOWN_MAX and len(who.dump()) <= 1_024


MARKS = st.dictionaries(
    st.tuples(st.integers(0, 2**32 - 1), st.integers(0, len(PARAMETERS) - 1)), st.booleans(), max_size=OPEN_MAX
)


@given(st.dictionaries(st.integers(0, 40_000), MARKS, min_size=1, max_size=3), st.booleans())
def test_states_go_through_their_bytes(days: dict[int, dict[tuple[int, int], bool]], learn: bool) -> None:
    state = AuditHabits()
    for day, marks in sorted(days.items()):
        state.open[day] = dict(marks)
    twin = load_habits(dump_habits(state))
    assert twin == state
    state.seal(max(days), learn)
    data = dump_habits(state)
    assert not data or dump_habits(load_habits(data)) == data


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_or_work(data: bytes) -> None:
    try:
        state = load_habits(data)
    except ValueError:
        return
    state.seal(20_000, True)
    assert len(dump_habits(state)) <= len(data) + 17 * 3 + 9 * KNOWN_MAX


ACTS = st.one_of(st.none(), st.lists(st.text(max_size=20), max_size=4).map(tuple))
NAMES = st.lists(st.one_of(st.sampled_from(PARAMETERS), st.text(max_size=20)), max_size=4).map(tuple)


@given(
    st.builds(
        AuditSetting, st.sampled_from(AuditScope), st.one_of(st.none(), st.text()), NAMES, NAMES, ACTS, ACTS, ACTS,
        NAMES, st.one_of(st.none(), st.floats(allow_nan=False)),
    )
)  # fmt: skip
def test_any_setting_is_weighed(setting: AuditSetting) -> None:
    event = tenant_off()
    event.detail = setting
    for evidence in probe().observe(event):
        assert evidence.sentence.isprintable() and evidence.sentence.endswith(".")
        assert 0.0 < evidence.nats <= 40.0
    assert all(kind_of(loss.place) == TENANT or loss.reason.nats <= 3.5 for loss in losses(setting))
    assert all(0 <= place < len(PARAMETERS) for place in restored(setting))

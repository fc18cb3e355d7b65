"""The seed incident of the benchmark is what it says: one victim, one rule, 9,000 outsiders, at the stated pace."""

from __future__ import annotations

import pytest

from schemas.records.event import InboxRule, MailSent, TraceRow
from streams.simulation.options import Recipients
from tests.bench.takeover import PACE, TOTAL, Takeover, play


def rule_of(takeover: Takeover) -> InboxRule:
    found = [r.event.detail for r in takeover.records if r.event is not None and r.event.record_id == takeover.rule]
    assert len(found) == 1
    assert isinstance(found[0], InboxRule)
    return found[0]


@pytest.mark.parametrize("number", range(4))
def test_the_rule_hides_all_mail_and_comes_before_the_burst(number: int) -> None:
    takeover = play(number, "list", True)
    rule = rule_of(takeover)
    assert (rule.mark_read, rule.delete, rule.stop, rule.conditions, rule.forward_to) == (True, True, True, (), ())
    at = next(r.time_ms for r in takeover.records if r.event is not None and r.event.record_id == takeover.rule)
    assert at < min(mail.time_ms for mail in takeover.mails.values())


@pytest.mark.parametrize(("form", "detail"), [("trace", TraceRow), ("list", MailSent), ("none", MailSent)])
def test_nine_thousand_outsiders_at_the_stated_pace(form: Recipients, detail: type) -> None:
    takeover = play(3, form, False)
    mails = {id(mail): mail for mail in takeover.mails.values()}.values()
    assert sum(mail.recipients for mail in mails) == TOTAL
    hours = (max(mail.time_ms for mail in mails) - min(mail.time_ms for mail in mails)) / 3_600_000
    assert hours == pytest.approx(TOTAL / takeover.pace, rel=0.1)
    assert PACE[0] <= takeover.pace <= PACE[1]
    own = [r.event for r in takeover.records if r.event is not None and r.event.record_id in takeover.mails]
    assert len(own) == len(takeover.mails)
    assert any(isinstance(event.detail, detail) for event in own)
    assert {event.user.lower() for event in own} == {takeover.account}
    known = [event.detail.recipients is not None for event in own if isinstance(event.detail, MailSent)]
    assert set(known) == {form == "list"}


def test_the_same_variation_is_the_same_and_every_variation_another() -> None:
    one, again, other = play(5, "none", False), play(5, "none", False), play(6, "none", False)
    assert [record.raw for record in one.records] == [record.raw for record in again.records]
    assert (one.account, one.hour, one.pace) != (other.account, other.hour, other.pace)
    assert (one.account, one.hour, one.pace) == (lambda t: (t.account, t.hour, t.pace))(play(5, "trace", True))


def test_records_come_in_order_of_time() -> None:
    times = [record.time_ms for record in play(1, "trace", True).records]
    assert times == sorted(times)

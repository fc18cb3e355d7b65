"""The feed looks in small steps, resumes, names what it cannot see, and never fails."""

from __future__ import annotations

import orjson
import pytest

from schemas.contracts.collected import GapKind
from schemas.records.event import InboxRule
from streams.cloud.seam import NoToken, Refused, Throttled, Unreachable
from streams.collectors.inventory.catalogue import KINDS
from streams.collectors.inventory.feed import NAME, STEP_PARTS, InventoryFeed
from streams.collectors.inventory.report import KindReport, finished_ms, inventory_report, progress
from streams.collectors.live.expected_silence import ArrivalModel
from streams.collectors.live.seam import JournalLost, Window
from tests.unit.inventory.inventory_cloud import (
    ADA,
    BOB,
    DULL,
    EVE,
    HIDING,
    NOW,
    FakeJournal,
    forbidden,
    mailbox,
    ordinary,
    round_of,
)

DAY = 86_400_000


def reports(journal: FakeJournal) -> dict[str, KindReport]:
    return {report.name: report for report in inventory_report(journal.checkpoint(NAME))}


def owners(journal: FakeJournal) -> list[str]:
    return [entry.account for entry in journal.entries if entry.event and isinstance(entry.event.detail, InboxRule)]


def test_every_rule_of_every_mailbox_comes_once_and_the_next_day_nothing() -> None:
    cloud, journal = ordinary(), FakeJournal()
    round_of(cloud, journal)
    assert owners(journal) == [ADA, BOB]
    assert all(batch.content is None or len(batch.records) == 1 for batch in journal.batches)
    read = journal.totals.read
    cloud.clock.now += DAY
    round_of(cloud, journal)
    assert journal.totals.read == read
    assert all(kind.name in reports(journal) for kind in KINDS)


def test_a_changed_rule_comes_again_and_its_neighbour_is_not_delivered_twice() -> None:
    cloud, journal = ordinary(**{f"Get-InboxRule {BOB}": [DULL, HIDING]}), FakeJournal()
    round_of(cloud, journal)
    cloud.rows[f"Get-InboxRule {BOB}"] = [DULL | {"DeleteMessage": True}, HIDING]
    cloud.clock.now += DAY
    round_of(cloud, journal)
    told = [entry.record_id for entry in journal.entries if entry.account == BOB and entry.role == "system"]
    assert len(told) == len(set(told)) == 3


def test_between_rounds_nothing_is_asked() -> None:
    cloud, journal = ordinary(), FakeJournal()
    feed = round_of(cloud, journal)
    assert progress(journal.checkpoint(NAME)) == ""
    asked = len(cloud.calls)
    cloud.clock.now += DAY // 2
    feed.collect(Window(0, cloud.clock.now))
    assert len(cloud.calls) == asked


def test_a_step_asks_for_few_mailboxes() -> None:
    people = [f"user{number:03d}@corp.example" for number in range(100)]
    cloud, journal = ordinary(**{"Get-Mailbox": [mailbox(upn) for upn in people]}), FakeJournal()
    feed = InventoryFeed(cloud, journal)
    most = 0
    while not finished_ms(journal.checkpoint(NAME)):
        before = len(cloud.calls)
        feed.collect(Window(0, cloud.clock.now))
        most = max(most, len(cloud.calls) - before)
        cloud.clock.now += 5_000
    assert most <= STEP_PARTS
    assert len({call for call in cloud.calls if call.startswith("Get-InboxRule")}) == 100


@pytest.mark.parametrize("crash", range(0, 16))
def test_killed_at_any_write_it_goes_on_and_nothing_comes_twice(crash: int) -> None:
    cloud, journal = ordinary(), FakeJournal(crash_at=crash)
    try:
        round_of(cloud, journal)
    except JournalLost:
        journal.survive()
        round_of(cloud, journal)
    assert sorted(owners(journal)) == [ADA, BOB]
    assert reports(journal)["inbox-rules"].count == 2


def test_a_killed_round_does_not_begin_anew() -> None:
    people = [f"user{number:03d}@corp.example" for number in range(60)]
    cloud, journal = ordinary(**{"Get-Mailbox": [mailbox(upn) for upn in people]}), FakeJournal()
    done = f"Get-InboxRule {people[30]}"
    round_of(cloud, journal, until=lambda: done in cloud.calls)
    first = [call for call in cloud.calls if call.startswith("Get-InboxRule")]
    assert progress(journal.checkpoint(NAME)) in ("inbox rules, 24 of 60", "inbox rules, 48 of 60")
    round_of(cloud, journal)
    asked = [call for call in cloud.calls if call.startswith("Get-InboxRule")]
    assert len(asked) < 60 + STEP_PARTS and len(set(asked)) == 60 and len(first) >= STEP_PARTS


def test_without_exchange_graph_shows_the_rules_and_the_report_says_what_is_hidden() -> None:
    path = f"users/{ADA}/mailFolders/inbox/messageRules"
    cloud = ordinary(
        users=[{"id": "1", "userPrincipalName": ADA, "mail": ADA, "userType": "Member"},
               {"id": "2", "userPrincipalName": "guest#EXT#@x", "mail": "g@x.example", "userType": "Guest"}],
        **{path: [{"id": "r1", "displayName": ".", "isEnabled": True, "actions": {"delete": True, "markAsRead": True}}]},
    )  # fmt: skip
    cloud.failures["exchange"] = forbidden()
    journal = FakeJournal()
    round_of(cloud, journal)
    assert owners(journal) == [ADA]
    found = reports(journal)
    assert "hidden inbox rules of one mailbox are not seen" in found["inbox-rules"].unseen
    for name in ("mailboxes", "transport-rules", "delegations", "audit-bypass", "audit-config"):
        assert found[name].unseen and "Exchange.ManageAsApp" in found[name].remedy and not found[name].seen_ms
    assert found["consents"].seen_ms and not found["consents"].unseen


def test_with_no_permission_at_all_every_kind_says_what_is_not_seen_and_nothing_fails() -> None:
    cloud, journal = ordinary(), FakeJournal()
    cloud.failures["exchange"] = NoToken("AADSTS7000215", "The secret is wrong.", "Give another one.")
    cloud.failures["graph"] = forbidden()
    round_of(cloud, journal)
    found = reports(journal)
    assert all(report.unseen and report.remedy and not report.seen_ms for report in found.values())
    assert found["mailboxes"].remedy == "Give another one."
    assert journal.gaps == []


def test_a_cmdlet_that_every_mailbox_refuses_is_not_taken_for_empty_mailboxes() -> None:
    cloud, journal = ordinary(), FakeJournal()
    cloud.failures["Get-InboxRule"] = Refused(400, "BadRequest", "not recognized as the name of a cmdlet")
    for upn in (ADA, BOB, EVE):
        cloud.failures[f"users/{upn}/mailFolders/inbox/messageRules"] = forbidden()
    round_of(cloud, journal)
    assert "not seen" in reports(journal)["inbox-rules"].unseen
    assert not reports(journal)["inbox-rules"].seen_ms


def test_a_mailbox_that_is_gone_is_counted_and_the_others_are_seen() -> None:
    cloud, journal = ordinary(), FakeJournal()
    gone = Refused(404, "NotFound", "no such mailbox")
    cloud.failures[f"Get-InboxRule {ADA}"] = cloud.failures[f"users/{ADA}/mailFolders/inbox/messageRules"] = gone
    round_of(cloud, journal)
    assert owners(journal) == [BOB]
    assert reports(journal)["inbox-rules"].unseen == "1 of 3 could not be looked at"


def test_where_a_role_lets_see_mailboxes_and_no_rules_graph_is_asked() -> None:
    path = f"users/{ADA}/mailFolders/inbox/messageRules"
    rule = {"id": "r1", "displayName": ".", "isEnabled": True, "actions": {"delete": True}}
    cloud, journal = ordinary(**{path: [rule]}), FakeJournal()
    cloud.failures[f"Get-InboxRule {ADA}"] = forbidden()
    round_of(cloud, journal)
    assert owners(journal) == [ADA, BOB]
    assert "hidden inbox rules of one mailbox" in reports(journal)["inbox-rules"].unseen


def test_no_role_for_rules_is_found_out_with_few_requests() -> None:
    people = [f"user{number:03d}@corp.example" for number in range(200)]
    cloud, journal = ordinary(**{"Get-Mailbox": [mailbox(upn) for upn in people]}), FakeJournal()
    cloud.failures["Get-InboxRule"] = forbidden()
    for upn in people:
        cloud.failures[f"users/{upn}/mailFolders/inbox/messageRules"] = forbidden()
    round_of(cloud, journal)
    assert "no role" in reports(journal)["inbox-rules"].unseen
    assert sum(call.startswith("Get-InboxRule") for call in cloud.calls) == STEP_PARTS


def test_what_a_user_allowed_beyond_what_all_may_is_told_with_the_name() -> None:
    stranger = {"id": "sp1", "appId": "app1", "displayName": "Mail Reader", "appOwnerOrganizationId": "0bad",
                "verifiedPublisher": {"verifiedPublisherId": None}, "servicePrincipalType": "Application"}  # fmt: skip
    everybody = {"clientId": "sp1", "consentType": "AllPrincipals", "principalId": None, "scope": "User.Read"}
    alone = {"clientId": "sp1", "consentType": "Principal", "principalId": f"ID-{ADA}", "scope": "User.Read Mail.Read"}
    cloud = ordinary(servicePrincipals=[stranger], oauth2PermissionGrants=[everybody, alone])
    journal = FakeJournal()
    round_of(cloud, journal)
    (row,) = reports(journal)["consents"].unusual
    assert row.subject == "Mail Reader" and f"One user ({ADA}) gave Mail.Read" in row.sentence
    alone["scope"] = "User.Read"
    cloud.clock.now += DAY
    round_of(cloud, journal)
    assert reports(journal)["consents"].unusual == []


def test_throttling_waits_and_loses_nothing() -> None:
    cloud, journal = ordinary(), FakeJournal()
    cloud.failures[f"Get-InboxRule {BOB}"] = [Throttled(NOW + 600_000)]
    round_of(cloud, journal)
    assert cloud.clock.now >= NOW + 600_000
    assert owners(journal) == [ADA, BOB]


def test_a_failing_service_is_tried_again_and_given_up_after_some_tries() -> None:
    cloud, journal = ordinary(), FakeJournal()
    cloud.failures["Get-AdminAuditLogConfig"] = [Unreachable("reset")] * 2
    cloud.failures["Get-TransportRule"] = Unreachable("always down")
    round_of(cloud, journal)
    assert not reports(journal)["audit-config"].unseen
    assert "always down" in reports(journal)["transport-rules"].unseen
    assert owners(journal) == [ADA, BOB]


@pytest.mark.parametrize(
    "body", [b"\0" * 16, b"[]", b"{}", b'{"value": 4}', b'{"value": [1, null, "x", {}]}', b'{"value": [{"id": [1]}]}']
)
def test_answers_of_any_form_do_not_end_the_round(body: bytes) -> None:
    for name in ("Get-Mailbox", "Get-TransportRule", f"Get-InboxRule {ADA}", "servicePrincipals", "directoryRoles",
                 "oauth2PermissionGrants", "reports/authenticationMethods/userRegistrationDetails"):  # fmt: skip
        cloud, journal = ordinary(**{name: body}), FakeJournal()
        round_of(cloud, journal)


def test_an_earlier_report_stays_with_its_date_when_a_kind_can_no_longer_be_seen() -> None:
    cloud, journal = ordinary(), FakeJournal()
    round_of(cloud, journal)
    seen = reports(journal)["inbox-rules"].seen_ms
    cloud.clock.now += DAY
    cloud.failures["Get-InboxRule"] = cloud.failures["graph"] = forbidden()
    round_of(cloud, journal)
    assert (reports(journal)["inbox-rules"].seen_ms, reports(journal)["inbox-rules"].count) == (seen, 2)
    assert reports(journal)["inbox-rules"].unseen


def test_exempt_and_unaudited_mailboxes_are_a_gap_until_they_are_over() -> None:
    cloud, journal = ordinary(), FakeJournal()
    cloud.rows["Get-Mailbox"][1]["AuditEnabled"] = False
    cloud.rows["Get-MailboxAuditBypassAssociation"] = [{"Name": "eve.lark", "AuditBypassEnabled": True}]
    round_of(cloud, journal)
    (gap,) = journal.gaps
    assert gap.kind is GapKind.BYPASS and not gap.over and "eve.lark" in gap.text and BOB in gap.text
    cloud.clock.now += DAY
    round_of(cloud, journal)
    assert len(journal.gaps) == 1
    cloud.failures["Get-MailboxAuditBypassAssociation"] = forbidden()  # not known: not over
    cloud.clock.now += DAY
    round_of(cloud, journal)
    assert len(journal.gaps) == 1
    cloud.failures.clear()
    cloud.rows["Get-Mailbox"][1]["AuditEnabled"] = True
    cloud.rows["Get-MailboxAuditBypassAssociation"] = []
    cloud.clock.now += DAY
    round_of(cloud, journal)
    assert journal.gaps[-1].over and journal.gaps[-1].from_ms == gap.from_ms


def test_auditing_switched_off_is_a_gap() -> None:
    cloud, journal = (
        ordinary(**{"Get-AdminAuditLogConfig": [{"UnifiedAuditLogIngestionEnabled": False}]}),
        FakeJournal(),
    )
    round_of(cloud, journal)
    assert [gap.kind for gap in journal.gaps] == [GapKind.DISABLED]
    assert reports(journal)["audit-config"].unusual[0].look.startswith("Set-AdminAuditLogConfig")


def test_the_checkpoint_is_bounded_and_holds_no_secret() -> None:
    credential = {"startDateTime": "2026-01-01T00:00:00Z", "endDateTime": "2099-01-01T00:00:00Z", "hint": "s3C",
                  "displayName": "the-credential-name", "secretText": "sEcReT"}  # fmt: skip
    people = [mailbox(f"user{number}@corp.example", AuditEnabled=False) for number in range(3_000)]
    cloud = ordinary(**{"Get-Mailbox": people, "applications": [
        {"appId": "a", "displayName": "App", "passwordCredentials": [credential], "keyCredentials": []}]})  # fmt: skip
    journal = FakeJournal()
    round_of(cloud, journal)
    held = orjson.dumps(journal.checkpoint(NAME))
    assert len(held) < 100_000
    assert b"sEcReT" not in held and b"s3C" not in held and b"the-credential-name" not in held
    assert len(reports(journal)["mailboxes"].unusual) == 200 and reports(journal)["mailboxes"].more == 800


def test_mail_flow_rules_and_senders_that_lead_out_of_the_tenant_are_told() -> None:
    rule = {
        "Name": "Copies",
        "State": "Enabled",
        "Mode": "Enforce",
        "Guid": "g1",
        "BlindCopyTo": ["smtp:Out@evil.example"],
    }
    cloud = ordinary(**{
        "Get-TransportRule": [rule, rule | {"Name": "Off", "Guid": "g2", "State": "Disabled"},
                              {"Name": "Disclaimer", "State": "Enabled", "Guid": "g3"}],
        "Get-RecipientPermission": [{"Identity": "ada", "Trustee": name, "AccessRights": ["SendAs"]}
                                    for name in ("NT AUTHORITY\\SELF", BOB, "x@evil.example")],
    })  # fmt: skip
    journal = FakeJournal()
    round_of(cloud, journal)
    found = reports(journal)
    assert [row.sentence for row in found["transport-rules"].unusual] == [
        "A mail flow rule of the whole tenant sends mail to out@evil.example."]  # fmt: skip
    assert [row.sentence for row in found["delegations"].unusual] == ["Somebody from outside may send as ada."]
    assert (found["transport-rules"].count, found["delegations"].count) == (3, 2)


def test_hostile_names_are_shown_harmless() -> None:
    cloud = ordinary(**{"Get-Mailbox": [mailbox(ADA, ForwardingSmtpAddress="smtp:x\x1b[2J\u202e@evil.example")]})
    journal = FakeJournal()
    round_of(cloud, journal)
    (row,) = reports(journal)["mailboxes"].unusual
    assert "\x1b" not in row.sentence and "\u202e" not in row.sentence and "evil.example" in row.sentence


def test_a_checkpoint_of_another_version_is_not_believed() -> None:
    journal = FakeJournal()
    journal.checkpoints[NAME] = {"version": 99, "report": 4, "finished": "x"}
    assert finished_ms(journal.checkpoint(NAME)) == 0
    assert all(not report.seen_ms for report in inventory_report(journal.checkpoint(NAME)))
    round_of(ordinary(), journal)
    assert finished_ms(journal.checkpoint(NAME)) > 0


def test_one_busy_day_and_then_quiet_is_no_suspicious_silence() -> None:
    model = ArrivalModel()
    for minute in range(0, 30, 2):
        model.arrived(NOW + minute * 60_000)
    assert max(model.improbability(NOW + day * DAY // 4) for day in range(1, 120)) < 9.0

"""Rules, rights, applications and mail flow rules that are taken away are gone, and so is what would have needed them."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from schemas.records.decode import decode
from streams.simulation.chance import chance
from streams.simulation.clock import graph_time
from streams.simulation.record import Record
from streams.simulation.records.cmdlets import cmdlet_record
from streams.simulation.records.common import Use
from streams.simulation.service.item import BENIGN

from .conftest import DAY, HOUR, NOW, Caller, Open, small
from .told import TYPES, acts, errors, operations, signins

quiet = {"lateness": 0.0, "duplicates": 0.0, "subscribed": TYPES}


def cmdlet(caller: Caller, number: int, at: int, operation: str, target: str, *parameters: tuple[str, str]) -> Record:
    """A cmdlet that an account is going to run."""
    world = caller.service.tenant().world
    who = world.people[number]
    use = Use(world.tenant.offices[0].ip, "", "", "", "Mozilla/5.0", "owa")
    return cmdlet_record(world.tenant, who, chance(1, at, operation), at, use, operation, target, list(parameters))


def ran(caller: Caller, name: str, first: int, last: int) -> list[str]:
    return [record["Operation"] for record in acts(caller, name, first, last) if int(record["RecordType"]) == 1]


def test_a_removed_rule_is_not_changed_later_and_not_brought_back(open_service: Open) -> None:
    caller = open_service(small(**quiet))
    world = caller.service.tenant().world
    person = world.people[3]
    identity = ("Identity", f"{person.alias}\\Gone")
    forward = ("ForwardTo", "out@attacker.example")
    world.add([
        cmdlet(caller, 3, NOW + 1000, "New-InboxRule", f"{person.alias}\\Gone", ("Name", "Gone"), forward),
        cmdlet(caller, 3, NOW + HOUR, "Set-InboxRule", f"{person.alias}\\Gone", identity, forward),
        cmdlet(caller, 3, NOW + HOUR + 5000, "Disable-InboxRule", f"{person.alias}\\Gone", identity),
        cmdlet(caller, 3, NOW + 2 * HOUR, "New-InboxRule", f"{person.alias}\\Gone", ("Name", "Gone"), forward),
        cmdlet(caller, 3, NOW + 3 * HOUR, "Disable-InboxRule", f"{person.alias}\\Gone", identity),
    ], attack=BENIGN)  # fmt: skip
    path = f"v1.0/users/{person.upn}/mailFolders/inbox/messageRules"

    def shown() -> list[dict[str, Any]]:
        return [rule for rule in caller.rows(path) if rule["displayName"] == "Gone"]

    caller.clock.ms = NOW + 5 * 60_000
    assert caller.graph(f"{path}/{shown()[0]['id']}", "DELETE").status_code == 204
    caller.clock.ms = NOW + HOUR + 60_000
    assert shown() == []
    caller.clock.ms = NOW + 2 * HOUR + 60_000
    assert [rule["isEnabled"] for rule in shown()] == [True]
    caller.clock.ms = NOW + 4 * HOUR
    assert [rule["isEnabled"] for rule in shown()] == [False]
    told = [operation for operation in ran(caller, person.upn, NOW + 500, NOW + 4 * HOUR) if "InboxRule" in operation]
    assert told == ["New-InboxRule", "New-InboxRule", "Disable-InboxRule"]


def test_mail_flow_rules_appear_are_switched_and_are_removed(open_service: Open) -> None:
    caller = open_service(small(copied_to="copy@attacker.example", **quiet))
    admin = next(person for person in caller.service.tenant().world.people if person.kind == "admin")
    caller.service.tenant().world.add([
        cmdlet(caller, admin.index, NOW + 1000, "New-TransportRule", "", ("Name", "Tidy"), ("DeleteMessage", "True"),
               ("SubjectContainsWords", "invoice;payment")),
        cmdlet(caller, admin.index, NOW + HOUR, "Set-TransportRule", "", ("Identity", "Tidy"), ("Mode", "Audit")),
    ])  # fmt: skip

    def shown() -> dict[str, dict[str, Any]]:
        return {
            row["Name"]: row for row in caller.exchange("Get-TransportRule", ResultSize="Unlimited").json()["value"]
        }

    before = shown()
    assert before["Journal"]["BlindCopyTo"] == ["copy@attacker.example"] and "Tidy" not in before
    caller.clock.ms = NOW + 60_000
    made = shown()["Tidy"]
    assert (made["DeleteMessage"], made["SubjectContainsWords"], made["State"]) == (
        True,
        ["invoice", "payment"],
        "Enabled",
    )
    assert caller.exchange("Disable-TransportRule", Identity=made["Guid"]).status_code == 200
    assert caller.exchange("Get-TransportRule", Identity="Tidy").json()["value"][0]["State"] == "Disabled"
    assert caller.exchange("Enable-TransportRule", Identity="tidy").status_code == 200
    assert shown()["Tidy"]["State"] == "Enabled"
    assert [caller.exchange("Remove-TransportRule", Identity="Tidy").status_code for _ in range(2)] == [200, 404]
    caller.clock.ms = NOW + 2 * HOUR
    assert shown().keys() == before.keys()
    records = caller.records("Audit.Exchange", NOW, caller.clock.ms)
    told = [record["Operation"] for record in records if record["Operation"].endswith("TransportRule")]
    assert sorted(told) == [
        "Disable-TransportRule",
        "Enable-TransportRule",
        "New-TransportRule",
        "Remove-TransportRule",
    ]


def test_a_right_to_send_as_others_is_shown_and_its_loss_ends_the_mail(open_service: Open) -> None:
    caller = open_service(small(accounts=30, **quiet))
    people = caller.service.tenant().world.people
    box = next(person for person in people if person.kind == "shared" and person.assistant >= 0)
    who = people[box.assistant].upn
    rows = caller.exchange("Get-RecipientPermission", ResultSize="Unlimited").json()["value"]
    assert {(row["Identity"], row["Trustee"]) for row in rows if row["AccessRights"] == ["SendAs"]} >= {
        (box.alias, who), (box.alias, "NT AUTHORITY\\SELF")}  # fmt: skip

    def used(first: int, last: int) -> tuple[int, int]:
        sent = [record for record in acts(caller, who, first, last) if record["Operation"] == "SendAs"]
        asked = f"receivedDateTime ge {graph_time(first)} and receivedDateTime le {graph_time(last)}"
        path = "v1.0/admin/exchange/tracing/messageTraces"
        return len(sent), len(caller.rows(path, filter=f"{asked} and senderAddress eq '{box.upn}'", top="5000"))

    caller.clock.ms = NOW + 6 * HOUR
    assert all(used(NOW, NOW + 6 * HOUR))
    answer = caller.exchange("Remove-RecipientPermission", Identity=box.alias, Trustee=who, AccessRights="SendAs")
    assert answer.json()["@adminapi.warnings"] == []
    again = caller.exchange("Remove-RecipientPermission", Identity=box.alias, Trustee=who, AccessRights="SendAs")
    assert again.json()["@adminapi.warnings"]
    caller.clock.ms = NOW + 54 * HOUR
    assert used(NOW + 6 * HOUR + 6000, NOW + 50 * HOUR) == (0, 0)
    assert "MailItemsAccessed" in operations(acts(caller, who, NOW + 6 * HOUR, NOW + 50 * HOUR))


def test_a_disabled_delegate_sends_nothing_in_the_name_of_others(open_service: Open) -> None:
    caller = open_service(small(accounts=30, **quiet))
    people = caller.service.tenant().world.people
    box = next(person for person in people if person.kind == "shared" and person.assistant >= 0)
    asked = f"senderAddress eq '{box.upn}' and receivedDateTime ge "
    path = "v1.0/admin/exchange/tracing/messageTraces"
    caller.clock.ms = NOW + 6 * HOUR
    assert caller.rows(path, filter=asked + graph_time(NOW), top="5000")
    who = people[box.assistant].upn
    assert caller.graph(f"v1.0/users/{who}", "PATCH", {"accountEnabled": False}).status_code == 204
    caller.clock.ms = NOW + 54 * HOUR
    assert caller.rows(path, filter=asked + graph_time(NOW + 6 * HOUR + 6000), top="5000") == []


def test_without_full_access_nobody_opens_the_mailbox_until_it_is_given_again(open_service: Open) -> None:
    caller = open_service(small(accounts=30, **quiet))
    world = caller.service.tenant().world
    box = next(person for person in world.people if person.kind == "shared" and person.assistant >= 0)
    who = world.people[box.assistant].upn
    admin = next(person for person in world.people if person.kind == "admin")
    given = [("Identity", box.alias), ("User", who), ("AccessRights", "FullAccess")]
    world.add([cmdlet(caller, admin.index, NOW + DAY, "Add-MailboxPermission", box.alias, *given)])

    def opened(first: int, last: int) -> int:
        return sum(record["Operation"] == "MailItemsAccessed" and record["MailboxOwnerUPN"].lower() == box.upn
                   for record in acts(caller, who, first, last))  # fmt: skip

    assert caller.exchange("Remove-MailboxPermission", Identity=box.upn, User=who, AccessRights="FullAccess").is_success
    caller.clock.ms = NOW + 56 * HOUR
    assert opened(NOW - DAY, NOW) > 0
    assert opened(NOW + 1000, NOW + DAY) == 0
    assert opened(NOW + DAY, NOW + 52 * HOUR) > 0


@pytest.mark.parametrize("name", ["Linden CRM", "vm-reporting-01"])
def test_a_disabled_application_gets_no_token(open_service: Open, name: str) -> None:
    caller = open_service(small(**quiet))
    principal = next(row for row in caller.rows("v1.0/servicePrincipals") if row["displayName"] == name)
    path = f"v1.0/servicePrincipals/{principal['id']}"
    assert caller.graph(path, "PATCH", {"accountEnabled": False}).status_code == 204
    caller.clock.ms = NOW + DAY
    assert caller.graph(path, "PATCH", {"accountEnabled": True}).status_code == 204
    caller.clock.ms = NOW + 2 * DAY + HOUR
    off = signins(caller, principal["appId"], NOW + 1000, NOW + DAY, "appId")
    on = signins(caller, principal["appId"], NOW + DAY + 1000, NOW + 2 * DAY, "appId")
    assert off and set(errors(off)) == {7000112} and on and set(errors(on)) == {0}
    assert off[0]["status"]["failureReason"] == f"Application '{principal['appId']}' is disabled."


def test_our_own_application_can_lock_itself_out(open_service: Open) -> None:
    caller = open_service()
    own = next(row["id"] for row in caller.rows("v1.0/servicePrincipals") if row["appId"] == caller.who.client_id)
    assert caller.graph(f"v1.0/servicePrincipals/{own}", "PATCH", {"accountEnabled": False}).status_code == 204
    assert caller.ask_token().json()["error_codes"] == [7000112]
    assert caller.graph("v1.0/organization").status_code == 200  # a token lives on


MAILBOX_AUDIT = (2, 3, 50)


def audited(caller: Caller, name: str, first: int, last: int) -> int:
    """Records of the account's work in mailboxes."""
    return sum(int(record["RecordType"]) in MAILBOX_AUDIT for record in acts(caller, name, first, last))


def test_whoever_is_exempt_from_auditing_leaves_no_mailbox_records_until_it_is_ended(open_service: Open) -> None:
    caller = open_service(small(bypassed=1, **quiet))
    person = caller.service.tenant().world.people[1]
    assert audited(caller, person.upn, NOW - 20 * HOUR, NOW) == 0
    assert signins(caller, person.upn, NOW - 20 * HOUR, NOW)
    answer = caller.exchange("Set-MailboxAuditBypassAssociation", Identity=person.alias, AuditBypassEnabled=False)
    assert answer.status_code == 200
    rows = caller.exchange("Get-MailboxAuditBypassAssociation").json()["value"]
    assert not any(row["AuditBypassEnabled"] for row in rows)
    caller.clock.ms = NOW + 30 * HOUR
    assert audited(caller, person.upn, NOW + 1000, NOW + 28 * HOUR) > 0
    assert audited(caller, person.upn, NOW - 20 * HOUR, NOW) == 0
    told = operations(caller.records("Audit.Exchange", NOW, NOW + HOUR))
    assert "Set-MailboxAuditBypassAssociation" in told


def test_a_mailbox_without_audit_is_silent_until_it_is_audited(open_service: Open) -> None:
    caller = open_service(small(unaudited=1, **quiet))
    person, other = caller.service.tenant().world.people[1:3]
    assert audited(caller, person.upn, NOW - 20 * HOUR, NOW) == 0 < audited(caller, other.upn, NOW - 20 * HOUR, NOW)
    caller.exchange("Set-Mailbox", Identity=person.upn, AuditEnabled=True)
    caller.exchange("Set-Mailbox", Identity=other.upn, AuditEnabled=False)
    boxes = {row["UserPrincipalName"]: row["AuditEnabled"] for row in caller.exchange("Get-Mailbox").json()["value"]}
    assert (boxes[person.upn], boxes[other.upn]) == (True, False)
    caller.clock.ms = NOW + 30 * HOUR
    since, until = NOW + 1000, NOW + 28 * HOUR
    assert audited(caller, other.upn, since, until) == 0 < audited(caller, person.upn, since, until)


def test_a_rule_forwards_while_it_is_there_and_on(open_service: Open) -> None:
    caller = open_service(small(**quiet))
    person = caller.service.tenant().world.people[3]
    target = "out@attacker.example"
    made = cmdlet(
        caller, 3, NOW + 1000, "New-InboxRule", f"{person.alias}\\Out", ("Name", "Out"), ("ForwardTo", target)
    )
    caller.service.tenant().world.add([made])

    def forwarded(first: int, last: int) -> int:
        asked = f"receivedDateTime ge {graph_time(first)} and receivedDateTime le {graph_time(last)}"
        path = "v1.0/admin/exchange/tracing/messageTraces"
        return len(caller.rows(path, filter=f"{asked} and recipientAddress eq '{target}'", top="5000"))

    for day, act in enumerate(("Disable-InboxRule", "Enable-InboxRule", "Remove-InboxRule", ""), 1):
        caller.clock.ms = NOW + day * DAY
        caller.graph("v1.0/organization")
        if act:
            assert caller.exchange(act, Mailbox=person.upn, Identity="Out").status_code == 200
    found = [forwarded(NOW + day * DAY + 20_000, NOW + (day + 1) * DAY - 1000) > 0 for day in range(4)]
    assert found == [True, False, True, False]


def test_a_confirmed_takeover_is_a_risk_detection(open_service: Open) -> None:
    caller = open_service()
    user = caller.rows("v1.0/users")[2]
    path = "v1.0/identityProtection/riskyUsers/confirmCompromised"
    assert caller.graph(path, "POST", {"userIds": [user["id"]]}).status_code == 204
    caller.clock.ms += 60_000
    asked = f"lastUpdatedDateTime ge {graph_time(NOW)} and userId eq '{user['id']}'"
    rows = caller.rows("v1.0/identityProtection/riskDetections", filter=asked)
    assert [(row["riskState"], row["activity"]) for row in rows] == [("confirmedCompromised", "user")]
    assert decode(orjson.dumps(rows[0])).operation

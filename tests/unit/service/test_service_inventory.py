"""What is already there: the directory and Exchange as the inventory reads them."""

from __future__ import annotations

import pytest

from streams.simulation.service import Attack

from .conftest import HOUR, NOW, Caller, Open, small


def victim_of(caller: Caller) -> str:
    """The account of the first attack, once it has been played."""
    return str(caller.service.tenant().world.told[0].accounts[0])


def test_accounts_are_paged_filtered_and_selected(shared: Caller) -> None:
    everyone = shared.rows("v1.0/users", top="4")
    assert len({row["id"] for row in everyone}) == 9
    one = everyone[3]
    by_name = shared.rows("v1.0/users", filter=f"userPrincipalName eq '{one['userPrincipalName']}'", select="id")
    assert by_name == [{"id": one["id"]}]
    assert shared.graph(f"v1.0/users/{one['userPrincipalName']}").json()["id"] == one["id"]
    missing = shared.graph("v1.0/users/nobody@nowhere.example")
    assert (missing.status_code, missing.json()["error"]["code"]) == (404, "Request_ResourceNotFound")


def test_the_tenant_its_domains_and_its_licences(shared: Caller) -> None:
    organization = shared.rows("v1.0/organization")[0]
    assert organization["id"] == shared.who.id
    assert [d["name"] for d in organization["verifiedDomains"] if d["isDefault"]] == [shared.who.domain]
    plans = {plan["servicePlanName"] for sku in shared.rows("v1.0/subscribedSkus") for plan in sku["servicePlans"]}
    assert "AAD_PREMIUM_P2" in plans


def test_applications_their_credentials_roles_and_consents(shared: Caller) -> None:
    applications = {row["displayName"]: row for row in shared.rows("v1.0/applications")}
    assert applications["Linden CRM"]["passwordCredentials"] and applications["Harbor Backup"]["keyCredentials"]
    principals = {row["displayName"]: row for row in shared.rows("v1.0/servicePrincipals")}
    assert principals["Watchpost"]["appId"] == shared.who.client_id
    assert principals["vm-reporting-01"]["servicePrincipalType"] == "ManagedIdentity"
    backup = principals["Harbor Backup"]["id"]
    roles = {row["roleValue"] for row in shared.rows(f"v1.0/servicePrincipals/{backup}/appRoleAssignments")}
    assert "full_access_as_app" in roles
    known = {row["id"] for row in principals.values()}
    grants = shared.rows("v1.0/oauth2PermissionGrants")
    assert grants and all({row["clientId"], row["resourceId"]} <= known for row in grants)


def test_administrators_and_authentication_methods(shared: Caller) -> None:
    roles = shared.rows("v1.0/directoryRoles")
    admins = {row["displayName"]: shared.rows(f"v1.0/directoryRoles/{row['id']}/members") for row in roles}
    admin = admins["Global Administrator"][0]["userPrincipalName"]
    kinds = {row["@odata.type"] for row in shared.rows(f"v1.0/users/{admin}/authentication/methods")}
    assert "#microsoft.graph.passwordAuthenticationMethod" in kinds
    details = shared.rows("v1.0/reports/authenticationMethods/userRegistrationDetails")
    assert {row["userPrincipalName"] for row in details if row["isAdmin"]} == {admin}


def test_exchange_shows_hidden_rules_when_asked_and_graph_never(shared: Caller) -> None:
    name = shared.rows("v1.0/users")[0]["userPrincipalName"]
    shown = shared.exchange("Get-InboxRule", Mailbox=name).json()["value"]
    hidden = shared.exchange("Get-InboxRule", Mailbox=name, IncludeHidden=True).json()["value"]
    graph = shared.rows(f"v1.0/users/{name}/mailFolders/inbox/messageRules")
    assert "Junk E-mail Rule" in {rule["Name"] for rule in hidden} - {rule["Name"] for rule in shown}
    assert [rule["displayName"] for rule in graph] == [rule["Name"] for rule in shown]


def test_mailboxes_show_forwarding_and_auditing(open_service: Open) -> None:
    caller = open_service(small(bypassed=2, unaudited=1))
    mailboxes = caller.exchange("Get-Mailbox", ResultSize="Unlimited").json()["value"]
    assert [box["AuditEnabled"] for box in mailboxes].count(False) == 1
    bypass = caller.exchange("Get-MailboxAuditBypassAssociation").json()["value"]
    assert sum(row["AuditBypassEnabled"] for row in bypass) == 2
    config = caller.exchange("Get-AdminAuditLogConfig").json()["value"][0]
    assert config["UnifiedAuditLogIngestionEnabled"] is True
    cut = caller.exchange("Get-Mailbox", ResultSize=2).json()
    assert len(cut["value"]) == 2 and cut["@adminapi.warnings"]


def test_permissions_name_who_may_open_a_mailbox(shared: Caller) -> None:
    rows = shared.exchange("Get-MailboxPermission", ResultSize="Unlimited").json()["value"]
    assert {row["User"] for row in rows} >= {"NT AUTHORITY\\SELF"}


def test_a_dormant_rule_is_in_the_inventory_and_in_no_record(open_service: Open) -> None:
    attack = Attack("dormant", NOW + 5 * HOUR)
    caller = open_service(small(attacks=(attack,), subscribed=("Audit.Exchange",)))
    found = [
        (row["userPrincipalName"], rule)
        for row in caller.rows("v1.0/users")
        for rule in caller.rows(f"v1.0/users/{row['userPrincipalName']}/mailFolders/inbox/messageRules")
        if rule["actions"].get("delete") and rule["actions"].get("markAsRead") and "conditions" not in rule
    ]
    assert [name for name, _ in found] == [victim_of(caller)] or not caller.service.tenant().world.told
    name, rule = found[0]
    told = caller.records("Audit.Exchange", NOW - 48 * HOUR, NOW)
    made = [{entry["Name"]: entry["Value"] for entry in record["Parameters"]} for record in told
            if record["Operation"] == "New-InboxRule" and record["UserId"].lower() == name]  # fmt: skip
    assert rule["displayName"] not in [parameters["Name"] for parameters in made]


def test_a_hidden_dormant_rule_is_seen_by_exchange_alone(open_service: Open) -> None:
    caller = open_service(small(attacks=(Attack("dormant", NOW + 5 * HOUR),), hidden_rule=True))
    caller.clock.ms += HOUR
    graph, exchange = 0, 0
    for row in caller.rows("v1.0/users"):
        name = row["userPrincipalName"]
        graph += sum(bool(rule["actions"].get("delete")) for rule in
                     caller.rows(f"v1.0/users/{name}/mailFolders/inbox/messageRules"))  # fmt: skip
        exchange += sum(rule["DeleteMessage"] for rule in
                        caller.exchange("Get-InboxRule", Mailbox=name, IncludeHidden=True).json()["value"])  # fmt: skip
    assert (graph, exchange) == (0, 1)


def test_a_rule_made_by_an_attack_appears_when_it_is_made(open_service: Open) -> None:
    caller = open_service(small(attacks=(Attack("seed", NOW + HOUR),)))
    caller.clock.ms = NOW + HOUR - 60_000
    caller.graph("v1.0/organization")
    name = victim_of(caller)
    path = f"v1.0/users/{name}/mailFolders/inbox/messageRules"
    before = {rule["displayName"] for rule in caller.rows(path)}
    caller.clock.ms = NOW + HOUR + 1000
    new = [rule for rule in caller.rows(path) if rule["displayName"] not in before]
    assert len(new) == 1
    assert new[0]["actions"] == {"delete": True, "markAsRead": True, "stopProcessingRules": True}


def test_message_trace_by_cmdlet_has_the_same_rows(shared: Caller) -> None:
    answer = shared.exchange("Get-MessageTraceV2", ResultSize=5000).json()
    rows = shared.rows("v1.0/admin/exchange/tracing/messageTraces", top="5000")
    assert {row["MessageTraceId"] for row in answer["value"]} <= {row["id"] for row in rows}
    assert answer["value"][0]["Received"].count(".") == 1 and len(answer["value"][0]["Received"]) == 27


@pytest.mark.parametrize(
    ("name", "parameters", "status"),
    [("Get-Nothing", {}, 400), ("Get-InboxRule", {"Mailbox": "nobody"}, 404), ("Set-Mailbox", {"Identity": "nobody"}, 400),
     ("Get-MessageTraceV2", {"ResultSize": 5001}, 400), ("Get-MessageTraceV2", {"StartDate": "never"}, 400)],
)  # fmt: skip
def test_cmdlet_errors_are_told_where_the_admin_api_tells_them(
    shared: Caller, name: str, parameters: dict[str, object], status: int
) -> None:
    answer = shared.exchange(name, **parameters)
    error = answer.json()["error"]
    assert (answer.status_code, error["message"]) == (status, "Invalid Operation")
    assert error["innererror"]["internalexception"]["message"] and error["details"][0]["message"].startswith("|")


def test_cmdlets_need_their_role_and_a_proper_envelope(open_service: Open, shared: Caller) -> None:
    caller = open_service(small(roles=frozenset({"ActivityFeed.Read"})))
    answer = caller.exchange("Get-Mailbox")
    assert (answer.status_code, set(answer.content)) == (403, {0})
    url = f"{shared.service.urls['exchange']}/adminapi/beta/{shared.who.id}/InvokeCommand"
    body = {"CmdletInput": {"CmdletName": "Get-Mailbox", "Parameters": None}}
    assert shared.call("exchange", "POST", url, json=body).status_code == 400
    assert shared.http.post(url, json=body).status_code == 401

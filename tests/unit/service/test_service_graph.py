"""Graph's logs: filters, pages, versions, licences, limits, revisions and delay."""

from __future__ import annotations

import httpx
import orjson
import pytest

from streams.simulation.clock import graph_time
from streams.simulation.service import Attack

from .conftest import DAY, HOUR, NOW, Caller, Open, small

SIGNINS, AUDITS = "auditLogs/signIns", "auditLogs/directoryAudits"
RISKS, TRACES = "identityProtection/riskDetections", "admin/exchange/tracing/messageTraces"
BETA_ONLY = {
    "sessionId",
    "uniqueTokenIdentifier",
    "signInEventTypes",
    "autonomousSystemNumber",
    "authenticationProtocol",
}


def between(name: str, first: int, last: int) -> str:
    return f"{name} ge {graph_time(first)} and {name} le {graph_time(last)}"


def stream(kind: str) -> str:
    return between("createdDateTime", NOW - DAY, NOW) + f" and signInEventTypes/any(t: t eq '{kind}')"


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_v1_shows_interactive_sign_ins_without_the_members_of_beta(open_service: Open) -> None:
    caller = open_service(small(attacks=(Attack("S1", NOW - 5 * HOUR, pace=0.05),)))
    asked = between("createdDateTime", NOW - 2 * DAY, NOW)
    plain = caller.rows(f"v1.0/{SIGNINS}", filter=asked)
    rich = caller.rows(f"beta/{SIGNINS}", filter=asked)
    assert plain and {row["id"] for row in plain} == {row["id"] for row in rich}
    assert all(row["isInteractive"] for row in plain)
    assert not any(BETA_ONLY & row.keys() for row in plain)
    assert any(row.keys() >= BETA_ONLY for row in rich)


def test_only_beta_knows_event_types(shared: Caller) -> None:
    refused = shared.graph(f"v1.0/{SIGNINS}", filter=stream("nonInteractiveUser"))
    assert code(refused) == (400, "BadRequest")
    assert "Could not find a property named 'signInEventTypes'" in refused.json()["error"]["message"]
    for kind in ("nonInteractiveUser", "servicePrincipal", "managedIdentity"):
        rows = shared.rows(f"beta/{SIGNINS}", filter=stream(kind))
        assert rows and {row["signInEventTypes"][0] for row in rows} == {kind}


def test_pages_repeat_the_query_and_lose_nothing(shared: Caller) -> None:
    asked = stream("nonInteractiveUser")
    whole = shared.rows(f"beta/{SIGNINS}", filter=asked, top="1000", orderby="createdDateTime")
    first = shared.graph(f"beta/{SIGNINS}", filter=asked, top="40", orderby="createdDateTime")
    link = first.json()["@odata.nextLink"]
    assert "$skiptoken=" in link and "$top=40" in link and "%20" in link and " " not in link
    assert shared.rows(f"beta/{SIGNINS}", filter=asked, top="40", orderby="createdDateTime") == whole
    assert [row["createdDateTime"] for row in whole] == sorted(row["createdDateTime"] for row in whole)
    newest = shared.rows(f"beta/{SIGNINS}", filter=asked)
    assert [row["createdDateTime"] for row in newest] == sorted((r["createdDateTime"] for r in whole), reverse=True)


def test_a_page_already_begun_is_not_moved_by_new_rows(open_service: Open) -> None:
    caller = open_service()
    asked = f"createdDateTime ge {graph_time(NOW - DAY)} and signInEventTypes/any(t: t eq 'nonInteractiveUser')"
    first = caller.graph(f"beta/{SIGNINS}", filter=asked, top="10").json()
    caller.clock.ms = NOW + 2 * HOUR
    again = caller.call("graph", "GET", first["@odata.nextLink"]).json()
    assert not {row["id"] for row in again["value"]} & {row["id"] for row in first["value"]}


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (SIGNINS, {"top": "1001"}),
        (SIGNINS, {"top": "0"}),
        (RISKS, {"top": "501"}),
        (TRACES, {"top": "5001"}),
        (SIGNINS, {"filter": "createdDateTime gt 2026-03-11T00:00:00Z"}),
        (SIGNINS, {"filter": "createdDateTime ge yesterday"}),
        (SIGNINS, {"filter": "nonsense"}),
        (SIGNINS, {"skiptoken": "made-up"}),
        (SIGNINS, {"orderby": "ipAddress"}),
        (TRACES, {"filter": between("receivedDateTime", NOW - 11 * DAY, NOW)}),
        (TRACES, {"filter": between("receivedDateTime", NOW - HOUR, NOW + HOUR)}),
        (TRACES, {"filter": between("receivedDateTime", NOW - 95 * DAY, NOW - 94 * DAY)}),
    ],
)
def test_impossible_queries_are_400(shared: Caller, path: str, query: dict[str, str]) -> None:
    assert code(shared.graph(f"v1.0/{path}", **query)) == (400, "BadRequest")


def test_letters_that_must_be_encoded_are_refused(shared: Caller) -> None:
    url = f"{shared.service.urls['graph']}/v1.0/{SIGNINS}?$filter=appId%20eq%20'x'"
    answer = shared.http.request("GET", httpx.URL(url), headers=shared.headers("graph"))
    assert answer.status_code == 400 or "'" not in str(httpx.URL(url).query)


def test_conditions_on_other_members_are_kept(shared: Caller) -> None:
    everything = shared.rows(f"beta/{SIGNINS}", filter=stream("nonInteractiveUser"))
    name = everything[0]["userPrincipalName"]
    mine = shared.rows(f"beta/{SIGNINS}", filter=stream("nonInteractiveUser") + f" and userPrincipalName eq '{name}'")
    assert mine == [row for row in everything if row["userPrincipalName"] == name]
    start = shared.rows(f"v1.0/{TRACES}", filter=f"startsWith(senderAddress,'{name[:6]}')")
    assert all(row["senderAddress"].startswith(name[:6]) for row in start)


def test_message_trace_has_a_row_for_each_recipient_newest_first(shared: Caller) -> None:
    rows = shared.rows(f"v1.0/{TRACES}", filter=between("receivedDateTime", NOW - DAY, NOW), top="500")
    keys = [(row["id"], row["recipientAddress"]) for row in rows]
    assert len(set(keys)) > 0.9 * len(keys) and len({key[0] for key in keys}) < len(set(keys))
    times = [row["receivedDateTime"] for row in rows]
    assert times == sorted(times, reverse=True)


def test_the_101st_message_trace_in_five_minutes_is_429(open_service: Open) -> None:
    caller = open_service(small(accounts=5, past_days=1))
    statuses = [caller.graph(f"v1.0/{TRACES}", top="1").status_code for _ in range(101)]
    assert statuses == [200] * 100 + [429]
    caller.clock.ms += 301_000
    assert caller.graph(f"v1.0/{TRACES}", top="1").status_code == 200


def test_the_limit_of_reports_has_no_retry_after(open_service: Open) -> None:
    caller = open_service()
    caller.service.tenant().faults.graph_limit = True
    answers = [caller.graph(f"v1.0/{SIGNINS}", top="1") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert "Retry-After" not in answers[5].headers and code(answers[5]) == (429, "TooManyRequests")
    caller.clock.ms += 10_001
    assert caller.graph(f"v1.0/{SIGNINS}", top="1").status_code == 200


def test_directory_audits_tell_the_same_act_as_the_audit_log(open_service: Open) -> None:
    caller = open_service(small(past_days=6, accounts=12, subscribed=("Audit.AzureActiveDirectory",)))
    rows = caller.rows(f"v1.0/{AUDITS}", filter=between("activityDateTime", NOW - 6 * DAY, NOW))
    told = {record["InterSystemsId"]: record for record in caller.records("Audit.AzureActiveDirectory", NOW - 6 * DAY, NOW)
            if record["RecordType"] in (8, "8")}  # fmt: skip
    shared_acts = [(row, told[row["correlationId"]]) for row in rows if row["correlationId"] in told]
    assert shared_acts
    for row, _ in shared_acts:
        assert row["id"].startswith(f"Directory_{row['correlationId']}_")
        assert not row["activityDisplayName"].endswith(".")
        for change in row["targetResources"][0]["modifiedProperties"]:
            assert change["newValue"] is None or orjson.loads(change["newValue"]) is not None


def test_risk_arrives_later_changes_the_row_and_leaves_a_detection(open_service: Open) -> None:
    caller = open_service(small(seed=8, lateness=0.05, attacks=(Attack("S14", NOW + HOUR // 12),)))
    seen: dict[str, set[str]] = {}
    for _ in range(12):
        caller.clock.ms += HOUR // 4
        for row in caller.rows(f"beta/{SIGNINS}", filter=between("createdDateTime", NOW, caller.clock.ms)):
            seen.setdefault(row["id"], set()).add(row["riskState"])
    changed = {identity for identity, states in seen.items() if states == {"none", "atRisk"}}
    assert changed
    caller.clock.ms += DAY * 2
    asked = between("lastUpdatedDateTime", NOW - DAY, caller.clock.ms)
    risks = caller.rows(f"v1.0/{RISKS}", filter=asked, top="500")
    assert changed & {row["requestId"] for row in risks}
    assert all(isinstance(orjson.loads(row["additionalInfo"]), list) for row in risks)


def test_sign_ins_may_become_visible_late(open_service: Open) -> None:
    caller = open_service(small(lateness=0.0, signin_delay_minutes=60.0))
    newest = caller.rows(f"beta/{SIGNINS}", filter=stream("nonInteractiveUser"))[0]["createdDateTime"]
    assert newest < graph_time(NOW - HOUR + 20_000)


@pytest.mark.parametrize(("path", "status"), [(SIGNINS, 403), (RISKS, 403), (AUDITS, 200)])
def test_a_tenant_without_licence_is_refused_where_the_vendor_refuses(
    open_service: Open, path: str, status: int
) -> None:
    caller = open_service(small(licences=frozenset()))
    assert caller.graph(f"v1.0/{path}").status_code == status


def test_without_p2_risk_is_hidden(open_service: Open) -> None:
    caller = open_service(small(lateness=0.05, licences=frozenset({"P1"}), attacks=(Attack("S14", NOW - 9 * HOUR),)))
    rows = caller.rows(f"v1.0/{RISKS}", filter=between("lastUpdatedDateTime", NOW - 2 * DAY, NOW))
    assert {row["riskEventType"] for row in rows} <= {"generic"}
    levels = {row["riskLevelAggregated"] for row in
              caller.rows(f"v1.0/{SIGNINS}", filter=between("createdDateTime", NOW - DAY, NOW))}  # fmt: skip
    assert levels == {"none", "hidden"}


def test_a_missing_role_is_denied(open_service: Open) -> None:
    caller = open_service(small(roles=frozenset({"User.Read.All"})))
    assert code(caller.graph(f"v1.0/{SIGNINS}")) == (403, "Authorization_RequestDenied")
    assert caller.graph("v1.0/users").status_code == 200


def test_message_trace_needs_its_service_principal(open_service: Open) -> None:
    assert open_service(small(trace_principal=False)).graph(f"v1.0/{TRACES}").status_code == 403


def test_our_own_token_comes_back_as_a_sign_in(open_service: Open) -> None:
    caller = open_service()
    caller.headers("graph")
    caller.clock.ms += 20 * 60_000
    asked = f"createdDateTime ge {graph_time(NOW)} and signInEventTypes/any(t: t eq 'servicePrincipal')"
    own = [row for row in caller.rows(f"beta/{SIGNINS}", filter=asked) if row["appId"] == caller.who.client_id]
    assert [row["resourceDisplayName"] for row in own] == ["Microsoft Graph"]


def test_without_a_token_there_is_an_error_in_graphs_shape(shared: Caller) -> None:
    answer = shared.http.get(f"{shared.service.urls['graph']}/v1.0/users")
    assert code(answer) == (401, "InvalidAuthenticationToken")
    assert {"date", "request-id", "client-request-id"} <= answer.json()["error"]["innerError"].keys()
    assert code(shared.graph("v1.0/nothing/here")) == (404, "ResourceNotFound")
    assert code(shared.graph("v2.0/users")) == (400, "BadRequest")

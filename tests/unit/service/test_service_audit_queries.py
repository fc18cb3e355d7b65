"""Graph's audit-log queries: created, waited for, read; the rows are the audit log's records."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.records.export_row import unwrap
from streams.simulation.clock import graph_time

from .conftest import DAY, HOUR, NOW, Caller, Open, small
from .told import TYPES

PATH = "beta/security/auditLog/queries"
WHOLE = {"filterStartDateTime": graph_time(NOW - 12 * HOUR), "filterEndDateTime": graph_time(NOW)}


def ask(caller: Caller, **filters: Any) -> str:
    answer = caller.graph(PATH, "POST", {"displayName": "practice", **WHOLE, **filters})
    assert answer.status_code == 201, answer.text
    assert answer.json()["status"] == "notStarted"
    return str(answer.json()["id"])


def results(caller: Caller, **filters: Any) -> list[dict[str, Any]]:
    identity = ask(caller, **filters)
    caller.clock.ms += 4 * 60_000
    assert caller.graph(f"{PATH}/{identity}").json()["status"] == "succeeded"
    return caller.rows(f"{PATH}/{identity}/records", top="500")


@pytest.fixture
def caller(open_service: Open) -> Caller:
    return open_service(small(subscribed=TYPES, lateness=0.0, odd=0.0, missing_fields=0.0))


def test_a_query_is_waited_for_and_its_rows_are_the_records_of_the_audit_log(caller: Caller) -> None:
    identity = ask(caller)
    seen = []
    for _ in range(3):
        seen.append(caller.graph(f"{PATH}/{identity}").json()["status"])
        assert seen[-1] == "succeeded" or caller.rows(f"{PATH}/{identity}/records") == []
        caller.clock.ms += 100_000
    assert seen == ["notStarted", "running", "succeeded"]
    assert [row["id"] for row in caller.rows(PATH)] == [identity]
    first = caller.graph(f"{PATH}/{identity}/records", top="7").json()
    assert len(first["value"]) == 7 and "$skiptoken=7" in first["@odata.nextLink"]
    rows = caller.rows(f"{PATH}/{identity}/records", top="300")
    assert rows[:7] == first["value"]
    told = {record["Id"]: record for name in TYPES for record in caller.records(name, NOW - DAY, NOW + HOUR)}
    begin, end = WHOLE["filterStartDateTime"], WHOLE["filterEndDateTime"]
    within = {uid for uid, record in told.items() if begin <= record["CreationTime"] + "Z" < end}
    assert {row["id"] for row in rows} == within and len(rows) == len(within) > 100
    for row in rows:
        record = told[row["id"]]
        assert row["userId"] == record["UserKey"] and row["createdDateTime"] == record["CreationTime"] + "Z"
        assert unwrap(row) == record


def test_filters_narrow_it(caller: Caller) -> None:
    rows = results(caller, recordTypeFilters=["exchangeItem"], operationFilters=["send"])
    assert rows and {(row["auditLogRecordType"], row["operation"]) for row in rows} == {("ExchangeItem", "Send")}
    name = rows[0]["userPrincipalName"]
    mine = results(caller, userPrincipalNameFilters=[name.upper()], serviceFilters=["Exchange"])
    assert mine and {(row["userPrincipalName"].lower(), row["service"]) for row in mine} == {(name.lower(), "Exchange")}
    address = next(row["auditData"]["ClientIP"] for row in mine if "ClientIP" in row["auditData"])
    there = results(caller, ipAddressFilters=[address])
    assert there and {row["auditData"]["ClientIP"] for row in there} == {address}
    subject = mine[0]["id"]
    assert [row["id"] for row in results(caller, keywordFilter=subject)] == [subject]


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"filterStartDateTime": graph_time(NOW)},
        {"filterStartDateTime": graph_time(NOW), "filterEndDateTime": graph_time(NOW - HOUR)},
        {"filterStartDateTime": "yesterday", "filterEndDateTime": graph_time(NOW)},
        WHOLE | {"operationFilters": "Send"},
    ],
)
def test_queries_that_are_none(caller: Caller, body: Any) -> None:
    assert caller.graph(PATH, "POST", body).status_code == 400


def test_only_beta_has_it_unless_told_otherwise_and_there_are_404s(caller: Caller, open_service: Open) -> None:
    answer = caller.graph(PATH.replace("beta", "v1.0"), "POST", WHOLE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "UnknownError")
    assert caller.graph(f"{PATH}/nothing").status_code == 404
    assert caller.graph(f"{PATH}/{ask(caller)}/rows").status_code == 404
    assert caller.graph(f"{PATH}/{ask(caller)}/records", top="1001").status_code == 400
    other = open_service(small(audit_query_v1=True))
    assert other.graph(PATH.replace("beta", "v1.0"), "POST", WHOLE).status_code == 201


def test_many_at_once_are_429(caller: Caller) -> None:
    statuses = [caller.graph(PATH, "POST", WHOLE).status_code for _ in range(7)]
    assert statuses == [201] * 5 + [429] * 2
    caller.clock.ms += 61_000
    assert caller.graph(PATH, "POST", WHOLE).status_code == 201


def test_a_role_shows_its_own_service_alone(open_service: Open) -> None:
    caller = open_service(small(lateness=0.0, roles=frozenset({"AuditLogsQuery-Entra.Read.All"})))
    rows = results(caller)
    assert rows and {row["service"] for row in rows} == {"AzureActiveDirectory"}
    denied = open_service(small(roles=frozenset({"AuditLog.Read.All"})))
    assert denied.graph(PATH, "POST", WHOLE).status_code == 403

"""Faults and knobs as text, and what single switches do to the answers."""

from __future__ import annotations

import re

import pytest

from streams.simulation.clock import trace_time
from streams.simulation.service import Faults, TenantOptions, fault_profile
from streams.simulation.service.item import Item
from streams.simulation.service.knobs import knob_names, with_knobs

from .conftest import DAY, HOUR, NOW, Open, moment, small

TYPES = ("Audit.Exchange",)


def test_faults_as_text() -> None:
    found = fault_profile("reset=0.02, graph_limit,skew_ms=-600000,missing_404=yes,expired,slow_seconds=2")
    wanted = Faults(reset=0.02, graph_limit=True, skew_ms=-600_000, missing_404=True, expired=0.1, slow_seconds=2.0)
    assert found == wanted
    assert fault_profile("all,af429=0,token_seconds=700").af429 == 0.0
    assert fault_profile("all,af429=0,token_seconds=700").internal == 0.01
    assert fault_profile("") == fault_profile("none") == Faults()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("floods", "unknown fault profile 'floods'; known: none, all, af429"),
        ("none=1", "unknown fault profile 'none'"),
        ("reset=2", "reset=2: a share from 0 to 1 is wanted"),
        ("reset=nan", "reset=nan: a number within reason"),
        ("skew_ms=1.5", "skew_ms=1.5: a number is wanted"),
        ("skew_ms", "skew_ms needs a value: skew_ms=0"),
        ("down=perhaps", "down=perhaps: yes or no"),
    ],
)
def test_faults_that_are_none(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        fault_profile(text)


def test_knobs_as_text() -> None:
    usual = TenantOptions(seed=3)
    found = with_knobs(usual, "late_listed=0.2,expiration_days=7,audit_on=no,next_header=NextPageUrl,hidden_rule,"
                              "licences=P1,subscribed=none,roles=-AuditLog.Read.All,blob_records=5")  # fmt: skip
    assert (found.late_listed, found.expiration_days, found.audit_on, found.next_header) == (
        0.2,
        7.0,
        False,
        "NextPageUrl",
    )
    assert found.hidden_rule and found.licences == {"P1"} and found.subscribed == () and found.blob_records == 5
    assert usual.roles - found.roles == {"AuditLog.Read.All"} and found.seed == 3
    assert with_knobs(usual, "") == usual
    assert with_knobs(usual, "licences=none").licences == frozenset()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lateness", "lateness needs a value: lateness=1.0"),
        ("seed=2", "unknown knob 'seed'; known: "),
        ("client_secret=x", "unknown knob 'client_secret'"),
        ("gaps=few", "gaps=few: a number is wanted"),
        ("licences=-P9", "-P9: only members can be taken away: P1, P2"),
    ],
)
def test_knobs_that_are_none(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        with_knobs(TenantOptions(), text)
    assert "client_secret" not in knob_names() and "shuffle" in knob_names()


def test_without_shuffling_records_stand_in_order_of_their_events(open_service: Open) -> None:
    caller = open_service(small(subscribed=TYPES, shuffle=False, blob_minutes=60))
    contents = caller.listing("Audit.Exchange", NOW - DAY, NOW)
    times = [[record["CreationTime"] for record in caller.call("management", "GET", content["contentUri"]).json()]
             for content in contents]  # fmt: skip
    assert max(map(len, times)) > 10 and all(found == sorted(found) for found in times)


def test_a_blob_is_at_most_twenty_mebibytes_and_is_served_whole(open_service: Open) -> None:
    caller = open_service(small(accounts=5, subscribed=("Audit.General",), odd=0.0, late_listed=0.0))
    tenant = caller.service.tenant()
    big = [b'{"Id":"%d","CreationTime":"2026-03-11T10:05:00","Blank":"%s"}' % (number, b"x" * (1 << 20))
           for number in range(30)]  # fmt: skip
    for line in big:
        tenant.deliver("Audit.General", Item(NOW + 5 * 60_000, NOW + 5 * 60_000, tenant.keep(line)))
    caller.clock.ms += HOUR
    contents = caller.listing("Audit.General", NOW - HOUR, NOW + HOUR)
    bodies = [caller.call("management", "GET", content["contentUri"]).content for content in contents]
    assert [20 << 20 >= len(body) > 0 for body in bodies] == [True] * len(bodies)
    assert max(map(len, bodies)) > 19 << 20
    assert all(sum(line in body for body in bodies) == 1 for line in big)


def test_each_operation_has_its_verb(open_service: Open) -> None:
    caller = open_service(small(accounts=5, subscribed=TYPES))
    assert caller.activity("subscriptions/stop", contentType="Audit.Exchange").status_code == 405
    assert caller.activity("subscriptions/list", "POST").status_code == 405
    asked = {"contentType": "Audit.Exchange", "startTime": moment(NOW - HOUR), "endTime": moment(NOW)}
    assert caller.activity("subscriptions/content", "POST", **asked).status_code == 405
    assert caller.activity("subscriptions/list").status_code == 200


def test_one_row_by_its_id(open_service: Open) -> None:
    caller = open_service()
    asked = f"createdDateTime ge {trace_time(NOW - DAY)} and signInEventTypes/any(t: t eq 'nonInteractiveUser')"
    row = caller.rows("beta/auditLogs/signIns", filter=asked)[0]
    found = caller.graph(f"beta/auditLogs/signIns/{row['id']}").json()
    assert found.pop("@odata.context").endswith("#auditLogs/signIns/$entity") and found == row
    assert caller.graph(f"v1.0/auditLogs/signIns/{row['id']}").status_code == 404  # v1.0 has interactive ones alone
    assert caller.graph("beta/auditLogs/directoryAudits/nothing").json()["error"]["code"] == "ResourceNotFound"
    assert caller.graph(f"beta/auditLogs/signIns/{row['id']}", "DELETE").status_code == 405


def test_message_trace_ignores_an_or(open_service: Open) -> None:
    caller = open_service()
    path = "v1.0/admin/exchange/tracing/messageTraces"
    rows = caller.rows(path, filter=f"receivedDateTime ge {trace_time(NOW - DAY)}", top="5000")
    first, second = sorted({row["senderAddress"] for row in rows})[:2]
    both = f"receivedDateTime ge {trace_time(NOW - DAY)} and senderAddress eq '{first}' or senderAddress eq '{second}'"
    found = caller.rows(path, filter=both, top="5000")
    assert found and {row["senderAddress"] for row in found} == {first}

"""The Management Activity API, point by point of the reference's list."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import Any

import httpx
import orjson
import pytest

from streams.simulation.service import Faults

from .conftest import DAY, HOUR, NOW, Caller, Open, moment, small

TYPES = ("Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint", "Audit.General")


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_call_without_a_token_is_401_with_an_empty_body(shared: Caller) -> None:
    answer = shared.http.get(f"{shared.feed}/subscriptions/list")
    assert (answer.status_code, answer.content) == (401, b"")


def test_start_twice_is_af20024_and_stop_ends_it(open_service: Open) -> None:
    caller = open_service()
    first = caller.activity("subscriptions/start", "POST", contentType="Audit.Exchange")
    assert first.json() == {"contentType": "Audit.Exchange", "status": "enabled", "webhook": None}
    assert code(caller.activity("subscriptions/start", "POST", contentType="audit.exchange")) == (400, "AF20024")
    assert [found["contentType"] for found in caller.activity("subscriptions/list").json()] == ["Audit.Exchange"]
    stopped = caller.activity("subscriptions/stop", "POST", contentType="Audit.Exchange")
    assert (stopped.status_code, stopped.content) == (200, b"")
    assert caller.activity("subscriptions/list").json() == []
    assert code(caller.activity("subscriptions/stop", "POST", contentType="Audit.Exchange")) == (400, "AF20022")


@pytest.mark.parametrize("body", [b"", b"{}", b'{"webhook":null}'])
def test_start_takes_any_empty_body(open_service: Open, body: bytes) -> None:
    caller = open_service()
    url = f"{caller.feed}/subscriptions/start?contentType=DLP.All"
    assert caller.call("management", "POST", url, content=body).status_code == 200


def test_content_needs_a_subscription_that_nobody_disabled(open_service: Open) -> None:
    caller = open_service()
    asked = {"contentType": "Audit.Exchange", "startTime": moment(NOW - HOUR), "endTime": moment(NOW)}
    assert code(caller.activity("subscriptions/content", **asked)) == (400, "AF20022")
    caller.activity("subscriptions/start", "POST", contentType="Audit.Exchange")
    caller.service.tenant().subscriptions.disable("Audit.Exchange")
    assert code(caller.activity("subscriptions/content", **asked)) == (400, "AF20023")
    assert caller.activity("subscriptions/list").json()[0]["status"] == "disabled"


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (moment(NOW - HOUR), "", "AF20030"),
        ("", moment(NOW), "AF20030"),
        (moment(NOW), moment(NOW - HOUR), "AF20055"),
        (moment(NOW), moment(NOW), "AF20055"),
        (moment(NOW - 25 * HOUR), moment(NOW), "AF20055"),
        (moment(NOW - 8 * DAY), moment(NOW - 8 * DAY + HOUR), "AF20030"),
        ("yesterday", moment(NOW), "AF20002"),
    ],
)
def test_time_pairs_are_judged(shared: Caller, first: str, last: str, expected: str) -> None:
    asked = {"contentType": "Audit.Exchange", "startTime": first, "endTime": last}
    answer = shared.activity("subscriptions/content", **{name: value for name, value in asked.items() if value})
    assert code(answer) == (400, expected)


@pytest.mark.parametrize("text", ["2026-03-11", "2026-03-11T09:00", "2026-03-11T09:00:00", "2026-03-11T09:00:00Z"])
def test_time_forms_and_ends_in_the_future_are_taken(shared: Caller, text: str) -> None:
    asked = {"contentType": "Audit.Exchange", "startTime": text, "endTime": moment(NOW + HOUR)}
    assert shared.activity("subscriptions/content", **asked).status_code == 200


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("subscriptions/content?contentType=Audit.Nothing", (400, "AF20020")),
        ("subscriptions/content", (400, "AF20001")),
        ("audit/not-an-id", (400, "AF20052")),
        (
            "audit/20260101000000000000000$20260101000000000000000$audit_exchange$Audit_Exchange$na1$na1",
            (400, "AF20050"),
        ),
    ],
)
def test_wrong_names_have_their_codes(shared: Caller, path: str, expected: tuple[int, str]) -> None:
    assert code(shared.call("management", "GET", f"{shared.feed}/{path}")) == expected


def test_a_foreign_tenant_and_a_domain_name_in_the_path_are_refused(shared: Caller) -> None:
    base = shared.service.urls["management"]
    for name, expected in ((str(uuid.UUID(int=9)), "AF20010"), (shared.who.domain, "AF20013")):
        answer = shared.call("management", "GET", f"{base}/api/v1.0/{name}/activity/feed/subscriptions/list")
        assert code(answer) == (400, expected)


def test_switched_off_auditing_says_the_tenant_does_not_exist(open_service: Open) -> None:
    caller = open_service(small(audit_on=False))
    answer = caller.activity("subscriptions/list")
    assert answer.status_code == 400
    assert f"Tenant {caller.who.id} does not exist" in answer.json()["error"]["message"]


def test_pages_follow_the_header_over_empty_ones_and_lose_nothing(shared: Caller) -> None:
    url: str | None = (
        f"{shared.feed}/subscriptions/content?contentType=Audit.Exchange"
        f"&startTime={moment(NOW - DAY)}&endTime={moment(NOW)}"
    )
    sizes: list[int] = []
    found: list[str] = []
    while url:
        answer = shared.call("management", "GET", url)
        sizes.append(len(answer.json()))
        found += [content["contentId"] for content in answer.json()]
        url = answer.headers.get("nextpageuri")
    assert 0 in sizes[:-1] and max(sizes) == 20 and len(set(found)) == len(found)
    blobs = shared.service.tenant().stores.blobs["Audit.Exchange"].blobs
    assert set(found) == {blob.id for blob in blobs if NOW - DAY <= blob.created < NOW}


def test_a_wrong_next_page_is_af20031(shared: Caller) -> None:
    asked = {"contentType": "Audit.Exchange", "startTime": moment(NOW - HOUR), "endTime": moment(NOW), "nextPage": "x"}
    assert code(shared.activity("subscriptions/content", **asked)) == (400, "AF20031")


def test_the_other_header_name_is_a_switch(open_service: Open) -> None:
    caller = open_service(small(subscribed=TYPES, next_header="NextPageUrl", page_blobs=5))
    asked = {"contentType": "Audit.Exchange", "startTime": moment(NOW - DAY), "endTime": moment(NOW)}
    headers = caller.activity("subscriptions/content", **asked).headers
    assert "NextPageUrl" in headers and "NextPageUri" not in headers


def test_content_ids_have_the_modern_form_and_both_spellings_of_the_dollar(shared: Caller) -> None:
    content = shared.listing("Audit.Exchange", NOW - DAY, NOW)[0]
    parts = content["contentId"].split("$")
    assert [len(parts[0]), len(parts[1]), parts[2], parts[3]] == [23, 23, "audit_exchange", "Audit_Exchange"]
    literal = shared.call("management", "GET", content["contentUri"])
    encoded = shared.call("management", "GET", content["contentUri"].replace("$", "%24"))
    assert literal.content == encoded.content and isinstance(literal.json(), list)


def test_content_expires_after_twenty_days_or_seven(open_service: Open) -> None:
    caller = open_service(small(subscribed=TYPES, expiration_days=7.0))
    blob = caller.service.tenant().stores.blobs["Audit.Exchange"].blobs[0]
    assert abs(blob.expires - blob.created - 7 * DAY) < HOUR
    url = f"{caller.feed}/audit/{blob.id}"
    assert caller.call("management", "GET", url).status_code == 200
    caller.clock.ms = blob.expires + 1
    assert code(caller.call("management", "GET", url)) == (400, "AF20051")


def test_first_data_come_two_minutes_after_the_start_and_reach_back_before_it(open_service: Open) -> None:
    caller = open_service()
    caller.activity("subscriptions/start", "POST", contentType="Audit.Exchange")
    assert caller.listing("Audit.Exchange", NOW - DAY, NOW) == []
    caller.clock.ms = NOW + 130_000
    created = [content["contentCreated"] for content in caller.listing("Audit.Exchange", NOW - DAY + HOUR, NOW)]
    assert created and min(created) >= moment(NOW - 22 * HOUR)


def test_what_comes_between_stop_and_start_is_lost(open_service: Open) -> None:
    caller = open_service(small(subscribed=TYPES))
    caller.activity("subscriptions/stop", "POST", contentType="Audit.Exchange")
    caller.clock.ms = NOW + 3 * HOUR
    caller.activity("subscriptions/start", "POST", contentType="Audit.Exchange")
    caller.clock.ms = NOW + 6 * HOUR
    created = [
        content["contentCreated"] for content in caller.listing("Audit.Exchange", NOW - 12 * HOUR, NOW + 6 * HOUR)
    ]
    assert created and min(created) >= moment(NOW + 3 * HOUR)


def test_repeats_are_byte_identical_and_in_other_blobs(open_service: Open) -> None:
    caller = open_service(small(subscribed=TYPES, duplicates=0.3))
    tenant = caller.service.tenant()
    homes: dict[bytes, set[str]] = {}
    for store in tenant.stores.blobs.values():
        for blob in store.blobs:
            for line in store.content(blob):
                homes.setdefault(line, set()).add(blob.id)
    by_id = Counter(orjson.loads(line)["Id"] for line in homes)
    assert any(len(places) > 1 for places in homes.values())
    assert set(by_id.values()) == {1}


def test_some_contents_are_listed_late_and_some_events_come_late(shared: Caller) -> None:
    blobs = [blob for store in shared.service.tenant().stores.blobs.values() for blob in store.blobs]
    assert any(blob.visible - blob.created > HOUR for blob in blobs)
    assert all(blob.created <= blob.visible <= NOW for blob in blobs)
    late = 0
    for store in shared.service.tenant().stores.blobs.values():
        for blob in store.blobs:
            for line in store.content(blob):
                late += orjson.loads(line)["CreationTime"] < moment(blob.created - 6 * HOUR)
    assert late > 0


def test_a_late_listed_content_was_not_there_before(open_service: Open) -> None:
    caller = open_service(small(subscribed=TYPES, late_listed=0.5))
    before = {content["contentId"] for content in caller.listing("Audit.Exchange", NOW - 3 * HOUR, NOW)}
    caller.clock.ms = NOW + 3 * HOUR
    after = {content["contentId"] for content in caller.listing("Audit.Exchange", NOW - 3 * HOUR, NOW)}
    assert before < after


def test_records_have_no_zone_and_some_are_of_unknown_type_or_rough(shared: Caller) -> None:
    found: list[dict[str, Any]] = []
    for name in TYPES:
        found += shared.records(name, NOW - DAY, NOW)
    assert not any(record["CreationTime"].endswith("Z") for record in found)
    assert {type(record["RecordType"]) for record in found} == {int, str}
    assert {type(record["UserType"]) for record in found} == {int, str}
    known = {1, 2, 3, 4, 6, 8, 14, 15, 18, 50}
    assert {int(record["RecordType"]) for record in found} - known
    assert any("ClientIP" not in record for record in found)


def test_records_are_shuffled_within_a_blob(shared: Caller) -> None:
    store = shared.service.tenant().stores.blobs["Audit.SharePoint"]
    times = [[orjson.loads(line)["CreationTime"] for line in store.content(blob)] for blob in store.blobs]
    assert any(found != sorted(found) for found in times if len(found) > 2)


def test_big_blobs(open_service: Open) -> None:
    caller = open_service(small(subscribed=TYPES, blob_minutes=1440, blob_records=100_000, late_listed=0.0))
    sizes = [len(caller.call("management", "GET", content["contentUri"]).content)
             for content in caller.listing("Audit.Exchange", NOW - DAY, NOW)]  # fmt: skip
    assert max(sizes) > 200_000


def test_missing_and_expired_blobs_by_fault(open_service: Open) -> None:
    caller = open_service(small(subscribed=TYPES), faults=Faults(missing=1.0))
    content = caller.listing("Audit.Exchange", NOW - HOUR * 6, NOW)[0]
    assert code(caller.call("management", "GET", content["contentUri"])) == (400, "AF20050")
    caller.service.tenant().faults.missing_404 = True
    assert code(caller.call("management", "GET", content["contentUri"])) == (404, "AF20050")
    caller = open_service(small(subscribed=TYPES), faults=Faults(expired=1.0))
    answers = [caller.call("management", "GET", content["contentUri"]) for content in
               caller.listing("Audit.Exchange", NOW - DAY, NOW - 12 * HOUR)]  # fmt: skip
    assert {code(answer) for answer in answers} == {(400, "AF20051")}


def test_sensitive_types_take_one_language(shared: Caller) -> None:
    url = f"{shared.feed}/resources/dlpSensitiveTypes"
    assert shared.call("management", "GET", url).json()[0]["name"] == "CreditCardNumber"
    several = shared.call("management", "GET", url, headers={"Accept-Language": "de-DE, en-US"})
    wrong = shared.call("management", "GET", url, headers={"Accept-Language": "??"})
    assert [code(several), code(wrong)] == [(400, "AF20053"), (400, "AF20054")]


def test_the_log_of_what_was_sent_is_what_was_sent(shared: Caller) -> None:
    got: Counter[bytes] = Counter()
    for content in shared.listing("Audit.General", NOW - DAY, NOW):
        for _ in range(2):
            body = shared.call("management", "GET", content["contentUri"]).content
        if body != b"[]":
            got.update(orjson.dumps(record) for record in orjson.loads(body))
    folder = shared.service.options.folder / "served" / shared.who.id
    logged = Counter((folder / "activity.Audit.General.jsonl").read_bytes().splitlines())
    assert got and not got - logged

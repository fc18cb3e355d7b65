"""`watchpost doctor` against a practice tenant: all well, and each thing that can be wrong."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from streams.cloud.credentials import ClientSecret, ManagedIdentity, Source
from streams.cloud.seam import Endpoints
from streams.cloud.secret import Secret
from streams.cloud.tenant_access import TenantAccess
from streams.operations.live_settings import WatchedTenant
from streams.operations.other_sources import OtherSources, TopicSource
from streams.simulation.clock import graph_time

from .conftest import Doctor

EXCHANGE = "activity/Audit.Exchange"
DAY = 86_400_000


def test_all_is_well(doctor: Doctor) -> None:
    report = doctor.run()
    assert report.status == 0
    assert {row["level"] for row in report.of("feeds")} == {"ok"}
    for check in ("credentials", "secret expiry", "permissions", "licences", "audit log", "subscriptions", "clock"):
        assert {row["level"] for row in report.of(check)} == {"ok"}, check
    assert set(report.sight().values()) == {"full"}
    assert set(report.sight()) >= {"inbox-rule", "send-surge", "impossible-session", "password-spray", "inventory"}


def test_a_missing_role_is_named_with_what_is_lost_and_how_to_get_it(doctor: Doctor) -> None:
    doctor.tenant.roles.discard("AuditLog.Read.All")
    report = doctor.run()
    missing = report.one("permissions", "graph: AuditLog.Read.All")
    assert report.status == 1 and missing["level"] == "fail"
    assert "sign-ins of people" in missing["detail"] and "directory changes" in missing["detail"]
    assert "AuditLog.Read.All of Microsoft Graph" in missing["remedy"]
    assert report.one("feeds", "graph/signIns/interactiveUser")["level"] == "warn"
    assert report.sight()["impossible-session"] == "partial"


def test_without_the_role_of_the_audit_log_its_detectors_are_blind(doctor: Doctor) -> None:
    doctor.tenant.roles.discard("ActivityFeed.Read")
    report = doctor.run()
    assert {"permissions", "feeds"} <= report.failing()
    assert report.sight()["inbox-rule"] == "blind"
    assert "ActivityFeed.Read" in report.one("feeds", EXCHANGE)["remedy"]
    assert report.of("subscriptions")[0]["level"] == "skip"


def test_a_role_that_only_the_inventory_needs_is_a_warning(doctor: Doctor) -> None:
    doctor.tenant.roles -= {"RoleManagement.Read.Directory", "Directory.Read.All"}
    report = doctor.run()
    assert report.status == 0
    assert report.one("permissions", "graph: RoleManagement.Read.Directory")["level"] == "warn"
    assert report.sight()["inventory"] == "partial" and report.sight()["inbox-rule"] == "full"


@pytest.mark.parametrize("by_graph", [True, False])
def test_without_exchange_rules_are_seen_by_graph_if_at_all(doctor: Doctor, by_graph: bool) -> None:
    doctor.tenant.roles.discard("Exchange.ManageAsApp")
    if not by_graph:
        doctor.tenant.roles -= {"MailboxSettings.Read", "MailboxSettings.ReadWrite"}
    report = doctor.run()
    (row,) = (row for row in report.document["coverage"] if row["detector"] == "inbox-rule")
    lost = {one["lost"] for one in row["missing"]}
    assert report.status == 0 and row["sight"] == "partial"
    assert any(text.startswith("hidden inbox rules") for text in lost)
    assert ("inbox rules made before monitoring began" in lost) is not by_graph
    missed = {one["what"] for one in report.of("permissions") if one["level"] == "warn"}
    assert ("graph: MailboxSettings.Read" in missed) is not by_graph


def test_with_exchange_the_inventory_needs_no_rules_of_graph(doctor: Doctor) -> None:
    doctor.tenant.roles -= {"MailboxSettings.Read", "MailboxSettings.ReadWrite", "User.Read.All"}
    report = doctor.run()
    assert {row["level"] for row in report.of("permissions")} == {"ok"}
    assert report.sight()["inventory"] == "full"


def test_a_role_of_a_feed_that_is_not_enabled_is_not_missed(doctor: Doctor) -> None:
    doctor.tenant.roles -= {"IdentityRiskEvent.Read.All", "ExchangeMessageTrace.Read.All"}
    assert doctor.run(feeds=("Audit.Exchange",)).status == 0
    assert doctor.run(feeds=("Audit.Exchange", "messageTraces")).status == 1


def test_no_premium_licence_is_lived_with_and_said(doctor: Doctor) -> None:
    doctor.tenant.licences.clear()
    report = doctor.run()
    assert report.status == 0
    assert report.one("licences", "Entra ID")["level"] == "warn"
    assert "premium license" in report.one("feeds", "graph/signIns/interactiveUser")["detail"]
    assert report.sight()["password-spray"] == "full", "the audit log has logons too"
    assert report.sight()["impossible-session"] == report.sight()["inventory"] == "partial"


@pytest.mark.parametrize(("licences", "level"), [({"P1"}, "ok"), (set(), "warn")])
def test_licences_that_may_not_be_read_are_inferred(doctor: Doctor, licences: set[str], level: str) -> None:
    doctor.tenant.roles -= {"Organization.Read.All", "Directory.Read.All"}
    doctor.tenant.licences = licences
    assert doctor.run(feeds=("signIns.interactiveUser",)).one("licences", "Entra ID")["level"] == level


def test_licences_that_nothing_tells_of_are_skipped(doctor: Doctor) -> None:
    doctor.tenant.roles -= {"Organization.Read.All", "Directory.Read.All", "AuditLog.Read.All"}
    found = doctor.run(feeds=("Audit.Exchange",)).one("licences", "Entra ID")
    assert found["level"] == "skip" and "Organization.Read.All" in found["remedy"]


@pytest.mark.parametrize("by_exchange", [True, False])
def test_audit_switched_off_is_found_by_exchange_or_by_the_activity_api(doctor: Doctor, by_exchange: bool) -> None:
    doctor.tenant.audit_on = False
    if not by_exchange:
        doctor.tenant.roles.discard("Exchange.ManageAsApp")
    report = doctor.run()
    found = report.one("audit log", "unified audit log")
    assert report.status == 1 and found["level"] == "fail"
    assert "UnifiedAuditLogIngestionEnabled $true" in found["remedy"]
    assert report.sight()["inbox-rule"] == "blind"


def test_audit_that_nobody_may_read_is_skipped_with_its_reason(doctor: Doctor) -> None:
    doctor.tenant.roles.discard("Exchange.ManageAsApp")
    found = doctor.run(feeds=("messageTraces",)).one("audit log", "unified audit log")
    assert found["level"] == "skip" and "HTTP 403" in found["detail"] and "Exchange.ManageAsApp" in found["remedy"]


def test_a_wrong_secret_is_told_once_and_feeds_are_not_blamed(doctor: Doctor) -> None:
    wrong = "not-the-right-one-either"
    access = doctor.access(credential=ClientSecret(Source("client_secret", value=Secret(wrong))))
    report = doctor.run(access=access)
    (found,) = report.of("credentials")
    assert report.status == 1 and "AADSTS7000215" in found["detail"] and "value (not its id)" in found["remedy"]
    assert {row["level"] for row in report.of("feeds")} == {"skip"}
    assert set(report.sight().values()) == {"blind"}
    assert wrong not in doctor.printed
    gets = {one["get"] for row in report.document["coverage"] for one in row["missing"]}
    assert all("answer again" in text for text in gets), "no role is missing"
    assert all("permission" not in row["remedy"] for row in report.document["checks"] if row["level"] == "skip")


def test_an_expired_secret_is_told_with_its_remedy(doctor: Doctor) -> None:
    doctor.tenant.secret_expired = True
    (found,) = doctor.run().of("credentials")
    assert "AADSTS7000222" in found["detail"] and "Make a new secret" in found["remedy"]


def test_a_secret_file_that_is_not_there_is_named(doctor: Doctor) -> None:
    missing = doctor.folder / "no-such-file"
    report = doctor.run(access=doctor.access(credential=ClientSecret(Source("client_secret_file", path=missing))))
    assert str(missing) in report.of("credentials")[0]["detail"]


@pytest.mark.parametrize(("days", "level"), [(29, "warn"), (31, "ok"), (-1, "fail")])
def test_a_secret_near_its_end_is_warned_of(doctor: Doctor, days: int, level: str) -> None:
    secret = own_secret(doctor)
    before = secret["endDateTime"]
    secret["endDateTime"] = graph_time(doctor.clock.ms + days * DAY)
    try:
        found = doctor.run(feeds=("directoryAudits",)).one("secret expiry", "client secret")
    finally:
        secret["endDateTime"] = before
    assert found["level"] == level


@pytest.mark.parametrize(("days", "level"), [((-5, 300), "ok"), ((20, 300), "warn"), ((-5, -2), "fail")])
def test_of_several_secrets_the_first_that_is_still_valid_counts(
    doctor: Doctor, days: tuple[int, int], level: str
) -> None:
    secret = own_secret(doctor)
    held = own_secrets(doctor)
    before = list(held)
    held[:] = [secret | {"endDateTime": graph_time(doctor.clock.ms + day * DAY)} for day in days]
    try:
        found = doctor.run(feeds=("directoryAudits",)).one("secret expiry", "client secret")
    finally:
        held[:] = before
    assert found["level"] == level and "a client secret of the app registration" in found["detail"]


def test_the_secret_whose_hint_fits_is_ours(doctor: Doctor) -> None:
    held = own_secrets(doctor)
    before = list(held)
    ours = {"hint": doctor.service.tenants[0].client_secret[:3], "endDateTime": graph_time(doctor.clock.ms + 300 * DAY)}
    held.append(before[0] | ours)
    held[0] = before[0] | {"endDateTime": graph_time(doctor.clock.ms + DAY)}
    try:
        found = doctor.run(feeds=("directoryAudits",)).one("secret expiry", "client secret")
    finally:
        held[:] = before
    assert found["level"] == "ok" and "the client secret" in found["detail"]


def test_the_end_of_a_secret_that_may_not_be_read_is_skipped(doctor: Doctor) -> None:
    doctor.tenant.roles -= {"Application.Read.All", "Application.ReadWrite.All", "Directory.Read.All"}
    found = doctor.run(feeds=("directoryAudits",)).one("secret expiry", "client secret")
    assert found["level"] == "skip" and "Application.Read.All" in found["remedy"]


@pytest.mark.parametrize(("minutes", "level"), [(10, "fail"), (-10, "fail"), (3, "warn"), (1, "ok")])
def test_a_clock_that_is_off(doctor: Doctor, minutes: int, level: str) -> None:
    doctor.tenant.faults.skew_ms = minutes * 60_000
    found = doctor.run(feeds=("directoryAudits",)).one("clock", "clock")
    assert found["level"] == level
    assert ("behind" if minutes > 0 else "ahead of") in found["detail"]


def test_a_missing_subscription_is_a_warning_and_is_not_started(doctor: Doctor) -> None:
    doctor.tenant.subscriptions.stop("Audit.Exchange")
    report = doctor.run()
    found = report.one("subscriptions", "Audit.Exchange")
    assert report.status == 0
    assert found["level"] == "warn" and "`watchpost run` starts it" in found["remedy"]
    assert report.one("feeds", EXCHANGE)["level"] == "skip", "told once"
    assert doctor.tenant.subscriptions.get("Audit.Exchange") is None, "doctor wrote to the tenant"


def test_a_disabled_subscription_fails_and_is_not_enabled(doctor: Doctor) -> None:
    doctor.tenant.subscriptions.disable("Audit.Exchange")
    report = doctor.run()
    assert report.status == 1
    assert report.one("subscriptions", "Audit.Exchange")["level"] == "fail"
    assert "Audit.AzureActiveDirectory" in report.one("subscriptions", "enabled")["detail"]
    assert report.sight()["inbox-rule"] == "blind"
    assert doctor.tenant.subscriptions.get("Audit.Exchange").status == "disabled", "doctor wrote to the tenant"


def test_each_feed_is_asked_once(doctor: Doctor) -> None:
    calls = doctor.service.front.calls
    before = calls.total()
    doctor.run(feeds=("Audit.Exchange", "messageTraces"))
    # licences, app registration, Exchange's setting; list and page; one row of traces
    assert calls.total() - before == 3 + 2 + 1


def test_an_inventory_that_is_not_enabled_needs_nothing_and_sees_nothing(doctor: Doctor) -> None:
    doctor.tenant.roles -= {"Exchange.ManageAsApp", "RoleManagement.Read.Directory", "Directory.Read.All"}
    report = doctor.run(feeds=("Audit.Exchange",))
    assert {row["level"] for row in report.of("permissions")} == {"ok"}
    assert report.sight()["inventory"] == "blind"


def test_throttling_is_a_warning(doctor: Doctor) -> None:
    doctor.tenant.faults.throttled = 1.0
    report = doctor.run()
    assert report.status == 0
    assert {row["level"] for row in report.of("feeds")} == {"warn"}
    assert report.one("audit log", "unified audit log")["level"] == "skip"
    assert report.one("licences", "Entra ID")["level"] == "skip"


@pytest.mark.parametrize("api", ["management", "graph", "exchange"])
def test_a_host_out_of_reach_fails_its_own_feeds_only(doctor: Doctor, api: str) -> None:
    endpoints = dataclasses.replace(doctor.access().endpoints, **{api: "https://localhost:1"})
    report = doctor.run(access=doctor.access(endpoints=endpoints))
    levels: dict[str, set[str]] = {"activity": set(), "graph": set(), "inventory": set()}
    for row in report.of("feeds"):
        levels[row["what"].partition("/")[0]].add(row["level"])
    assert levels.pop("inventory") == ({"ok"} if api == "management" else {"warn"})
    expected = {"management": ("activity", "graph"), "graph": ("graph", "activity")}
    if api in expected:
        failing, fine = expected[api]
        assert levels == {failing: {"fail"}, fine: {"ok"}} and report.status == 1
    else:
        assert levels == {"activity": {"ok"}, "graph": {"ok"}} and report.sight()["inventory"] == "partial"


def test_a_login_service_out_of_reach_is_told_once(doctor: Doctor) -> None:
    endpoints = dataclasses.replace(doctor.access().endpoints, login="https://localhost:1")
    report = doctor.run(access=doctor.access(endpoints=endpoints))
    (found,) = report.of("credentials")
    assert report.status == 1 and found["level"] == "fail" and "cannot be reached" in found["detail"]
    assert report.one("clock", "clock")["level"] == "skip"


def test_a_service_that_is_down_fails_every_feed(doctor: Doctor) -> None:
    access = doctor.access()
    doctor.tenant.faults.unavailable = 1.0
    report = doctor.run(access=access)
    assert report.status == 1
    assert {row["level"] for row in report.of("feeds") if row["what"] != "inventory"} == {"fail"}
    assert set(report.sight().values()) == {"blind"}


def test_answers_that_are_cut_are_no_traceback(doctor: Doctor) -> None:
    doctor.tenant.faults.truncated = 1.0
    report = doctor.run()
    assert report.status == 1
    assert "internal error" not in doctor.printed


def test_an_untrusted_certificate_is_named(doctor: Doctor) -> None:
    report = doctor.run(access=doctor.access(ca_bundle=None))
    assert "is not trusted" in report.of("credentials")[0]["detail"]


def test_a_bundle_that_is_none_stops_only_this_tenant(doctor: Doctor) -> None:
    report = doctor.run(access=doctor.access(ca_bundle=doctor.folder / "none.pem"))
    assert report.of("credentials")[0]["level"] == "fail" and report.of("versions")


def test_other_sources_are_looked_at_and_not_read(doctor: Doctor) -> None:
    there = doctor.folder / "records.jsonl"
    there.write_text("{}")
    properties = {"bootstrap.servers": "127.0.0.1:1", "sasl.password": "S3cretOfTheHub", "security.protocol": "none"}
    topic = TopicSource("insights", properties)
    other = OtherSources((str(there), str(doctor.folder / "later")), (topic,))
    report = doctor.run(tenants=[WatchedTenant(doctor.access(), ("Audit.Exchange",), other)])
    found = {row["what"]: row["level"] for row in report.of("other sources")}
    assert found == {str(there): "ok", str(doctor.folder / "later"): "warn", "kafka/insights": "fail"}
    assert "S3cretOfTheHub" not in doctor.printed


def test_a_tenant_that_is_read_from_files_alone_asks_no_api(doctor: Doctor) -> None:
    nowhere = Endpoints(login="", management="", graph="", exchange="")
    access = TenantAccess("local", "", ManagedIdentity(), nowhere)
    report = doctor.run(tenants=[WatchedTenant(access, (), OtherSources((str(doctor.folder),)))])
    assert report.status == 0 and report.document["coverage"] == []
    assert {row["check"] for row in report.document["checks"] if row["tenant"]} == {"other sources", "freshness"}


def own_secret(doctor: Doctor) -> dict[str, Any]:
    """The credential of our own application, as the practice directory holds it."""
    return own_secrets(doctor)[0]


def own_secrets(doctor: Doctor) -> list[dict[str, Any]]:
    """All of them: the live list."""
    applications = doctor.tenant.directory.applications.registered
    (own,) = (one for one in applications if one["appId"] == doctor.tenant.client_id)
    secrets: list[dict[str, Any]] = own["passwordCredentials"]
    return secrets

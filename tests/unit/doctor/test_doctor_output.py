"""What doctor prints, its status, and that nothing keeps it waiting or stops the other checks."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.cloud.credentials import Certificate, Source
from streams.cloud.seam import Answer, Api, Endpoints, NoToken, Refused, Unreachable
from streams.operations import doctor as command
from streams.operations.checks.check import Finding, ok
from streams.operations.checks.credentials import Credentials
from streams.operations.checks.limits import LimitedCloud, TimeLimit, limited, side_by_side
from streams.operations.checks.needed_roles import FEED_ROLES
from streams.operations.checks.probes import Probe, Probes
from streams.operations.checks.store_view import StoreView
from streams.operations.checks.tenant_context import TenantContext
from streams.operations.checks.unread import remedy_of
from streams.operations.doctor import run_doctor
from streams.operations.live_feeds import MAKERS
from streams.operations.live_settings import WatchedTenant
from streams.operations.other_sources import OtherSources
from tests.unit.cloud.certificates import write_pair

from .conftest import Doctor, LeapingClock


def test_without_a_tenant_only_the_installation_is_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = run_doctor([], LeapingClock(), tmp_path / "watchpost.db", None, [], [], True)
    said = capsys.readouterr()
    document = orjson.loads(said.out)
    assert status == 2
    assert {row["tenant"] for row in document["checks"]} == {None} and document["coverage"] == []
    assert "WATCHPOST_TENANT_ID" in said.err


def test_plain_lines_where_there_is_no_terminal(doctor: Doctor) -> None:
    watched = WatchedTenant(doctor.access(), ("Audit.Exchange",))
    status = run_doctor([watched], doctor.clock, doctor.store, None, [], [], False)
    text = doctor.capture.readouterr().out
    doctor.printed += text
    assert status == 0
    assert f"tenant {doctor.tenant.id}" in text and f"coverage of {doctor.tenant.id}" in text
    assert "  ok    audit log: unified audit log: is switched on" in text.splitlines()
    assert "  send-surge: partial" in text.splitlines()
    assert not any(mark in text for mark in "│┃\x1b")


def test_a_table_on_a_terminal(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    watched = WatchedTenant(doctor.access(), ("Audit.Exchange",))
    run_doctor([watched], doctor.clock, doctor.store, None, [], [], False)
    text = doctor.capture.readouterr().out
    doctor.printed += text
    assert "┃" in text and "Does not see" in text


def test_the_document_has_a_row_for_each_check(doctor: Doctor) -> None:
    other = OtherSources((str(doctor.folder),))
    document = doctor.run(tenants=[WatchedTenant(doctor.access(), ("Audit.Exchange",), other)]).document
    checks = {row["check"] for row in document["checks"]}
    assert document["version"]
    assert checks == {check.name for check in command.INSTALLATION} | {check.name for check in command.TENANT}
    assert {key for row in document["checks"] for key in row} == {
        *("tenant", "check", "level", "what", "detail", "remedy")
    }


def test_two_tenants_do_not_share_what_fails(doctor: Doctor) -> None:
    good, wrong = doctor.access(), doctor.access(tenant="00000000-0000-0000-0000-00000000beef")
    tenants = [WatchedTenant(access, ("Audit.Exchange",)) for access in (wrong, good)]
    report = doctor.run(tenants=tenants)
    by_tenant = {
        access.tenant: {row["level"] for row in report.of("credentials") if row["tenant"] == access.tenant}
        for access in (good, wrong)
    }
    assert by_tenant == {good.tenant: {"ok"}, wrong.tenant: {"fail"}} and report.status == 1


def test_a_check_that_breaks_does_not_hide_the_others(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        name = "broken"

        def run(self, context: TenantContext) -> list[Finding]:
            raise RuntimeError(doctor.service.tenants[0].client_secret)

    class Sound:
        name = "sound"

        def run(self, context: TenantContext) -> list[Finding]:
            return [ok("all", f"the secret is {doctor.service.tenants[0].client_secret}")]

    monkeypatch.setattr(command, "TENANT", (Broken(), Sound()))
    report = doctor.run(feeds=("Audit.Exchange",))
    assert report.of("broken")[0]["detail"] == "internal error: RuntimeError"
    assert report.of("sound")[0]["detail"] == "the secret is [hidden]"


@pytest.mark.parametrize(("day", "level"), [("2119-11-20", "warn"), ("2119-10-01", "ok"), ("2130-01-01", "fail")])
def test_a_certificate_near_its_end(doctor: Doctor, tmp_path: Path, day: str, level: str) -> None:
    pair = tmp_path / "pair.pem"
    _, certificate = write_pair(pair)
    at_ms = int(time.mktime(time.strptime(day, "%Y-%m-%d")) * 1000)
    ends_ms = int(certificate.not_valid_after_utc.timestamp() * 1000)
    context = TenantContext(
        replace(doctor.access(), credential=Certificate(Source("client_certificate_file", path=pair))),
        (),
        LimitedCloud(Silent(Endpoints("", "", "", ""))),
        LeapingClock(at_ms),
        StoreView(),
    )
    (found,) = (one for one in Credentials().run(context) if one.what == "certificate")
    assert found.level == level, f"it ends {ends_ms}"
    assert "PRIVATE" not in found.detail


class Silent:
    """A service that takes its time, or refuses."""

    tenant = "t"

    def __init__(self, endpoints: Endpoints, seconds: float = 0.0, refuses: str = "") -> None:
        self.endpoints, self.seconds, self.refuses = endpoints, seconds, refuses
        self.calls = 0

    def call(
        self,
        api: Api,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        cost: str = "",
    ) -> Answer:
        self.calls += 1
        if self.refuses:
            raise Refused(403, self.refuses, "no")
        threading.Event().wait(self.seconds)
        return Answer(200, {}, b"{}")

    def now_ms(self) -> int:
        return 0

    def roles(self, api: Api) -> frozenset[str]:
        self.calls += 1
        threading.Event().wait(self.seconds)
        raise NoToken("login-unreachable", "The login service cannot be reached.", "Look.", fatal=False)


def test_a_call_that_takes_too_long_is_given_up_and_its_api_not_asked_forever() -> None:
    slow = Silent(Endpoints("", "", "", ""), seconds=5.0)
    cloud = LimitedCloud(slow, seconds=0.05)
    for _ in range(5):
        with pytest.raises(Unreachable, match=r"no answer within 0\.05 s"):
            cloud.call(Api.GRAPH, "GET", "https://graph.example/x")
    assert slow.calls == 2 and not cloud.heard


@pytest.mark.parametrize("seconds", [0.0, 5.0])
def test_a_login_service_that_is_silent_is_asked_once(seconds: float) -> None:
    silent = Silent(Endpoints("", "", "", ""), seconds=seconds)
    cloud = LimitedCloud(silent, seconds=0.05)
    for api in Api:
        with pytest.raises(NoToken, match="The login service"):
            cloud.roles(api)
        with pytest.raises(NoToken, match="The login service"):
            cloud.call(api, "GET", "https://graph.example/x")
    assert silent.calls == 1


def test_a_refusal_is_an_answer() -> None:
    refusing = Silent(Endpoints("", "", "", ""), refuses="No")
    cloud = LimitedCloud(refusing)
    for _ in range(4):
        with pytest.raises(Refused):
            cloud.call(Api.GRAPH, "GET", "https://graph.example/x")
    assert refusing.calls == 4 and cloud.heard


def test_a_time_limit_hands_through_what_the_work_gives_or_raises() -> None:
    assert limited(5.0, lambda: 7) == 7
    assert limited(5.0, lambda: None) is None
    with pytest.raises(ZeroDivisionError):
        limited(5.0, lambda: 1 // 0)
    with pytest.raises(TimeLimit):
        limited(0.05, lambda: threading.Event().wait(3.0))


def test_items_side_by_side_keep_their_order_and_their_number() -> None:
    working: list[int] = []
    most: list[int] = []

    def work(item: int) -> int:
        working.append(item)
        most.append(len(working))
        threading.Event().wait(0.01 * (4 - item % 4))
        working.remove(item)
        return item * item

    assert list(side_by_side(work, range(12), 3)) == [item * item for item in range(12)]
    assert 1 < max(most) <= 3


def test_every_feed_has_its_roles() -> None:
    assert set(FEED_ROLES) == set(MAKERS)


def test_a_tenant_that_the_activity_api_does_not_know_counts_as_not_audited() -> None:
    refusing = Silent(Endpoints("", "", "", ""), refuses="AF20011")
    probe = Probes(refusing).probe("Audit.Exchange")
    assert probe.audit_off and probe.level == "fail" and "unified audit logging" in probe.remedy


def test_a_defect_in_a_probe_is_told_and_costs_only_what_needs_it(
    doctor: Doctor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Probes, name: str) -> Probe:
        raise KeyError(name)

    monkeypatch.setattr(Probes, "probe", broken)
    report = doctor.run(feeds=("Audit.Exchange",))
    assert report.one("feeds", "feeds")["detail"] == "internal error: KeyError"
    assert report.of("permissions")[0]["level"] == "ok" and report.document["coverage"] == []


@pytest.mark.parametrize(("status", "remedy"), [(401, "grant"), (403, "grant"), (404, ""), (400, "")])
def test_a_role_is_the_remedy_only_where_access_is_denied(status: int, remedy: str) -> None:
    assert remedy_of(Refused(status, "No", "no"), "grant") == remedy

"""A practice tenant over real HTTPS for all of doctor's tests, put back as it was after each."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.cloud.credentials import ClientSecret, Source
from streams.cloud.seam import Endpoints
from streams.cloud.secret import Secret
from streams.cloud.tenant_access import TenantAccess
from streams.operations.doctor import run_doctor
from streams.operations.live_feeds import DEFAULT
from streams.operations.live_settings import WatchedTenant
from streams.simulation.service import PracticeService, ServiceOptions, TenantOptions
from streams.simulation.service.faults import Faults

NOW = 1_773_223_200_000  # Wednesday 2026-03-11, 10:00 UTC
SUBSCRIBED = ("Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint")


@dataclass
class LeapingClock:
    """Every wait is over at once and has taken its time."""

    ms: int = NOW

    def now_ms(self) -> int:
        return self.ms

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        self.ms += int(seconds * 1000) + 1
        return stop.is_set()


@dataclass
class Doctor:
    """Runs the command against the practice tenant."""

    service: PracticeService
    clock: LeapingClock
    folder: Path
    capture: pytest.CaptureFixture[str]
    printed: str = ""

    @property
    def tenant(self) -> Any:
        return self.service.tenant()

    @property
    def store(self) -> Path:
        return self.folder / "watchpost.db"

    def access(self, **changes: Any) -> TenantAccess:
        who, urls = self.service.tenants[0], self.service.urls
        access = TenantAccess(
            who.id,
            who.client_id,
            ClientSecret(Source("client_secret", value=Secret(who.client_secret))),
            Endpoints(urls["login"], urls["management"], urls["graph"], urls["exchange"]),
            ca_bundle=self.service.ca_bundle,
        )
        return replace(access, **changes)

    def run(self, *, feeds: tuple[str, ...] = DEFAULT, access: TenantAccess | None = None, **settings: Any) -> Report:
        watched = [WatchedTenant(access or self.access(), feeds)]
        given: dict[str, Any] = {"tenants": watched, "kafka": None, "sinks": [], "geo": [], **settings}
        status = run_doctor(clock=self.clock, store_path=self.store, as_json=True, **given)
        taken = self.capture.readouterr()
        self.printed += taken.out + taken.err
        return Report(status, orjson.loads(taken.out))


@dataclass(frozen=True)
class Report:
    """What a run said."""

    status: int
    document: dict[str, Any]

    def of(self, check: str) -> list[dict[str, str]]:
        return [row for row in self.document["checks"] if row["check"] == check]

    def one(self, check: str, what: str) -> dict[str, str]:
        (row,) = (row for row in self.of(check) if row["what"] == what)
        return row

    def failing(self) -> set[str]:
        return {row["check"] for row in self.document["checks"] if row["level"] == "fail"}

    def sight(self) -> dict[str, str]:
        return {row["detector"]: row["sight"] for row in self.document["coverage"]}


@pytest.fixture(scope="session")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PracticeService, LeapingClock]]:
    clock = LeapingClock()
    options = TenantOptions(seed=11, accounts=6, past_days=1, ahead_days=2, subscribed=SUBSCRIBED, gaps=0)
    service = PracticeService(ServiceOptions(folder=tmp_path_factory.mktemp("practice"), tenants=(options,)), clock)
    service.start()
    yield service, clock
    service.stop()


@pytest.fixture
def doctor(
    practice: tuple[PracticeService, LeapingClock], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Iterator[Doctor]:
    service, clock = practice
    tenant = service.tenant()
    roles, licences = set(tenant.roles), set(tenant.licences)
    made = Doctor(service, clock, tmp_path, capsys)
    yield made
    tenant.roles, tenant.licences, tenant.audit_on, tenant.secret_expired = roles, licences, True, False
    for name, value in vars_of(Faults()).items():
        setattr(tenant.faults, name, value)
    for name in SUBSCRIBED:
        tenant.subscriptions.start(name, None, clock.now_ms())
    assert service.tenants[0].client_secret not in made.printed
    assert "eyJ" not in made.printed, "a token was printed"


def vars_of(faults: Faults) -> dict[str, Any]:
    return {name: getattr(faults, name) for name in Faults.__dataclass_fields__}

"""Fixtures: a local service over HTTPS, a clock that jumps instead of waiting, and a tenant's access to the service."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from streams.cloud.credentials import ClientSecret, Credential, Source
from streams.cloud.http import CloudHttp
from streams.cloud.seam import Endpoints
from streams.cloud.secret import Secret
from streams.cloud.tenant_access import TenantAccess
from tests.unit.cloud.local_service import CLIENT, SECRET, TENANT, LocalService


@dataclass
class JumpingClock:
    """The machine's clock, ahead by everything that was waited: nobody really waits."""

    ahead: float = 0.0
    waits: list[float] = field(default_factory=list)

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000 + int(self.ahead * 1000)

    def wait(self, seconds: float, stop: threading.Event) -> bool:
        self.waits.append(seconds)
        self.ahead += max(0.0, seconds)
        return stop.is_set()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[LocalService]:
    found = LocalService(tmp_path)
    yield found
    found.close()


@pytest.fixture
def clock() -> JumpingClock:
    return JumpingClock()


@pytest.fixture
def access(service: LocalService) -> Callable[..., TenantAccess]:
    def make(credential: Credential | None = None, **changes: Any) -> TenantAccess:
        url = service.url
        held = {
            "tenant": TENANT,
            "client_id": CLIENT,
            "credential": credential or ClientSecret(Source("WATCHPOST_CLIENT_SECRET", value=Secret(SECRET))),
            "endpoints": Endpoints(login=url, management=url, graph=url, exchange=url),
            "ca_bundle": service.ca_bundle,
        }
        return TenantAccess(**(held | changes))

    return make


@pytest.fixture
def cloud(access: Callable[..., TenantAccess], clock: JumpingClock) -> Iterator[CloudHttp]:
    found = CloudHttp(access(), clock, chance=random.Random(7))
    yield found
    found.close()

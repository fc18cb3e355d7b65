"""`watchpost doctor`: what works, what does not, what cannot be seen, and what to do about it. Layer: streams."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from schemas.text import printable
from streams.clock import Clock
from streams.cloud.credentials import AccessError
from streams.cloud.http import CloudHttp
from streams.cloud.seam import CloudError, NoToken
from streams.drivers.kafka.settings import CLIENT_LOG, KafkaSettings
from streams.operations.checks.audit_log import AuditLog
from streams.operations.checks.canary import Canary
from streams.operations.checks.check import Check, Finding, Level, fail
from streams.operations.checks.clock_skew import ClockSkew
from streams.operations.checks.credentials import Credentials
from streams.operations.checks.feeds import Feeds
from streams.operations.checks.freshness import Freshness
from streams.operations.checks.geo import Geo
from streams.operations.checks.installation import Installation
from streams.operations.checks.kafka import Kafka
from streams.operations.checks.licences import Licences
from streams.operations.checks.limits import LimitedCloud, side_by_side
from streams.operations.checks.other_feeds import OtherFeeds
from streams.operations.checks.permissions import Permissions
from streams.operations.checks.secret_expiry import SecretExpiry
from streams.operations.checks.sinks import Sinks
from streams.operations.checks.store import Store
from streams.operations.checks.store_view import StoreView, view_of
from streams.operations.checks.subscriptions import Subscriptions
from streams.operations.checks.tenant_context import TenantContext
from streams.operations.checks.versions import Versions
from streams.operations.coverage import Coverage
from streams.operations.doctor_coverage import tenant_coverage
from streams.operations.doctor_output import Diagnosis, Line, show
from streams.operations.live_settings import HOW_TO_NAME_A_TENANT, WatchedTenant
from streams.operations.one_line_group import STATUS_INCOMPLETE, STATUS_OK, STATUS_REFUSED
from streams.operations.standard_error import StandardError, tell

INSTALLATION: Sequence[Check[Installation]] = (Versions(), Store(), Sinks(), Kafka(), Geo())
# The clock comes after those whose answers it compares with.
TENANT: Sequence[Check[TenantContext]] = (
    Credentials(),
    SecretExpiry(),
    Permissions(),
    Licences(),
    AuditLog(),
    Subscriptions(),
    Feeds(),
    ClockSkew(),
    OtherFeeds(),
    Freshness(),
    Canary(),
)
WITHOUT_CLOUD: Sequence[Check[TenantContext]] = (OtherFeeds(), Freshness())  # a tenant that is read from files alone
AT_ONCE = 8  # tenants
TEXT_MAX = 600  # characters of one detail
_LOGGING_OFF = 60

C = TypeVar("C")


def run_doctor(
    tenants: Sequence[WatchedTenant],
    clock: Clock,
    store_path: Path,
    kafka: KafkaSettings | None,
    sinks: Sequence[Mapping[str, object]],
    geo: Sequence[Path],
    as_json: bool,
) -> int:
    """Look at everything and print it; 0 all is well or warned of, 1 something fails, 2 no tenant is configured."""
    CLIENT_LOG.setLevel(_LOGGING_OFF)  # what matters of librdkafka's lines comes as an error of ours
    installation = Installation(clock, store_path, kafka, sinks, geo, os.environ)
    with StandardError() as said:
        lines = _checked(INSTALLATION, installation, "", partial(printable, limit=TEXT_MAX))
        view = view_of(store_path, kafka, [watched.id for watched in tenants], clock.now_ms())
        looked = side_by_side(lambda watched: look_at(watched, clock, view), tenants, AT_ONCE)
        diagnoses = [Diagnosis(lines), *said.counted(looked, "tenants", len(tenants))]
    diagnosis = Diagnosis(
        [line for one in diagnoses for line in one.lines], [row for one in diagnoses for row in one.coverage]
    )
    show(diagnosis, as_json)
    if not tenants:
        tell(HOW_TO_NAME_A_TENANT)
        return STATUS_REFUSED
    failed = any(line.finding.level is Level.FAIL for line in diagnosis.lines)
    return STATUS_INCOMPLETE if failed else STATUS_OK


def look_at(watched: WatchedTenant, clock: Clock, store: StoreView) -> Diagnosis:
    """All checks of one tenant, and its coverage. Nothing is written to the tenant."""
    clean = partial(watched.access.redactor.clean, limit=TEXT_MAX)
    stop = threading.Event()
    try:
        cloud = CloudHttp(watched.access, clock, stop)
    except AccessError as error:
        return Diagnosis([Line(watched.id, "credentials", _cleaned(fail("access", str(error)), clean))])
    try:
        context = TenantContext(watched.access, watched.feeds, LimitedCloud(cloud), clock, store, watched.other)
        if not watched.feeds:
            return Diagnosis(_checked(WITHOUT_CLOUD, context, watched.id, clean))
        lines = _checked(TENANT, context, watched.id, clean)
        return Diagnosis(lines, [(watched.id, row) for row in _coverage(context)])
    finally:
        stop.set()
        cloud.close()


def _coverage(context: TenantContext) -> list[Coverage]:
    """The matrix; none when a defect of ours, which the check of the feeds has told, keeps it from being made."""
    try:
        return tenant_coverage(context)
    except Exception:
        return []


def _checked(checks: Sequence[Check[C]], context: C, tenant: str, clean: Callable[[str], str]) -> list[Line]:
    return [Line(tenant, check.name, _cleaned(finding, clean)) for check in checks for finding in _run(check, context)]


def _run(check: Check[C], context: C) -> list[Finding]:
    """What a check finds; what it raises is its own failure and stops no other."""
    try:
        return check.run(context)
    except NoToken as error:
        return [fail(check.name, error.message, error.remedy)]
    except CloudError as error:
        return [fail(check.name, str(error))]
    except Exception as error:  # a defect of ours in one check must not hide the others
        return [fail(check.name, f"internal error: {type(error).__name__}", "Please report it.")]


def _cleaned(finding: Finding, clean: Callable[[str], str]) -> Finding:
    return Finding(finding.level, clean(finding.what), clean(finding.detail), clean(finding.remedy))

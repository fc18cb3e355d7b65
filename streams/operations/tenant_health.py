"""Whether a tenant is being collected, in one line for `/ready`. Layer: streams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from streams.collectors.live.feed_status import FeedState, FeedStatus
from streams.collectors.live.lane import FAILING_TOLD_MS, REFUSED_TOLD_MS

_DOCTOR: Final = "run `watchpost doctor`: it says what is wrong"


def tenant_reason(tenant: str, statuses: Sequence[FeedStatus] | None, now_ms: int) -> str:
    """Why a tenant is not collected; empty while at least one feed works, or none has been asked yet.

    `statuses` is None while the collector does not run. `now_ms` is the collector's clock, UTC milliseconds.
    """
    if statuses is None:
        return f"tenant {tenant}: its collector is not running"
    asked = [status for status in statuses if status.polls]
    if not asked or any(_works(status, now_ms) for status in asked):
        return ""
    lost = [status for status in asked if status.last_error]
    if not lost:
        return f"tenant {tenant}: no feed has answered yet"
    worst = next((status for status in lost if status.state is FeedState.FAILING), lost[0])
    return f"tenant {tenant}: no feed works; {worst.name}: {_said(worst)}"


def _said(status: FeedStatus) -> str:
    """What went wrong, and what to do about it, which an error may say already."""
    remedy = status.remedy or _DOCTOR
    return status.last_error if remedy in status.last_error else f"{status.last_error.rstrip('.')}. {remedy}"


def _works(status: FeedStatus, now_ms: int) -> bool:
    """It has brought something, or answered that there is nothing, and has not failed for long since."""
    if status.state is FeedState.UNAVAILABLE or not (status.last_success_ms or status.read or status.fetched):
        return False
    patience_ms = FAILING_TOLD_MS if status.state is FeedState.THROTTLED else REFUSED_TOLD_MS
    return not status.failing_since_ms or now_ms - status.failing_since_ms < patience_ms

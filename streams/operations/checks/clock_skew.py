"""Whether this machine's clock agrees with the service's. Layer: streams."""

from __future__ import annotations

from streams.operations.checks.check import Finding, fail, ok, skip, warn
from streams.operations.checks.tenant_context import TenantContext
from streams.operations.checks.wording import span

WARN_MS = 2 * 60_000
FAIL_MS = 5 * 60_000
_REMEDY = "Let the machine keep time (NTP): tokens and the tenant's clock depend on it."


class ClockSkew:
    """From the `Date` headers of the answers that came so far."""

    name = "clock"

    def run(self, context: TenantContext) -> list[Finding]:
        """Compare."""
        if not context.cloud.heard:
            return [skip("clock", "no API has answered, so there is nothing to compare with")]
        skew_ms = context.cloud.now_ms() - context.clock.now_ms()
        if abs(skew_ms) <= 2_000:
            return [ok("clock", "agrees with the service's")]
        text = f"{span(skew_ms)} {'behind' if skew_ms > 0 else 'ahead of'} the service's"
        if abs(skew_ms) > FAIL_MS:
            return [fail("clock", text, _REMEDY)]
        return [warn("clock", text, _REMEDY)] if abs(skew_ms) > WARN_MS else [ok("clock", text)]

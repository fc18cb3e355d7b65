"""Whether the tenant's unified audit log is switched on. Layer: streams."""

from __future__ import annotations

from streams.cloud.seam import CloudError
from streams.collectors.inventory.mailboxes import Mailboxes
from streams.collectors.live.activity import CONTENT_TYPES
from streams.collectors.live.activity_errors import AUDIT_OFF
from streams.operations.checks.check import Finding, fail, ok, skip
from streams.operations.checks.tenant_context import TenantContext
from streams.operations.checks.unread import remedy_of, why

_WHAT = "unified audit log"


class AuditLog:
    """By Exchange's own setting; where that may not be read, by what the Management Activity API answers."""

    name = "audit log"

    def run(self, context: TenantContext) -> list[Finding]:
        """Look at the setting."""
        setting = context.exchange_audit
        if not isinstance(setting, CloudError):
            return [ok(_WHAT, "is switched on") if setting else fail(_WHAT, AUDIT_OFF.meaning, AUDIT_OFF.remedy)]
        probes = [context.probes.probe(name) for name in context.feeds if name in CONTENT_TYPES]
        if any(probe.audit_off for probe in probes):
            return [fail(_WHAT, AUDIT_OFF.meaning, AUDIT_OFF.remedy)]
        if any(probe.subscription is not None for probe in probes):
            return [ok(_WHAT, "the Management Activity API takes our calls, which it does not when it is switched off")]
        return [
            skip(
                _WHAT,
                f"neither Exchange ({why(setting)}) nor the Management Activity API tells",
                remedy_of(setting, Mailboxes.remedy),
            )
        ]

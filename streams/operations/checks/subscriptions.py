"""The subscriptions to content types of the Management Activity API: listed, never started. Layer: streams."""

from __future__ import annotations

from streams.collectors.live.activity import CONTENT_TYPES
from streams.operations.checks.check import Finding, Level, ok, skip
from streams.operations.checks.tenant_context import TenantContext


class Subscriptions:
    """One finding for those that are enabled, one for each that is not."""

    name = "subscriptions"

    def run(self, context: TenantContext) -> list[Finding]:
        """Look at the list."""
        wanted = [name for name in context.feeds if name in CONTENT_TYPES]
        if not wanted:
            return [skip("subscriptions", "no content type of the Management Activity API is among the feeds")]
        probes = {name: context.probes.probe(name) for name in wanted}
        known = {name: probe for name, probe in probes.items() if probe.subscription is not None}
        enabled = [name for name, probe in known.items() if probe.subscription == "enabled"]
        findings = [ok("enabled", ", ".join(enabled))] if enabled else []
        for name, probe in known.items():
            if probe.subscription != "enabled":
                findings.append(Finding(probe.level, name, probe.text, probe.remedy))
        if len(known) < len(wanted):
            unknown = [name for name in wanted if name not in known]
            worst = next(probes[name] for name in unknown)
            findings.append(Finding(Level.SKIP, ", ".join(unknown), f"could not be listed: {worst.text}"))
        return findings

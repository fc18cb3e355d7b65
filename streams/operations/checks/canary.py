"""When our own sign-in last came back through the feed of applications' sign-ins. Layer: streams."""

from __future__ import annotations

from streams.collectors.live.watch import CANARY_FEED, CANARY_MS
from streams.operations.checks.check import Finding, fail, ok, skip
from streams.operations.checks.tenant_context import TenantContext
from streams.operations.checks.wording import moment, span

_WHAT = "own sign-ins"
_SETTING = "signIns.servicePrincipal"
_LISTENING_MS = 15 * 60_000


class Canary:
    """Proves the way from a sign-in to the store."""

    name = "canary"

    def run(self, context: TenantContext) -> list[Finding]:
        """Read the collector's checkpoint."""
        if not context.access.client_id:
            return [
                skip(_WHAT, "the application's id is not known: a system-assigned identity has none in the settings")
            ]
        if _SETTING not in context.feeds:
            return [skip(_WHAT, f"the feed {_SETTING} is not enabled")]
        view = context.view
        heard_ms = int(view.state.watch.get("canary") or 0) if view is not None else 0
        if view is None or not heard_ms:
            return [skip(_WHAT, "nobody has listened yet: `watchpost run` does")]
        now_ms = context.clock.now_ms()
        if view.complete.get(CANARY_FEED, 0) < now_ms - _LISTENING_MS:
            return [skip(_WHAT, f"nobody listens now; last heard {moment(heard_ms)}")]
        ago = now_ms - heard_ms
        if ago > CANARY_MS:
            remedy = "Compare with the sign-in log of the Entra portal; check the feed and its licence."
            return [fail(_WHAT, f"none has come back for {span(ago)}: records are lost on the way", remedy)]
        return [ok(_WHAT, f"the last one came back {span(ago)} ago")]

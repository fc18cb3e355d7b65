"""How far each feed has come, against its own normal, as the store says. Layer: streams."""

from __future__ import annotations

from streams.collectors.live.expected_silence import ArrivalModel
from streams.collectors.live.watch import SILENCE_NATS
from streams.operations.checks.check import Finding, fail, ok, skip, warn
from streams.operations.checks.store_view import TenantView
from streams.operations.checks.tenant_context import TenantContext
from streams.operations.checks.wording import moment, span

LATE_MS = 3_600_000
_START = "Start `watchpost run`, or `watchpost collect` where Kafka is used."
VERY_LATE_MS = 6 * LATE_MS  # the tenant's clock no longer waits for the feed


class Freshness:
    """For each enabled feed: complete up to when, and whether its silence is what it always was."""

    name = "freshness"

    def run(self, context: TenantContext) -> list[Finding]:
        """Read the store."""
        if context.store.problem:
            return [skip("feeds", f"nothing to compare with: {context.store.problem}")]
        view = context.view
        if view is None:
            return [skip("feeds", "no collector has written anything of this tenant yet")]
        names = [context.probes.feed_name(name) for name in context.probed]
        names += ["files/followed"] if context.other.follow else []
        names += [f"kafka/{source.topic}" for source in context.other.topics]
        now_ms = context.clock.now_ms()
        findings = [_feed(name, view, now_ms, context.collecting) for name in names]
        if not context.collecting:
            findings.insert(0, warn("collector", "no process collects now, so every feed falls behind", _START))
        return findings + _gaps(view)


def _feed(feed: str, view: TenantView, now_ms: int, collecting: bool) -> Finding:
    complete_ms = view.complete.get(feed, 0)
    if not complete_ms:
        return skip(feed, "was never complete")
    late_ms = now_ms - complete_ms
    text = f"complete up to {moment(complete_ms)}, {span(late_ms)} ago"
    held = view.state.watch.get("arrivals", {}).get(feed)
    if held is not None:
        model = ArrivalModel.load(held)
        silence_ms = complete_ms - model.last_ms
        if model.improbability(complete_ms) >= SILENCE_NATS:
            text = f"has said nothing for {span(silence_ms)}, far longer than it ever does at this time of the week"
            return fail(
                feed, text, "Check in Purview whether records still appear; auditing may have been switched off."
            )
        text += f"; last records {moment(model.last_ms)}, a usual silence"
    if late_ms > VERY_LATE_MS and collecting:
        return fail(feed, text, "See what `watchpost run` says about this feed.")
    return warn(feed, text, "See what `watchpost run` says about it.") if late_ms > LATE_MS else ok(feed, text)


def _gaps(view: TenantView) -> list[Finding]:
    """What the collector says cannot be seen now."""
    open_gaps = [(gap.feed, gap.kind.value, gap.from_ms, gap.text, gap.remedy) for gap in view.state.gaps]
    for feed, kind, from_ms, _, text, remedy, _ in view.state.watch.get("open", []):
        open_gaps.append((feed, kind, from_ms, text, remedy))
    told = {(feed, kind): (from_ms, text, remedy) for feed, kind, from_ms, text, remedy in open_gaps}
    return [
        warn(feed or "tenant", f"{text} (since {moment(from_ms)})", remedy)
        for (feed, _), (from_ms, text, remedy) in sorted(told.items())
    ]

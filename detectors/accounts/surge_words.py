"""The evidence of `send-surge` in words. Layer: detectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from detectors import techniques
from detectors.accounts.address_words import come_from
from detectors.engine.detector import Context, Control, Evidence
from detectors.engine.network_words import about, at_least
from schemas.contracts.incident import Reason, Stage
from schemas.records.event import AuditEvent

DETECTOR = "send-surge"
WORDS = {
    "messages": "Sent {} messages",
    "external": "Sent to {} external recipients",
    "new_external": "Sent to {} external recipients it never mailed before",
}
FEATURE = {"messages": "messages", "external": "external_recipients", "new_external": "new_recipients"}
SPAN = {1 / 12: "5 minutes", 1.0: "one hour", 24.0: "24 hours"}


class Best(NamedTuple):
    """The most surprising of the windows that a record touched: `level` is a bound below its count, `end` its last bucket."""

    nats: float
    hours: float
    level: int
    cell: int
    feed: int
    end: int


def surge_evidence(
    series: str, best: Best, usual: float, terms: Sequence[Reason], event: AuditEvent, context: Context
) -> Evidence:
    """A window beyond the habit; `usual` is the expected count, `terms` what speaks for the owner."""
    count, expected, span = at_least(best.level), about(usual), SPAN[best.hours]
    last = come_from(event, context)
    place = f", the last {last}" if last else ""
    reasons = (Reason(FEATURE[series], f"{count} in {span}", expected, round(best.nats, 2)), *terms)
    return Evidence(
        detector=DETECTOR,
        value=series,
        stage=Stage.IMPACT,
        technique=techniques.PHISHING,
        control=Control.SESSION,
        nats=round(sum(reason.nats for reason in reasons), 2),
        reasons=reasons,
        sentence=f"{WORDS[series].format(count)} in {span}{place}, where {expected} are usual at this time.",
        advice="Stop outgoing mail of the account, then find and warn the recipients.",
    )


def surge_again(series: str) -> Evidence:
    """A further record of a surge already told."""
    return Evidence(DETECTOR, series, Stage.IMPACT, techniques.PHISHING, Control.SESSION, 0.0, (), "", "", repeat=True)

"""Brokers and topics, where Kafka is configured. Layer: streams."""

from __future__ import annotations

from streams.drivers.kafka.topics import TopicsError, list_topics
from streams.operations.checks.check import Finding, fail, ok, skip
from streams.operations.checks.installation import Installation
from streams.operations.checks.limits import TimeLimit, limited

ANSWER_SECONDS = 30.0


class Kafka:
    """Asks the brokers for their topics; makes none."""

    name = "kafka"

    def run(self, context: Installation) -> list[Finding]:
        """Ask."""
        settings = context.kafka
        if settings is None:
            return [skip("brokers", "none are set: `watchpost run` needs none")]
        try:
            rows = limited(ANSWER_SECONDS, lambda: list_topics(settings))
        except TopicsError as error:
            return [fail("brokers", str(error), "Check the addresses, TLS and SASL settings in [kafka].")]
        except TimeLimit as error:
            return [fail("brokers", str(error), "Check the addresses, the firewall and advertised.listeners.")]
        findings = [ok("brokers", f"answer at {settings.brokers}")]
        missing = [row.name for row in rows if not row.exists]
        if missing:
            findings.append(
                fail("topics", f"missing: {', '.join(missing)}", "Make them with `watchpost topics --create`.")
            )
        remedy = "Set `partitions` in [kafka] to what is there, or use new topics."
        findings += [fail("topics", f"{row.name} {row.mismatch}", remedy) for row in rows if row.mismatch]
        return findings if len(findings) > 1 else [*findings, ok("topics", f"all {len(rows)} are there")]

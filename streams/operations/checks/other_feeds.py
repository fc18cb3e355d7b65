"""A tenant's sources beside the APIs: followed files are there, topics answer. Nothing is read from them. Layer: streams."""

from __future__ import annotations

import os
from pathlib import Path

from schemas.text import printable
from streams.cloud.seam import CloudError
from streams.collectors.live.kafka_topic import TopicFeed
from streams.collectors.live.seam import Unavailable
from streams.operations.checks.check import Finding, fail, ok, warn
from streams.operations.checks.limits import TimeLimit, limited
from streams.operations.checks.probes import NothingKept
from streams.operations.checks.tenant_context import TenantContext
from streams.operations.other_sources import TopicSource

TOPIC_SECONDS = 20.0
_QUIET = {"log_level": "0"}  # librdkafka would print to standard error
_KINDS = "the coverage matrix counts the APIs only: what else carries is not known"


class OtherFeeds:
    """One finding per path and topic; none where a tenant has only the APIs."""

    name = "other sources"

    def run(self, context: TenantContext) -> list[Finding]:
        """Look at each."""
        findings = [_path(path) for path in context.other.follow]
        findings += [_topic(source, context) for source in context.other.topics]
        return findings


def _path(text: str) -> Finding:
    path, shown = Path(text), printable(text)
    if not path.exists():
        return warn(shown, "is not there yet; it is followed as soon as it is", "Check the path.")
    needed = os.R_OK | (os.X_OK if path.is_dir() else 0)
    if not os.access(path, needed):
        return fail(shown, "may not be read", "Give the user that runs Watchpost the right to read it.")
    return ok(shown, f"can be read; {_KINDS}")


def _topic(source: TopicSource, context: TenantContext) -> Finding:
    name = f"kafka/{printable(source.topic)}"
    feed = TopicFeed(
        NothingKept(context.access.tenant),
        source.topic,
        {**source.properties, **_QUIET},
        now_ms=context.clock.now_ms,
        lateness_ms=source.lateness_ms,
    )
    try:
        limited(TOPIC_SECONDS, feed.prepare)
    except Unavailable as error:
        return fail(name, error.blind_spot, error.remedy)
    except (CloudError, TimeLimit) as error:
        return fail(name, str(error), "Check bootstrap.servers, TLS and SASL settings, and the firewall.")
    finally:
        feed.close()
    return ok(name, f"is there; {_KINDS}")

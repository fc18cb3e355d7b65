"""The detectors with their engines in one process: the composition root of `scan` and `evaluate`. Layer: streams."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from detectors.engine.account_engine import AccountEngine
from detectors.engine.entity_engine import EntityEngine
from detectors.engine.knowledge import Knowledge
from detectors.engine.signal_order import OrderedEntities
from detectors.registry import account_detectors, entity_detectors
from streams.collectors.network_facts import NetworkFacts, NetworkFactsError
from streams.drivers.pipeline import LocalPipeline
from streams.operations.refusal import Refusal
from streams.operations.settings import networks


def knowledge_of(geo: Sequence[Path], egress: Sequence[str]) -> Knowledge:
    """Network data and the tenant's own networks; Refusal when a file or a network is wrong."""
    try:
        return Knowledge(NetworkFacts(geo), networks(egress))
    except NetworkFactsError as error:
        raise Refusal(str(error)) from None


def local_pipeline(knowledge: Knowledge) -> LocalPipeline:
    """Both engines in this process, one partition."""
    entities = OrderedEntities(EntityEngine(entity_detectors(), knowledge))
    return LocalPipeline(AccountEngine(account_detectors(), knowledge), entities)

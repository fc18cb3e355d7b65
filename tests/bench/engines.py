"""The engines as `scan` runs them, for measurements."""

from __future__ import annotations

from detectors.engine.account_engine import AccountEngine
from detectors.engine.entity_engine import EntityEngine
from detectors.engine.knowledge import Knowledge
from detectors.engine.signal_order import OrderedEntities
from detectors.registry import account_detectors, entity_detectors
from streams.collectors.network_facts import NetworkFacts
from streams.drivers.pipeline import LocalPipeline


def fresh_pipeline() -> tuple[LocalPipeline, AccountEngine]:
    """A pipeline without any state, with all detectors and no network files, and its account side."""
    knowledge = Knowledge(NetworkFacts())
    accounts = AccountEngine(account_detectors(), knowledge)
    return LocalPipeline(accounts, OrderedEntities(EntityEngine(entity_detectors(), knowledge))), accounts

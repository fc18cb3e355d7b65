"""The detectors with their engines for the distributed driver. Layer: streams."""

from __future__ import annotations

from detectors.engine.account_engine import AccountEngine
from detectors.engine.entity_engine import EntityEngine
from detectors.engine.knowledge import Knowledge
from detectors.engine.signal_order import OrderedEntities
from detectors.registry import account_detectors, entity_detectors
from schemas.contracts.ocsf import encode_ocsf
from streams.drivers.kafka.app import Engines


def kafka_engines(knowledge: Knowledge, partitions: int) -> Engines:
    """Engine factories by partition number. The account engines must know how many partitions there are."""
    return Engines(
        accounts=lambda partition: AccountEngine(account_detectors(), knowledge, partition, partitions),
        entities=lambda partition: OrderedEntities(EntityEngine(entity_detectors(), knowledge), partition),
        encode_incident=encode_ocsf,
    )

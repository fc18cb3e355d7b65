"""Kafka settings from the `[kafka]` table and the variables. Layer: streams."""

from __future__ import annotations

import os
from collections.abc import Mapping

from streams.drivers.kafka.settings import ENVIRONMENT_PREFIX, KafkaSettings, KafkaSettingsError
from streams.operations.refusal import Refusal

_BROKERS = f"{ENVIRONMENT_PREFIX}BROKERS"


def kafka_settings(table: Mapping[str, object]) -> KafkaSettings:
    """Settings of the distributed driver; Refusal when one is wrong or no brokers are set."""
    try:
        return KafkaSettings.from_mapping(table, os.environ)
    except KafkaSettingsError as error:
        raise Refusal(str(error)) from None


def kafka_settings_if_set(table: Mapping[str, object]) -> KafkaSettings | None:
    """The same, None when nothing says where the brokers are."""
    brokers = (os.environ.get(_BROKERS), table.get("brokers"), table.get("bootstrap.servers"), table.get("bootstrap"))
    return kafka_settings(table) if any(brokers) else None

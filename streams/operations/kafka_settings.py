"""Kafka settings from the `[kafka]` table and the variables. Layer: streams."""

from __future__ import annotations

import os
from collections.abc import Mapping

from streams.drivers.kafka.settings import ENVIRONMENT_PREFIX, KafkaSettings, KafkaSettingsError
from streams.operations.refusal import Refusal

_VARIABLES = (f"{ENVIRONMENT_PREFIX}BROKERS", f"{ENVIRONMENT_PREFIX}BOOTSTRAP_SERVERS")
_NAMES = ("brokers", "bootstrap.servers", "bootstrap_servers", "bootstrap")


def kafka_settings(table: Mapping[str, object]) -> KafkaSettings:
    """Settings of the distributed driver; Refusal when one is wrong or no brokers are set."""
    try:
        return KafkaSettings.from_mapping(table, os.environ)
    except KafkaSettingsError as error:
        raise Refusal(str(error)) from None


def kafka_settings_if_set(table: Mapping[str, object]) -> KafkaSettings | None:
    """The same, None when nothing says where the brokers are."""
    named = any(os.environ.get(name) for name in _VARIABLES) or any(table.get(name) for name in _NAMES)
    return kafka_settings(table) if named else None

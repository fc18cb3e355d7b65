"""Settings come from a table and from variables; secrets stay inside."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.drivers.kafka.settings import KafkaSettings, KafkaSettingsError


def test_variables_win_and_dots_may_be_underscores() -> None:
    settings = KafkaSettings.from_mapping(
        {"brokers": "a:1", "partitions": 4, "sasl": {"mechanism": "PLAIN"}},
        {"WATCHPOST_KAFKA_BROKERS": "b:2", "WATCHPOST_KAFKA_SASL_PASSWORD": "hush", "OTHER": "x"},
    )
    assert (settings.brokers, settings.partitions) == ("b:2", 4)
    assert settings.librdkafka == {"sasl.mechanism": "PLAIN", "sasl.password": "hush"}
    assert settings.client()["sasl.password"] == "hush"


def test_secrets_never_in_repr(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("hush\n", encoding="utf-8")
    settings = KafkaSettings.from_mapping({"brokers": "a:1", "sasl.password.file": str(secret)})
    assert settings.librdkafka == {"sasl.password": "hush"}
    assert "hush" not in repr(settings) + str(settings)


def test_mistakes_are_named_without_values() -> None:
    with pytest.raises(KafkaSettingsError, match="brokers"):
        KafkaSettings.from_mapping({})
    with pytest.raises(KafkaSettingsError, match="`partitions` is not a valid int"):
        KafkaSettings.from_mapping({"brokers": "a:1", "partitions": "many"})

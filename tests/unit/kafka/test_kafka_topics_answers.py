"""What is asked of the broker's administration: by a client that lives until it is answered, and not for ever."""

from __future__ import annotations

import weakref
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

import pytest
from confluent_kafka.cimpl import NewTopic

from streams.drivers.kafka import topics
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.topics import TopicsError, create_topics, record_bytes_max

SETTINGS = KafkaSettings("nowhere", request_seconds=0.01)


@dataclass(frozen=True)
class Entry:
    value: str


class Answer(Future[dict[str, Entry]]):
    """Comes when it is waited for, as long as its client is there."""

    def __init__(self, client: Client) -> None:
        super().__init__()
        self._client = weakref.ref(client)

    def result(self, timeout: float | None = None) -> dict[str, Entry]:
        if self._client() is not None:
            self.set_result({"max.message.bytes": Entry("12345")})
        return super().result(timeout)


class Client:
    def describe_configs(self, wanted: list[Any], request_timeout: float) -> dict[Any, Future[dict[str, Entry]]]:
        return {wanted[0]: Answer(self)}


class Silent(Client):
    def describe_configs(self, wanted: list[Any], request_timeout: float) -> dict[Any, Future[dict[str, Entry]]]:
        return {wanted[0]: Future()}

    def create_topics(self, wanted: list[NewTopic], operation_timeout: float) -> dict[str, Future[None]]:
        return {wanted[0].topic: Future()}


def test_the_client_lives_until_it_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "_GRACE_SECONDS", 0.01)
    monkeypatch.setattr(topics, "_admin", lambda settings: Client())
    assert record_bytes_max(SETTINGS) == 12345


def test_an_answer_that_never_comes_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "_GRACE_SECONDS", 0.01)
    monkeypatch.setattr(topics, "_admin", lambda settings: Silent())
    with pytest.raises(TopicsError, match="no Kafka broker answers at nowhere"):
        record_bytes_max(SETTINGS)


def test_topics_whose_making_is_never_answered_are_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "_GRACE_SECONDS", 0.01)
    monkeypatch.setattr(topics, "_admin", lambda settings: Silent())
    monkeypatch.setattr(topics, "existing_partitions", lambda settings: {})
    with pytest.raises(TopicsError, match=r"the topic \S+ could not be made: no broker answers at nowhere"):
        create_topics(SETTINGS)

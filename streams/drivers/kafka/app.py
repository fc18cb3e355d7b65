"""The Faust app: two named agents, one per source topic. Layer: streams.

Faust keeps membership, assignment and delivery. State and output are the partition workers' (`partition.py`).
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import faust

from schemas.contracts.log import LogEntry
from schemas.contracts.signal import SignalItem
from schemas.contracts.topics import AUDIT, SIGNALS, STATE
from streams.clock import Clock, WallClock
from streams.drivers.kafka.desk import Desk, Halt
from streams.drivers.kafka.observing import Unobserved, WorkObserver
from streams.drivers.kafka.outbox import EncodeIncident, Outbox
from streams.drivers.kafka.partition import Engine, PartitionWorker, decode_entry, decode_signal_message
from streams.drivers.kafka.reading import read_partition
from streams.drivers.kafka.settings import KafkaSettings
from streams.drivers.kafka.store import Outgoing, PartitionStore
from streams.drivers.kafka.transport import ReadCommittedTransport

ACCOUNTS_AGENT = "watchpost-accounts"
ENTITIES_AGENT = "watchpost-entities"


@dataclass(frozen=True, slots=True)
class Engines:
    """What the driver runs: engine factories by partition number, and the bytes of an incident."""

    accounts: Callable[[int], Engine[LogEntry]]
    entities: Callable[[int], Engine[SignalItem]]
    encode_incident: EncodeIncident


@dataclass(frozen=True, slots=True)
class Detect:
    """A Faust app with its desks and the order to stop."""

    app: faust.App
    accounts: Desk
    entities: Desk
    halt: Halt
    observer: WorkObserver

    @property
    def desks(self) -> tuple[Desk, Desk]:
        """Both desks."""
        return (self.accounts, self.entities)


def create_app(
    settings: KafkaSettings,
    engines: Engines,
    datadir: str,
    observer: WorkObserver | None = None,
    clock: Clock | None = None,
) -> Detect:
    """A new app; nothing is started. Call it inside a running event loop. `datadir` is a folder that Faust may fill.

    `clock` is what alerts are timed by: wall time, unless it is practice.
    """
    app = faust.App(settings.application, **_faust_settings(settings, datadir))
    app.transport = ReadCommittedTransport(app.conf.broker, app)
    halt = Halt()
    observer = observer or Unobserved()
    outbox = Outbox(settings, engines.encode_incident)
    around = _Around(settings, outbox, halt, observer, clock or WallClock())
    accounts = _desk(around, settings.topic(AUDIT), engines.accounts, decode_entry, measured=True)
    entities = _desk(around, settings.topic(SIGNALS), engines.entities, decode_signal_message)
    detect = Detect(app, accounts, entities, halt, observer)
    _add_agent(settings, detect, ACCOUNTS_AGENT, accounts)
    _add_agent(settings, detect, ENTITIES_AGENT, entities)
    _follow_assignment(settings, detect)
    return detect


def state_message(settings: KafkaSettings, partition: int, key: bytes, value: bytes) -> Outgoing:
    """An account's or entity's state, in the state topic's partition of the same number."""
    return Outgoing(settings.topic(STATE), key, value, partition)


def _add_agent(settings: KafkaSettings, detect: Detect, name: str, desk: Desk) -> None:
    topic = detect.app.topic(desk.topic, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")

    async def agent(stream: Any) -> None:
        async for events in stream.noack_take(settings.batch_records, within=settings.batch_seconds):
            for event in await desk.handle(events):
                await stream.ack(event)

    detect.app.agent(topic, name=name, concurrency=1)(agent)


def _follow_assignment(settings: KafkaSettings, detect: Detect) -> None:
    async def assigned(_: Any, /, *values: Any, signal: Any, **__: Any) -> None:
        for desk in detect.desks:
            await desk.assign({tp.partition for tp in values[0] if tp.topic == desk.topic})

    async def revoked(_: Any, /, *values: Any, signal: Any, **__: Any) -> None:
        for desk in detect.desks:
            await desk.revoke(settings.session_seconds / 2)

    detect.app.on_partitions_assigned.connect(assigned)
    detect.app.on_partitions_revoked.connect(revoked)


@dataclass(frozen=True, slots=True)
class _Around:
    """What both desks share."""

    settings: KafkaSettings
    outbox: Outbox
    halt: Halt
    observer: WorkObserver
    clock: Clock


def _desk(
    around: _Around, topic: str, engine: Callable[[int], Engine[Any]], decode: Any, measured: bool = False
) -> Desk:
    settings = around.settings

    def make(partition: int) -> PartitionWorker[Any]:
        return PartitionWorker(
            engine(partition),
            decode,
            partial(PartitionStore, settings, topic, partition),
            around.outbox,
            partial(read_partition, settings, topic, partition),
            settings.batch_records,
            around.observer,
            partial(around.observer.measured, partition) if measured else None,
            around.clock,
        )

    return Desk(topic, make, around.halt, around.observer)


def _faust_settings(settings: KafkaSettings, datadir: str) -> dict[str, Any]:
    return {
        "broker": ";".join(f"kafka://{broker.strip()}" for broker in settings.brokers.split(",")),
        "broker_credentials": _credentials(settings),
        "broker_session_timeout": settings.session_seconds,
        "broker_heartbeat_interval": settings.session_seconds / 4,
        "broker_request_timeout": max(settings.request_seconds, settings.session_seconds + 1),
        "broker_commit_interval": 1.0,
        "consumer_auto_offset_reset": "earliest",
        "consumer_group_instance_id": settings.instance or None,
        "datadir": datadir,
        "store": "memory://",
        "topic_allow_declare": False,
        "topic_disable_leader": True,
        "web_enabled": False,
    }


def _credentials(settings: KafkaSettings) -> Any:
    """Faust's credentials from librdkafka's properties, None for plaintext."""
    given = settings.librdkafka
    protocol = given.get("security.protocol", "plaintext").upper()
    context: ssl.SSLContext | None = None
    if protocol.endswith("SSL"):
        context = ssl.create_default_context(cafile=given.get("ssl.ca.location"))
        if given.get("enable.ssl.certificate.verification", "true") == "false":
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        if "ssl.certificate.location" in given:
            key, password = given.get("ssl.key.location"), given.get("ssl.key.password")
            context.load_cert_chain(given["ssl.certificate.location"], key, password)
    if protocol.startswith("SASL"):
        mechanism = given.get("sasl.mechanism") or given.get("sasl.mechanisms") or "PLAIN"
        return faust.SASLCredentials(
            mechanism=mechanism,
            username=given.get("sasl.username", ""),
            password=given.get("sasl.password", ""),
            ssl_context=context,
        )
    return faust.SSLCredentials(context=context) if context is not None else None

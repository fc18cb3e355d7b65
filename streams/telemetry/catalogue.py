"""Every metric of Watchpost (contracts 5): name, kind, labels, unit, help. Layer: streams.

No label ever holds an account, a mailbox or an address. `tenant` is a tenant's id, `feed` a feed's durable name, `sink` the
name of a sink in the settings. A counter's name ends with `_total`, every other name with its unit where it has one. An age
is a gauge that is reckoned when somebody looks: seconds since a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

PREFIX = "watchpost_"
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0

QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CALLS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, MINUTE)
POLLS = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR)
DELAYS = (
    1.0,
    5.0,
    15.0,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    1.5 * HOUR,
    2 * HOUR,
    4 * HOUR,
    DAY,
)


class Kind(StrEnum):
    """What is done with a metric."""

    COUNTER = "counter"
    GAUGE = "gauge"
    AGE = "age"
    HISTOGRAM = "histogram"
    INFO = "info"


class Unit(StrEnum):
    """What is counted in."""

    NONE = ""
    SECONDS = "seconds"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `buckets` are upper bounds in the metric's unit, of a histogram only."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    unit: Unit = Unit.NONE
    buckets: tuple[float, ...] = ()

    @property
    def exported_kind(self) -> str:
        """The type that Prometheus is told."""
        return "gauge" if self.kind in (Kind.AGE, Kind.INFO) else self.kind.value


def _counter(name: str, help: str, *labels: str, unit: Unit = Unit.NONE) -> Metric:
    return Metric(f"{PREFIX}{name}_total", Kind.COUNTER, help, labels, unit)


def _gauge(name: str, help: str, *labels: str, unit: Unit = Unit.NONE) -> Metric:
    return Metric(f"{PREFIX}{name}", Kind.GAUGE, help, labels, unit)


def _age(name: str, help: str, *labels: str) -> Metric:
    return Metric(f"{PREFIX}{name}", Kind.AGE, help, labels, Unit.SECONDS)


def _seconds(name: str, buckets: tuple[float, ...], help: str, *labels: str) -> Metric:
    return Metric(f"{PREFIX}{name}", Kind.HISTOGRAM, help, labels, Unit.SECONDS, buckets)


FEED = ("tenant", "feed")

CLOUD_REQUESTS = _counter(
    "cloud_requests",
    "Requests to Microsoft's APIs. Outcomes: ok, retried, throttled, refused, unreachable, bad-answer; and not sent: "
    "held (pause after throttling), over-budget, no-token.",
    "tenant",
    "api",
    "outcome",
)
CLOUD_REQUEST_SECONDS = _seconds("cloud_request_seconds", CALLS, "Time of a request that was sent.", "api")
CLOUD_SKEW = _gauge(
    "cloud_skew_seconds", "The service's clock minus this machine's, from its answers.", "tenant", unit=Unit.SECONDS
)

FEED_RECORDS = _counter(
    "feed_records",
    "Records read from a feed. Outcomes: produced, duplicate, dead; read is their sum.",
    *FEED,
    "outcome",
)
FEED_CONTENTS = _counter(
    "feed_contents",
    "Contents of a feed. States: listed (met for the first time), fetched, expired, missing.",
    *FEED,
    "state",
)
FEED_PENDING = _gauge("feed_contents_pending", "Contents that are listed and not yet fetched.", *FEED)
FEED_PENDING_AGE = _age("feed_oldest_pending_age_seconds", "Age of the oldest content that is not yet fetched.", *FEED)
FEED_COMPLETE_LAG = _age(
    "feed_complete_lag_seconds", "Time since which a feed may lack content: now minus complete.", *FEED
)
FEED_SUCCESS_AGE = _age("feed_last_success_age_seconds", "Time since a feed's last complete poll.", *FEED)
FEED_POLLS = _counter("feed_polls", "Polls of a feed, whatever came of them.", *FEED)
FEED_POLL_SECONDS = _seconds("feed_poll_seconds", POLLS, "Duration of a poll.", *FEED)
FEED_STATE = _gauge(
    "feed_state",
    "1 for the state that a feed is in: starting, back-fill, live, throttled, failing, unavailable.",
    *FEED,
    "state",
)
FEED_LEFT_OUT = _gauge("feed_left_out", "1 while the tenant's clock does not wait for a feed.", *FEED)
TENANT_CLOCK_LAG = _age(
    "tenant_clock_lag_seconds", "Time since which the tenant is not completely collected.", "tenant"
)
TENANT_GAPS = _counter("tenant_gaps", "Times at which something could not be seen, by kind.", "tenant", "kind")

ENGINE_ENTRIES = _counter("engine_entries", "Entries of accounts' logs that were folded, by kind.", "tenant", "kind")
ENGINE_FOLD_SECONDS = _seconds("engine_fold_seconds", QUICK, "Time to fold a batch of entries.")
ENGINE_ACCOUNTS = _gauge("engine_accounts", "Accounts with state.", "tenant")
ENGINE_STATES = _gauge("engine_states_bytes", "Size of all accounts' states.", "tenant", unit=Unit.BYTES)
ENGINE_DAMAGED = _counter("engine_damaged_sections", "Sections of states that could not be read and were started anew.")
ENGINE_OPEN_INCIDENTS = _gauge(
    "engine_open_incidents", "Incidents that are open, by tier (review, act).", "tenant", "tier"
)
ENGINE_INCIDENTS = _counter(
    "engine_incidents", "Messages about incidents, by tier (review, act) and activity (create, update, close).",
    "tenant", "tier", "activity",
)  # fmt: skip
ENGINE_DEAD = _counter("engine_dead_entries", "Entries that could not be decoded and went to the dead letters.")
ENGINE_PARTITIONS = _gauge("engine_partitions", "Partitions of the log that this process folds.")

STORE_COMMIT_SECONDS = _seconds("store_commit_seconds", QUICK, "Time of a transaction of the store.")
STORE_DATABASE = _gauge("store_database_bytes", "Size of the database with its write-ahead log.", unit=Unit.BYTES)

SINK_ALERTS = _counter(
    "sink_alerts", "Alerts by what became of them at a sink: sent, dead (given up).", "sink", "outcome"
)
SINK_FAILURES = _counter("sink_failures", "Deliveries that failed and are tried again.", "sink")
SINK_WAITING = _gauge("sink_alerts_waiting", "Alerts that wait for a sink.", "sink")
SINK_WAITING_AGE = _age("sink_oldest_waiting_age_seconds", "Age of the oldest alert that waits for a sink.", "sink")

VENDOR_DELAY = _seconds(
    "vendor_delay_seconds",
    DELAYS,
    "From the event to its availability at the vendor, for records that caused a message.",
)
COLLECTOR_DELAY = _seconds(
    "collector_delay_seconds", DELAYS, "From availability to collection, for records that caused a message."
)
OWN_DELAY = _seconds(
    "own_delay_seconds", QUICK, "From collection to the message of an incident: Watchpost's own share."
)

BUILD_INFO = Metric(
    f"{PREFIX}build_info", Kind.INFO, "1; the version that runs, and its command.", ("version", "command")
)
PROCESS = (
    _gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.", unit=Unit.BYTES),
    _gauge("process_resident_memory_bytes", "Resident memory size in bytes.", unit=Unit.BYTES),
    _gauge("process_start_time_seconds", "Start time of the process since unix epoch in seconds.", unit=Unit.SECONDS),
    _counter("process_cpu_seconds", "Total user and system CPU time spent in seconds.", unit=Unit.SECONDS),
    _gauge("process_open_fds", "Number of open file descriptors."),
    _gauge("process_max_fds", "Maximum number of open file descriptors."),
)

CATALOGUE: tuple[Metric, ...] = (
    CLOUD_REQUESTS,
    CLOUD_REQUEST_SECONDS,
    CLOUD_SKEW,
    FEED_RECORDS,
    FEED_CONTENTS,
    FEED_PENDING,
    FEED_PENDING_AGE,
    FEED_COMPLETE_LAG,
    FEED_SUCCESS_AGE,
    FEED_POLLS,
    FEED_POLL_SECONDS,
    FEED_STATE,
    FEED_LEFT_OUT,
    TENANT_CLOCK_LAG,
    TENANT_GAPS,
    ENGINE_ENTRIES,
    ENGINE_FOLD_SECONDS,
    ENGINE_ACCOUNTS,
    ENGINE_STATES,
    ENGINE_DAMAGED,
    ENGINE_OPEN_INCIDENTS,
    ENGINE_INCIDENTS,
    ENGINE_DEAD,
    ENGINE_PARTITIONS,
    STORE_COMMIT_SECONDS,
    STORE_DATABASE,
    SINK_ALERTS,
    SINK_FAILURES,
    SINK_WAITING,
    SINK_WAITING_AGE,
    VENDOR_DELAY,
    COLLECTOR_DELAY,
    OWN_DELAY,
    BUILD_INFO,
    *PROCESS,
)

DETECT: tuple[
    Metric, ...
] = (  # what `detect` reports of its work; the rest is of processes that collect, store or send
    ENGINE_ENTRIES,
    ENGINE_FOLD_SECONDS,
    ENGINE_ACCOUNTS,
    ENGINE_STATES,
    ENGINE_OPEN_INCIDENTS,
    ENGINE_INCIDENTS,
    ENGINE_DEAD,
    ENGINE_PARTITIONS,
    STORE_COMMIT_SECONDS,
    VENDOR_DELAY,
    COLLECTOR_DELAY,
    OWN_DELAY,
)

"""What a sprayed network answers, as entries of the accounts' own logs. Layer: detectors."""

from __future__ import annotations

from detectors.entities.spray_state import Episode, Failing, Hit, SprayState
from detectors.entities.spray_windows import TENANT, Finding
from schemas.contracts.log import EntryKind, LogEntry
from schemas.contracts.notice import Notice, encode_notice
from schemas.contracts.signal import Signal

DETECTOR = "password-spray"
MINUTE_MS = 60_000
RECORDS_MAX = 16


def _row(name: str, item: Failing) -> list[object]:
    return [item.record_id, item.time_ms, item.operation, "" if name.startswith("?") else name]


def _notice(episode: Episode, signal: Signal, hit: Hit, failed_here: bool, records: list[list[object]]) -> Notice:
    return Notice(
        detector=DETECTOR,
        kind=signal.kind,
        entity=signal.entity,
        accounts=episode.accounts,
        attempts=episode.attempts,
        window_ms=episode.window * MINUTE_MS,
        expected=round(episode.expected, 3),
        nats=episode.nats,
        first_ms=episode.first * MINUTE_MS,
        last_ms=episode.last * MINUTE_MS,
        time_ms=hit.time_ms,
        record_id=hit.record_id,
        source=hit.source,
        operation=hit.operation,
        ip=hit.ip,
        failed_here=failed_here,
        what=hit.what,
        records=records,
        total=episode.total,
    )


def tell(state: SprayState, episode: Episode, signal: Signal, hit: Hit) -> LogEntry:
    """To an account that succeeded; noted in the episode."""
    episode.told = sorted({*episode.told, f"{hit.account}|{hit.what}"})
    own = state.failing.get(hit.account)
    records = [_row(hit.account, own)] if own is not None else []
    return _entry(signal, hit.account, _notice(episode, signal, hit, own is not None, records))


def accuse(state: SprayState, episode: Episode, signal: Signal, finding: Finding) -> LogEntry:
    """Nobody succeeded: the answer goes to the network's own key, with failures not yet shown."""
    fresh = [name for name in finding.names if not state.failing[name].told][-RECORDS_MAX:]
    rows = [_row(name, state.failing[name]) for name in fresh]
    for name in fresh:
        state.failing[name].told = True
    last = state.failing[finding.names[-1]]
    hit = Hit("", "failure", last.time_ms, last.record_id, signal.source, last.operation, last.ip, last.agent)
    return _entry(signal, _network_key(signal), _notice(episode, signal, hit, False, rows))


def name_entered(episode: Episode, signal: Signal, hit: Hit) -> LogEntry:
    """Somebody succeeded after all: what stands against the network says so, and names the account."""
    rows: list[list[object]] = [[hit.record_id, hit.time_ms, hit.operation, hit.account]]
    return _entry(signal, _network_key(signal), _notice(episode, signal, hit, False, rows))


def _network_key(signal: Signal) -> str:
    """The key of an address is its own; all that is spread over addresses is one spray and has one incident."""
    return f"net:{TENANT if '/' in signal.entity else signal.entity}"


def _entry(signal: Signal, account: str, notice: Notice) -> LogEntry:
    identity = f"{notice.entity}|{notice.record_id}|{notice.accounts}"
    if notice.what == "failure" and notice.total > notice.accounts:
        identity += f"|{notice.total}"
    return LogEntry(EntryKind.NOTICE, signal.tenant, account, encode_notice(notice), DETECTOR, identity, "notice")

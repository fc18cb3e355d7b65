"""`watchpost incidents list|show|report|verdict`: what `run` found, also while it works. Layer: streams."""

from __future__ import annotations

import getpass
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
from rich.table import Table
from rich.text import Text

from schemas.contracts.incident import Tier
from schemas.text import printable
from streams.drivers.embedded.database import StoreLost
from streams.drivers.embedded.feedback import Feedback, Verdict, write_verdict
from streams.drivers.embedded.incidents import IncidentReader, IncidentRow
from streams.operations.console import result_console
from streams.operations.output import require_writable, require_zone, write_file
from streams.operations.refusal import Refusal
from streams.operations.standard_error import tell
from streams.sinks.alert_sink import Alert
from streams.sinks.alert_view import plain_text, view_of
from streams.sinks.report import ReportExtras, write_report
from streams.sinks.report_model import Verdict as ShownVerdict
from streams.sinks.sink import RunFacts
from streams.sinks.wording import time_text

UID_SHOWN = 12  # characters of an id in a list; the beginning of one names it
REPORT_MAX = 500  # incidents of one page


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which incidents: of a tenant, from a tier on, open ones only, with evidence of the last days."""

    tenant: str = ""
    tier: Tier = Tier.REVIEW
    open_only: bool = False
    days: float = 0.0

    def rows(self, reader: IncidentReader, most: int) -> list[IncidentRow]:
        """The incidents, the latest first."""
        since_ms = int(time.time() * 1000 - self.days * 86_400_000) if self.days else 0
        return reader.incidents(self.tenant.strip().lower(), self.tier.value, self.open_only, since_ms, most)


def list_incidents(store: Path, chosen: Chosen, as_json: bool) -> int:
    """Print one line per incident, the latest first."""
    with _reading(store) as reader:
        rows = chosen.rows(reader, 1_000)
    if as_json:
        for row in rows:
            print(orjson.dumps(asdict(row)).decode())
        return 0
    if not rows:
        print("No incidents.")
        return 0
    several = len({row.tenant for row in rows}) > 1
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("incident", "tier", "first seen", "last", "account", "what", "state"):
        table.add_column(name, no_wrap=name not in ("what", "account"), overflow="fold")
    for row in rows:
        table.add_row(*_cells(row, several))
    result_console().print(table)
    return 0


def _cells(row: IncidentRow, several: bool) -> list[Text]:
    what = row.title.removeprefix(f"{row.account}: ")
    account = f"{row.account} ({row.tenant})" if several else row.account
    state = row.verdict or ("closed" if row.closed else "open")
    texts = (row.uid[:UID_SHOWN], row.tier, time_text(row.first_ms), time_text(row.last_ms), account, what, state)
    return [Text(printable(text, 300)) for text in texts]


def show_incident(store: Path, uid: str, as_json: bool) -> int:
    """Print the latest message of an incident, and what people said about it."""
    with _reading(store) as reader:
        row = reader.find(uid)
        body, said, messages = reader.message(row.uid), reader.feedback(row.uid), len(reader.history(row.uid))
    if as_json:
        print(body.decode())
        return 0
    print(plain_text(view_of(Alert.of(body, row.told_ms))), end="")
    print(f"Messages: {messages}, the first at {time_text(row.alert_ms)}")
    for one in said:
        who, why = printable(str(one.get("who", "")), 80), printable(str(one.get("why", "")), 500)
        print(f"Verdict: {one.get('verdict')} by {who}{f': {why}' if why else ''}")
    return 0


def report_incidents(store: Path, uids: Sequence[str], chosen: Chosen, output: Path, zone: str) -> int:
    """Write one page about the incidents named, or about all that are chosen."""
    require_writable(output)
    require_zone(zone)
    with _reading(store) as reader:
        rows = [reader.find(uid) for uid in uids] if uids else chosen.rows(reader, REPORT_MAX)
        bodies = [orjson.loads(reader.message(row.uid)) for row in rows]
        verdicts = {row.uid: shown for row in rows if (shown := _verdict(reader.feedback(row.uid))) is not None}
    extras = ReportExtras(verdicts=verdicts, made_ms=int(time.time() * 1000))
    write_file(output, lambda out: write_report(bodies, out, _facts(rows), zone, extras))
    tell(f"wrote {output}: {len(rows)} incident{'' if len(rows) == 1 else 's'}")
    return 0


def _facts(rows: Sequence[IncidentRow]) -> RunFacts:
    tenants = sorted({row.tenant for row in rows})
    return RunFacts(facts=(("Tenant", ", ".join(tenants) or "none"), ("Incidents", str(len(rows)))))


def _verdict(said: Sequence[Mapping[str, Any]]) -> ShownVerdict | None:
    """The last word."""
    if not said:
        return None
    last = said[-1]
    at_ms = last.get("at_ms")
    return ShownVerdict(
        str(last.get("verdict", "")),
        str(last.get("who", "")),
        str(last.get("why", "")),
        at_ms if isinstance(at_ms, int) else None,
    )


def give_verdict(store: Path, uid: str, verdict: Verdict, why: str, who: str) -> int:
    """Note what somebody found an incident to be; `run` takes it into the log."""
    with _reading(store) as reader:
        row = reader.find(uid)
    feedback = Feedback(row.uid, verdict, who.strip() or _me(), why.strip()[:2_000], time.time_ns() // 1_000_000)
    try:
        write_verdict(store, feedback)
    except (StoreLost, LookupError) as error:
        raise Refusal(str(error)) from None
    tell(f"{row.uid[:UID_SHOWN]} ({row.account}) is {verdict.value}, says {printable(feedback.who, 80)}")
    return 0


def _me() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


@contextmanager
def _reading(store: Path) -> Iterator[IncidentReader]:
    """The store, read-only; Refusal when it cannot be read or an id is not in it."""
    try:
        with IncidentReader(store) as reader:
            yield reader
    except (StoreLost, LookupError) as error:
        raise Refusal(str(error)) from None
    finally:
        sys.stdout.flush()

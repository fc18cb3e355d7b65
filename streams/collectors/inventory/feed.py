"""The feed "inventory": once a day a look at what is already there, in small steps. Layer: streams.

Rules and forwarding go to the journal as records, each when it is first seen or has changed; what is unusual of the rest is kept
in the checkpoint. A step asks for a few parts only, so that the tenant's other feeds and its clock do not wait; the checkpoint
says where to go on, whatever was killed. A kind that cannot be seen is named with its remedy and does not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

from schemas.contracts.collected import Batch
from schemas.text import printable
from streams.cloud.seam import BadAnswer, Cloud, CloudError, NoToken, Refused, Throttled
from streams.collectors.inventory.catalogue import KINDS
from streams.collectors.inventory.kind import Found, Kind, Round
from streams.collectors.inventory.objects import batches
from streams.collectors.inventory.report import VERSION, KindReport, inventory_report
from streams.collectors.inventory.sights import changed_gaps
from streams.collectors.live.seam import Journal, Window

NAME: Final = "inventory"
DAY_MS: Final = 86_400_000
STEP_PARTS: Final = 24
THREADS: Final = 4
WORKING_SECONDS: Final = 5.0  # between steps of a round
RESTING_SECONDS: Final = 60.0
RETRY_MS: Final = 60_000
TRIES_MAX: Final = 5  # of one step before the kind is given up for this round
FORM_ERRORS: Final = (LookupError, TypeError, ValueError, AttributeError)
_ONE_REFUSED: Final = (400, 403, 404)  # of one mailbox: it is gone, is none, or is out of our reach
_FRESH: Final[dict[str, Any]] = {
    "after": None,
    "count": 0,
    "answered": 0,
    "gone": 0,
    "of": 0,
}  # of a kind not yet begun
_KEPT_FACTS: Final = frozenset({"exchange", "no_mfa", "count", "unaudited", "bypassed", "audit_off"})


class InventoryFeed:
    """`LiveFeed` of one tenant."""

    name = NAME
    overlap_ms = 0
    lateness_ms = 0
    reach_ms = 3_650 * DAY_MS  # it lists no past, so that nothing is missed while it was away
    back_fills = False  # what is there now is told when the past has been told

    def __init__(self, cloud: Cloud, journal: Journal, kinds: tuple[Kind, ...] = KINDS, every_ms: int = DAY_MS) -> None:
        self.poll_seconds = WORKING_SECONDS
        self._cloud = cloud
        self._journal = journal
        self._kinds = kinds
        self._every_ms = every_ms
        self._held: dict[str, Any] = {}
        self._round: Round | None = None
        self._resume_ms = 0
        self._tries = 0

    def prepare(self) -> None:
        """Nothing: each kind finds out for itself what it may see."""

    def collect(self, window: Window) -> None:
        """One step of the round, or nothing until the next round is due. Never fails: what fails is noted or tried again."""
        now_ms = self._cloud.now_ms()
        self._load()
        if now_ms < self._resume_ms:
            return
        if self._held["at"] is None:
            if now_ms < self._held["finished"] + self._every_ms and self._held["finished"]:
                self.poll_seconds = RESTING_SECONDS
                return
            self._held["at"] = {"started": now_ms, "kind": 0, "facts": {}, **_FRESH}
        self.poll_seconds = WORKING_SECONDS
        try:
            self._step(now_ms)
        except Throttled as error:
            self._resume_ms = error.retry_ms
        except (NoToken, Refused) as error:
            self._give_up(error, now_ms)
        except FORM_ERRORS as error:
            self._give_up(BadAnswer(f"an answer has an unexpected form, {type(error).__name__}"), now_ms)
        except CloudError as error:
            self._tries += 1
            self._resume_ms = now_ms + RETRY_MS
            if self._tries >= TRIES_MAX:
                self._give_up(error, now_ms)

    # --- state ---------------------------------------------------------------------------------------------------

    def _load(self) -> None:
        if self._held:
            return
        held = self._journal.checkpoint(NAME)
        fresh: dict[str, Any] = {"version": VERSION, "finished": 0, "at": None, "report": {}, "gaps": []}
        self._held = held if held.get("version") == VERSION else fresh

    def _save(self) -> None:
        self._journal.commit(Batch(NAME, checkpoint=self._held, collected_ms=self._cloud.now_ms()))

    def _now_in(self) -> Round:
        at = self._held["at"]
        if self._round is None or self._round.started_ms != at["started"]:
            self._round = Round(self._cloud, at["started"], at["facts"])
        self._round.facts = at["facts"]
        return self._round

    # --- a step --------------------------------------------------------------------------------------------------

    def _step(self, now_ms: int) -> None:
        """Look at the next parts of the kind at hand; with the last of them the kind is done."""
        at, held = self._held["at"], self._now_in()
        kind = self._kinds[at["kind"]]
        every = kind.parts(held)
        at["of"] = len(every)
        parts = [part for part in every if at["after"] is None or part > at["after"]]
        looked, failure = _looked(lambda name: kind.look(held, name), parts[:STEP_PARTS])
        for part, answer in looked:
            if answer.refusal is None:
                self._take(kind.take(held, part, answer.value), now_ms)
            at["gone" if answer.refusal else "answered"] += 1
            at["after"] = part
            if at["gone"] >= min(STEP_PARTS, len(every)) and not at["answered"]:
                raise answer.refusal or BadAnswer("every request was refused")
        if failure is None and not [part for part in kind.parts(held) if at["after"] is None or part > at["after"]]:
            self._finish(kind, held, now_ms)
        self._save()
        if failure is not None:
            raise failure
        self._tries = 0

    def _take(self, found: Found, now_ms: int) -> None:
        self._held["at"]["count"] += found.count
        for batch in batches(self._journal, NAME, found.judged, now_ms):
            self._journal.commit(batch)

    def _finish(self, kind: Kind, held: Round, now_ms: int) -> None:
        at = self._held["at"]
        report = KindReport(kind.name, kind.title, now_ms, at["count"])
        report.take(kind.unusual(held))
        report.unseen, report.remedy = kind.limits(held)
        if at["gone"] and not report.unseen:
            report.unseen = f"{at['gone']} of {at['gone'] + at['answered']} could not be looked at"
        self._next(report, now_ms)

    def _give_up(self, error: CloudError, now_ms: int) -> None:
        """The kind cannot be seen; what it saw in an earlier round stays, and says when."""
        kind = self._kinds[self._held["at"]["kind"]]
        earlier = {report.name: report for report in inventory_report(self._held)}
        report = earlier.get(kind.name) or KindReport(kind.name, kind.title)
        report.unseen = printable(f"{kind.blind_spot} ({error})", 400)
        report.remedy = error.remedy if isinstance(error, NoToken) else kind.remedy
        self._tries = self._resume_ms = 0
        self._next(report, now_ms)
        self._save()

    def _next(self, report: KindReport, now_ms: int) -> None:
        """Keep the report of a kind and go on to the next; after the last one the round is over."""
        at = self._held["at"]
        self._held["report"][report.name] = report.to_json()
        at["facts"] = {name: value for name, value in at["facts"].items() if name in _KEPT_FACTS}
        at["kind"] += 1
        at.update(_FRESH)
        if at["kind"] < len(self._kinds):
            return
        gaps, self._held["gaps"] = changed_gaps(self._held["gaps"], at["facts"], now_ms)
        for gap in gaps:
            self._journal.gap(gap)
        self._held["finished"], self._held["at"], self._round = now_ms, None, None


class _Answer(NamedTuple):
    """What a look gave, or the refusal of this one part."""

    value: Any
    refusal: Refused | None = None


def _looked(look: Callable[[str], Any], parts: list[str]) -> tuple[list[tuple[str, _Answer]], BaseException | None]:
    """Answers to some parts in their order up to the first that fails, and that failure.

    A mailbox may be gone or out of reach for us: that is its answer. A part without a name is not one of many: its refusal is
    the kind's.
    """
    with ThreadPoolExecutor(THREADS, "inventory") as pool:
        futures = [pool.submit(look, part) for part in parts]
    found: list[tuple[str, _Answer]] = []
    for part, future in zip(parts, futures, strict=True):
        failure = future.exception()
        if failure is None:
            found.append((part, _Answer(future.result())))
        elif part.strip() == part != "" and isinstance(failure, Refused) and failure.status in _ONE_REFUSED:
            found.append((part, _Answer(None, failure)))
        else:
            return found, failure
    return found, None

"""One detector with one state, fed by hand: for checks and tests. Layer: detectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from detectors.engine.detector import DAY_MS, Context, Detector, Evidence
from detectors.engine.knowledge import Knowledge
from detectors.engine.ledger import DayLedger
from detectors.engine.network import NetworkFact
from schemas.contracts.profile import Profile
from schemas.records.event import AuditEvent

HOME_DOMAIN = "home.example"


class NoFacts:
    """Network data that know nothing."""

    knowledge_id = "none"

    def fact(self, ip: str) -> NetworkFact:
        """An empty fact."""
        return NetworkFact()


@dataclass(slots=True)
class Probe:
    """An account of 30 sealed days and 200 active hours, as far as the context says."""

    detector: Detector[Any]
    account: str
    state: Any

    def context(self, time_ms: int, role: str = "actor", late: bool = False) -> Context:
        """What the engine would say at this time."""
        day = time_ms // DAY_MS
        profile = Profile("tenant", -1, home_domains=(HOME_DOMAIN,))
        ledger = None if late else DayLedger(day)
        return Context(Knowledge(NoFacts()), profile, self.account, role, 0, day, late, time_ms, 30, 200, ledger=ledger)

    def observe(self, event: AuditEvent, role: str = "actor", late: bool = False) -> list[Evidence]:
        """Evidence of one event."""
        return list(self.detector.observe(self.state, event, self.context(event.time_ms, role, late)))

    def seal(self, day: int, learn: bool) -> None:
        """Close a day."""
        self.detector.seal(self.state, day, learn, self.context((day + 1) * DAY_MS))

    def dump(self) -> bytes:
        """State as bytes."""
        return self.detector.dump(self.state)

    def reloaded(self) -> Probe:
        """A twin whose state went through its bytes."""
        data = self.dump()
        state = self.detector.load(data, self.detector.info.version) if data else self.detector.start()
        return Probe(self.detector, self.account, state)

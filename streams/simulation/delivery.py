"""From event time to arrival: lateness, gaps, repeats, case variants, missing members; and the files. Layer: streams."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import IO

import orjson

from streams.simulation.chance import Chance, chance
from streams.simulation.clock import DAY, HOUR, MINUTE
from streams.simulation.options import SimulationOptions
from streams.simulation.record import FEED_FILES, MANAGEMENT, SIGNINS, Body, Record
from streams.simulation.world.tenant import Tenant

# A lognormal delay with 1 % above 6 hours and 0.1 % above 24 hours.
_MU, _SIGMA = 1.666, 1.814
_VARIANTS = 0.005
_REVISIONS = 0.002  # sign-ins sent again with a changed risk
_OPTIONAL = ("ClientIP", "ClientInfoString", "SessionId", "AppAccessContext", "DeviceProperties", "UserAgent",
             "ClientIPAddress", "ResultStatus", "ExtendedProperties", "OriginatingServer")  # fmt: skip
_OPTIONAL_SIGNIN = (
    "userAgent",
    "sessionId",
    "autonomousSystemNumber",
    "location",
    "deviceDetail",
    "uniqueTokenIdentifier",
)


class Arrivals:
    """Gives each record an arrival, with repeats and revisions, and hands the line on by `_keep`."""

    def __init__(self, options: SimulationOptions, tenant: Tenant) -> None:
        self._options = options
        self._gaps = self._draw_gaps(tenant)
        self.records = 0
        self.repeats = 0
        self.revisions = 0

    def _keep(self, feed: int, arrival: int, uid: str, line: bytes, record: Record) -> None:
        """Take a line (with its line end) that arrives at a moment."""
        raise NotImplementedError

    def _delay(self, feed: int, rng: Chance) -> int:
        """The vendor's delay of one record, milliseconds."""
        return int(rng.lognormvariate(_MU, _SIGMA) * MINUTE)

    def _draw_gaps(self, tenant: Tenant) -> list[tuple[int, int, int]]:
        rng = chance(self._options.seed, "gaps")
        found: list[tuple[int, int, int]] = []
        for _ in range(self._options.gaps):
            begin = tenant.start + int(rng.random() * tenant.days * DAY)
            found.append((rng.whole(0, 2), begin, begin + int(rng.uniform(1, 3) * HOUR)))
        return found

    def accept(self, records: list[Record], rng: Chance, revised: float = _REVISIONS) -> None:
        """Give records an arrival and let them wait for it; ``revised`` is the share of sign-ins sent again with risk."""
        options = self._options
        for record in records:
            feed, at, uid, body = record
            if feed == SIGNINS and not options.signins:
                continue
            self._disfigure(feed, body, rng)
            line = b"".join((orjson.dumps(body), b"\n"))  # a copy of exact size
            arrival = at
            if options.lateness:
                arrival += self._delay(feed, rng)
            arrival = self._held_back(feed, arrival)
            self._keep(feed, arrival, uid, line, record)
            self.records += 1
            if feed == SIGNINS and rng.random() < revised:
                self._revise(arrival, record, rng)
            if rng.random() < options.duplicates:
                again = self._held_back(feed, arrival + int(rng.expovariate(1 / 25) * MINUTE))
                self._keep(feed, again, uid, line, record)
                self.repeats += 1

    def _revise(self, arrival: int, record: Record, rng: Chance) -> None:
        body = record.body
        level = rng.pick(("low", "low", "medium"))
        body["riskLevelAggregated"] = body["riskLevelDuringSignIn"] = level
        body["riskState"] = "atRisk"
        body["riskEventTypes_v2"] = [rng.pick(("unfamiliarFeatures", "unlikelyTravel", "anonymizedIPAddress"))]
        later = self._held_back(SIGNINS, arrival + int(rng.uniform(5, 90) * MINUTE))
        self._keep(SIGNINS, later, record.uid, b"".join((orjson.dumps(body), b"\n")), record)
        self.revisions += 1

    def _held_back(self, feed: int, arrival: int) -> int:
        for gap_feed, begin, end in self._gaps:
            if gap_feed == feed and begin <= arrival < end:
                return end
        return arrival

    def _disfigure(self, feed: int, body: Body, rng: Chance) -> None:
        if rng.random() < self._options.missing_fields:
            keys = _OPTIONAL_SIGNIN if feed == SIGNINS else _OPTIONAL if feed == MANAGEMENT else ("fromIP", "subject")
            body.pop(rng.pick(keys), None)
        if feed == MANAGEMENT and rng.random() < _VARIANTS and "@" in body["UserId"]:
            user: str = body["UserId"]
            body["UserId"] = user.upper() if rng.random() < 0.5 else user.title()


class Delivery(Arrivals):
    """Writes records in order of arrival, holding back only what has not arrived yet."""

    def __init__(self, options: SimulationOptions, tenant: Tenant, folder: Path) -> None:
        super().__init__(options, tenant)
        self._waiting: list[list[tuple[int, str, bytes]]] = [[] for _ in FEED_FILES]
        self._files: dict[int, IO[bytes]] = {}
        self._folder = folder
        self.lines = [0] * len(FEED_FILES)
        self.size = 0

    def _keep(self, feed: int, arrival: int, uid: str, line: bytes, record: Record) -> None:
        self._waiting[feed].append((arrival, uid, line))

    def flush(self, before: int) -> None:
        """Write everything that arrived before a moment."""
        for feed, waiting in enumerate(self._waiting):
            ready = [item for item in waiting if item[0] < before]
            if not ready:
                continue
            self._waiting[feed] = [item for item in waiting if item[0] >= before]
            ready.sort()
            self._write(feed, [item[2] for item in ready])

    def _write(self, feed: int, lines: list[bytes]) -> None:
        stream = self._files.get(feed)
        if stream is None:
            path = self._folder / FEED_FILES[feed]
            stream = self._files[feed] = _open(path)
        data = b"".join(lines)
        stream.write(data)
        self.size += len(data)
        self.lines[feed] += len(lines)

    def close(self) -> None:
        """Write the rest and close the files."""
        self.flush(1 << 62)
        for stream in self._files.values():
            stream.close()


class _Gzip(gzip.GzipFile):
    """A gzip file without a time stamp and name, so that equal content gives equal bytes; closes what it wraps."""

    def __init__(self, path: Path) -> None:
        self._raw = path.open("wb")
        super().__init__(filename="", mode="wb", compresslevel=1, fileobj=self._raw, mtime=0)

    def close(self) -> None:
        super().close()
        self._raw.close()


def _open(path: Path) -> IO[bytes]:
    return _Gzip(path)  # type: ignore[return-value]

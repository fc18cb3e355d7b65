"""The tenant profile: what is ordinary in a tenant, an immutable value per tenant and day. Layer: schemas.

It reaches an account as an entry of the account's own log and is the only thing that one account may learn from others.
Counts are person-days, decayed with a half-life of 30 days. Its id is in every finding.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field

import orjson

PROFILE_BYTES_MAX = 262_144
# Share of a week's mail by hour, workday then weekend: an office's ordinary shape, used until a tenant has its own
# (the generator's diurnal profile of detection-science 4.1: eight working hours, one tenth at weekends).
OFFICE_DAY = (1, 1, 1, 1, 1, 2, 5, 12, 26, 34, 36, 33, 24, 30, 34, 32, 27, 18, 10, 7, 5, 4, 2, 1)


def office_season() -> tuple[float, ...]:
    """Shipped 48-cell shape, sums to 1: five working days carry twelve times the weekend's two."""
    cells = [5 * share for share in OFFICE_DAY] + [0.25 * share for share in OFFICE_DAY]
    total = sum(cells)
    return tuple(cell / total for cell in cells)


@dataclass(slots=True, frozen=True)
class Profile:
    """What a tenant's accounts have in common. `day` is the last day it covers (days since 1970-01-01 UTC), -1 at start.

    `popularity[kind][value]` are person-days; `person_days` their denominator. `thresholds` are the review thresholds in
    nats. `rates` are rare acts per person-day. `priors` are the parameters of a `SurgePrior` by series.
    """

    tenant: str
    day: int
    home_domains: tuple[str, ...] = ()
    days: int = 0  # closed days behind it
    people: float = 0.0  # people of an ordinary day
    person_days: float = 0.0
    popularity: dict[str, dict[str, float]] = field(default_factory=dict)
    season: tuple[float, ...] = field(default_factory=office_season)
    priors: dict[str, dict[str, float]] = field(default_factory=dict)
    rates: dict[str, float] = field(default_factory=dict)
    review_nats: float = 10.1
    account_days: float = 0.0
    id: str = ""

    def share(self, kind: str, value: str, own: float = 0.0) -> float:
        """Share of the other people's person-days with this value, own days subtracted; 0 when never seen."""
        others = self.person_days - own
        count = self.popularity.get(kind, {}).get(value, 0.0) - own
        return count / others if count > 0.0 and others > 0.0 else 0.0


def encode_profile(profile: Profile) -> bytes:
    """JSON bytes with sorted keys; the id is a hash of the rest, so equal profiles are equal bytes."""
    body = asdict(profile)
    body.pop("id")
    digest = hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]
    body["id"] = f"{profile.tenant}/{profile.day}/{digest}"
    return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)


def decode_profile(value: bytes) -> Profile:
    """Read a profile; ValueError when the bytes are none."""
    try:
        body = orjson.loads(value)
        body["home_domains"] = tuple(body["home_domains"])
        body["season"] = tuple(body["season"])
        return Profile(**body)
    except (TypeError, KeyError) as error:
        raise ValueError("the value is not a tenant profile") from error

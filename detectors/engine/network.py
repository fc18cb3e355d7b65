"""What is known of an address, and who may tell. Layer: detectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class NetworkFact:
    """Facts of one address; None where the data are silent. Degrees; `accuracy_km` is the radius of the position."""

    asn: int | None = None
    org: str | None = None
    country: str | None = None  # ISO 3166 alpha-2, upper case
    city: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    accuracy_km: float = 500.0


class NetworkLookup(Protocol):
    """Network data of one version. `knowledge_id` changes whenever an answer may."""

    knowledge_id: str

    def fact(self, ip: str) -> NetworkFact:
        """What is known of a canonical address; an empty fact when nothing is."""
        ...

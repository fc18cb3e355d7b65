"""Networks and figures as people say them. Layer: detectors."""

from __future__ import annotations

from detectors.engine.network import NetworkFact
from schemas.text import printable

EVERYWHERE = "tenant"  # the entity that is all networks new to somebody
_SOFTWARE_DIGITS = 8
_ROUND_FROM = 100  # counts below are said as they are


def network_words(entity: str, fact: NetworkFact | None = None) -> str:
    """`asn:14061` -> "AS14061", or "DigitalOcean (AS14061)" where the fact of one of its addresses names that network's owner.

    A further `/<hash>` is one kind of software there; `tenant` is several addresses, whatever their networks; an address or a
    prefix stays as it is.
    """
    if entity == EVERYWHERE:
        return "several addresses"
    network, separator, software = entity.rpartition("/")
    if not separator or len(software) != _SOFTWARE_DIGITS:
        network = entity
    network = network.removeprefix("net:")
    if not network.startswith("asn:"):
        return network
    number = network.removeprefix("asn:")
    if fact is not None and fact.org and str(fact.asn) == number:
        return f"{printable(fact.org, 60)} (AS{number})"
    return f"AS{number}"


def at_least(count: int) -> str:
    """A count of which only a lower bound is known: "at least 46"; from 100 on two figures, "more than 8,700"."""
    step = 10 ** (len(str(count)) - 2) if count >= _ROUND_FROM else 1
    rounded = count - count % step
    return f"more than {rounded:,}" if rounded < count else f"at least {count:,}"


def about(mean: float) -> str:
    """An expected count: "hardly any", "about 3", "about 1,200"."""
    return "hardly any" if mean < 0.5 else f"about {round(mean):,}"

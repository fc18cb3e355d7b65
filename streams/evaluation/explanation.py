"""Does an incident explain itself rightly: reasons, order of stages, purity of its evidence. Layer: streams."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from streams.evaluation.messages import Evidence
from streams.evaluation.truth import Attack

TOP_REASONS = 3
_CONTAINED_MIN = 4  # shorter words must be equal: "ip" is in "recipient", "asn" in nothing it means
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORDS = re.compile(r"[\W_]+")
_ENDINGS = ("ings", "ing", "ies", "ied", "es", "ed", "s", "e", "y")


def stem(word: str) -> str:
    """A word without its ending, as long as three letters stay: "deleted", "deletes" and "delete" are one."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def words(text: str) -> list[str]:
    """The stems of a feature's words, whichever way it is spelled."""
    return [stem(word) for word in _WORDS.split(_CAMEL.sub(" ", text).lower()) if word]


def same_feature(one: str, other: str) -> bool:
    """Say whether every word of one is found among the words of the other."""
    mine, theirs = words(one), words(other)
    if not mine or not theirs:
        return False
    return _all_in(mine, theirs) or _all_in(theirs, mine)


def explained(attack: Attack, evidence: Sequence[Evidence]) -> bool:
    """Say whether a key feature is among the three strongest reasons of all evidence; a feature counts once."""
    top = strongest_features(evidence)[:TOP_REASONS]
    return any(same_feature(key, feature) for key in attack.key_features for feature in top)


def strongest_features(evidence: Iterable[Evidence]) -> list[str]:
    """Features of all reasons, the one with the greatest nats first; ties by name."""
    best: dict[str, float] = {}
    for item in evidence:
        for reason in item.reasons:
            best[reason.feature] = max(reason.nats, best.get(reason.feature, reason.nats))
    return sorted(best, key=lambda feature: (-best[feature], feature))


def in_order(attack: Attack, evidence: Iterable[Evidence]) -> bool:
    """Say whether the attack's stages begin in the incident in the order in which they were played.

    Looked at are the attack's own records: a stage of the truth counts when one of its records is evidence. None that
    carries its right name is not in order.
    """
    own = [item for item in evidence if item.uid in attack.records]
    uids = {item.uid for item in own}
    played, told = {}, {}
    for step in sorted(attack.steps, key=lambda step: -step.time_ms):
        if step.records & uids:
            played[step.stage] = step.time_ms
    for item in sorted(own, key=lambda item: -item.time_ms):
        told[item.stage] = item.time_ms
    shared = sorted(played.keys() & told.keys(), key=lambda stage: (played[stage], told[stage]))
    times = [told[stage] for stage in shared]
    return bool(times) and times == sorted(times)


def purity(attack: Attack, evidence: Sequence[Evidence]) -> float:
    """Share of the evidence that belongs to the attack."""
    return sum(item.uid in attack.records for item in evidence) / len(evidence) if evidence else 0.0


def _all_in(some: list[str], others: list[str]) -> bool:
    return all(any(_same_word(word, other) for other in others) for word in some)


def _same_word(one: str, other: str) -> bool:
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    return len(short) >= _CONTAINED_MIN and short in long

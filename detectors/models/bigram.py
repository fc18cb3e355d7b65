"""How unlike a name a person gives a mailbox rule or folder looks. Layer: detectors.

Character-bigram likelihood of the words of a language mixture against that of three ways to make a name up: letters
drawn evenly, letters and digits drawn evenly, keys struck at random on the home rows (detection-science 1.2).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Hashable
from functools import cache
from itertools import pairwise
from typing import Any

from river import base

from detectors.models.name_words import NAME_WORDS

RANDOM_NATS = 3.0  # what a name that is certainly made up is worth
HIDDEN_NATS = 3.0  # blank, punctuation, one or two characters
_EDGE, _DIGIT, _SYMBOLS = 0, 27, 28  # 1..26 are a..z
_LETTER = -math.log(26)  # ln of the chance of one letter, of one among letters and digits, of any digit
_ALPHANUMERIC = -math.log(36)
_ANY_DIGIT = math.log(10 / 36)
_END, _ON = math.log(1 / 9), math.log(8 / 9)  # a made-up name ends, or goes on, after a character
_LN2 = math.log(2.0)
_ACRONYM = 5  # letters; capitals alone up to here say nothing
_PRIOR = -2.5  # log odds of a made-up name
_FLAT = -20.0  # unlikely enough
_TOKEN = re.compile(r"[A-Za-z0-9]+")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_FOLD = str.maketrans({"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th"})
_CODES = {**{chr(96 + code): code for code in range(1, 27)}, **dict.fromkeys("0123456789", _DIGIT)}


class NameRandomness(base.AnomalyDetector):
    """P(made up | name) times 3.0 nats; 3.0 for names that hide (blank, punctuation, one or two characters).

    `score_one({"name": text})` in 0..3 nats; `learn_one({"name": text})` counts the bigrams of an ordinary name. The
    shipped words are learnt at the start. P(b | a) = (n_ab + s q_b) / (n_a + s), q the share of b among all, s =
    `smoothing`. Scripts other than Latin say nothing for or against.
    """

    def __init__(self, smoothing: float = 6.0) -> None:
        self.smoothing = smoothing
        self._counts = [0] * (_SYMBOLS * _SYMBOLS)
        self._table: list[float] = []  # ln P(b | a) at a * 28 + b; empty: to be computed
        for word in NAME_WORDS:
            self.learn_one({"name": word})

    def learn_one(self, x: dict[Hashable, Any]) -> None:
        """Count the bigrams of a name."""
        for token in _tokens(_folded(str(x.get("name", "")))):
            for before, after in pairwise(_codes(token)):
                self._counts[before * _SYMBOLS + after] += 1
        self._table = []

    def score_one(self, x: dict[Hashable, Any]) -> float:
        """Nats; see the class."""
        text = _folded(str(x.get("name", ""))[:80].strip())
        tokens = _tokens(text)
        if len(text) <= 2 or sum(map(len, tokens)) <= 1:
            return 0.0 if _other_script(text) else HIDDEN_NATS
        log_odds = _PRIOR + sum(self._evidence(token) for token in tokens)
        return RANDOM_NATS / (1.0 + math.exp(-log_odds)) if log_odds > -30.0 else 0.0

    def _evidence(self, token: str) -> float:
        """ln P(token | made up) - ln P(token | a word)."""
        if len(token) <= _ACRONYM and token.isupper() and token.isalpha():
            return 0.0
        codes = _codes(token)
        table, keys = self._table or self._tabulate(), _keys()
        cells = [before * _SYMBOLS + after for before, after in pairwise(codes)]
        word, mash = sum(map(table.__getitem__, cells)), sum(map(keys.__getitem__, cells))
        length = len(token)
        digits = codes.count(_DIGIT)
        even = digits * _ANY_DIGIT + (length - digits) * (_ALPHANUMERIC if digits else _LETTER)
        even += _END + (length - 1) * _ON
        best = max(even, mash)
        return best + math.log1p(math.exp(min(even, mash) - best)) - _LN2 - word

    def _tabulate(self) -> list[float]:
        counts = self._counts
        rows = [counts[row * _SYMBOLS : (row + 1) * _SYMBOLS] for row in range(_SYMBOLS)]
        total = sum(counts) + _SYMBOLS
        shares = [(sum(column) + 1) / total for column in zip(*rows, strict=True)]
        s = self.smoothing
        self._table = [
            math.log((count + s * share) / (sum(row) + s))
            for row in rows
            for count, share in zip(row, shares, strict=True)
        ]
        return self._table


def _folded(text: str) -> str:
    """Without accents and in compatibility form; capitals stay."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKD", text.translate(_FOLD))
    return "".join(char for char in plain if not unicodedata.combining(char))


def _tokens(text: str) -> list[str]:
    """Runs of ASCII letters and digits."""
    return _TOKEN.findall(text)


def _codes(token: str) -> list[int]:
    return [_EDGE, *map(_CODES.__getitem__, token.lower()), _EDGE]


def _other_script(text: str) -> bool:
    """Has a letter of another script or a pictogram."""
    return any(not char.isascii() and unicodedata.category(char) in {"Lo", "Ll", "Lu", "Lt", "So"} for char in text)


@cache
def _keys() -> list[float]:
    """ln P(b | a) of keys struck at random: half a neighbour or the same key, a third the home row, the rest any."""
    table = [_FLAT] * (_SYMBOLS * _SYMBOLS)
    places = {_CODES[key]: (row, place + row / 2) for row, keys in enumerate(_ROWS) for place, key in enumerate(keys)}
    for before in range(_DIGIT):
        near = [key for key in places if before and _distance(places[before], places[key]) <= 1.2]
        for after, (row, _) in places.items():
            chance = 0.15 / 26 + (0.35 / 9 if row == 1 else 0.0) + (0.5 / len(near) if after in near else 0.0)
            chance /= 1.0 if before else 0.5
            table[before * _SYMBOLS + after] = math.log(min(chance, 1.0)) + (_ON if before else 0.0)
        table[before * _SYMBOLS + _EDGE] = _END
    return table


def _distance(one: tuple[int, float], other: tuple[int, float]) -> float:
    return math.hypot(one[0] - other[0], one[1] - other[1])

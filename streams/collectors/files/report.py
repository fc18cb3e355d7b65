"""What was read, and what could not be: the sums behind the summary line. Layer: streams."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from schemas.text import printable

_NAMES_MAX = 1_000  # distinct names remembered; later ones are summed as `OTHERS`
_NAME_CHARACTERS_MAX = 80
TOP = 50
OTHERS = "(others)"


class NameCounter:
    """Counts by name in bounded memory. Names are made safe to print."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()

    def add(self, name: str) -> None:
        """Count one."""
        if name not in self._counts:
            name = printable(name, _NAME_CHARACTERS_MAX)
            if name not in self._counts and len(self._counts) >= _NAMES_MAX:
                name = OTHERS
        self._counts[name] += 1

    def top(self, size: int = TOP) -> list[tuple[str, int]]:
        """The most frequent names, most frequent first, ties by name; the rest is summed as the last."""
        ranked = sorted(self._counts.items(), key=lambda item: (item[0] == OTHERS, -item[1], item[0]))
        if len(ranked) <= size:
            return ranked
        return [*ranked[: size - 1], (OTHERS, sum(count for _, count in ranked[size - 1 :]))]

    def total(self) -> int:
        """Sum over all names."""
        return self._counts.total()


@dataclass(slots=True)
class ReadReport:
    """Accounting of one run. `read` is the sum of its parts at any time, so that nothing is lost unseen.

    `revisions` are part of `distinct`. `reasons` counts unreadables by reason. `undetailed_operations` and
    `undetailed_record_types` count records that were read but have no detail a detector could look into.
    """

    distinct: int = 0
    duplicates: int = 0
    unreadable: int = 0
    revisions: int = 0
    files: int = 0
    empty_files: int = 0
    reasons: NameCounter = field(default_factory=NameCounter)
    undetailed_operations: NameCounter = field(default_factory=NameCounter)
    undetailed_record_types: NameCounter = field(default_factory=NameCounter)

    @property
    def read(self) -> int:
        """Everything that was met: distinct + duplicates + unreadable."""
        return self.distinct + self.duplicates + self.unreadable

    @property
    def nothing_readable(self) -> bool:
        """True where there was input and none of it could be read (exit status 2)."""
        return self.unreadable > 0 and self.distinct + self.duplicates + self.empty_files == 0

"""The truth of a labelled set (contracts 6), read and checked before anything is measured. Layer: streams."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from schemas.contracts.incident import Stage

Body = Mapping[str, object]
_STAGES = frozenset(stage.value for stage in Stage)


class TruthError(Exception):
    """A labelled set that cannot be measured against: one line for each problem."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class _Problem(Exception):
    """One thing that is wrong with a line."""


@dataclass(slots=True, frozen=True)
class Meta:
    """What was recorded: so many accounts for so many days."""

    accounts: int
    days: float
    home_domains: tuple[str, ...]
    records: int


@dataclass(slots=True, frozen=True)
class Step:
    """One stage of an attack as it was played."""

    stage: str
    technique: str
    records: frozenset[str]
    time_ms: int


@dataclass(slots=True, frozen=True)
class Attack:
    """An attack, or (in hard_negatives.jsonl, with a `kind`) a benign look-alike. Accounts are lower case."""

    attack_id: str
    scenario: str
    accounts: frozenset[str]
    start_ms: int
    end_ms: int
    records: frozenset[str]
    steps: tuple[Step, ...]
    key_features: tuple[str, ...]
    recipients_before: tuple[tuple[int, int], ...]
    description: str
    kind: str = ""

    @property
    def is_spray(self) -> bool:
        """True when it tried many accounts, so that its network may stand for it."""
        return len(self.accounts) > 1 or any(step.technique.startswith("T1110") for step in self.steps)

    def recipients_at(self, time_ms: int) -> int:
        """External recipients mailed up to and including this time."""
        return max((total for at, total in self.recipients_before if at <= time_ms), default=0)


@dataclass(slots=True, frozen=True)
class LabelledSet:
    """One folder with `input/` and `truth/`."""

    folder: Path
    meta: Meta
    attacks: tuple[Attack, ...]
    negatives: tuple[Attack, ...]

    @property
    def input(self) -> Path:
        """The vendor files."""
        return self.folder / "input"


def load_set(folder: Path) -> LabelledSet:
    """Read one labelled set; raise TruthError naming every problem with file and line."""
    problems: list[str] = []
    if not (folder / "input").is_dir():
        problems.append(f"{folder / 'input'}: no such folder")
    meta = _meta(folder / "truth" / "meta.json", problems)
    attacks = _attacks(folder / "truth" / "attacks.jsonl", _attack, problems)
    negatives = _attacks(folder / "truth" / "hard_negatives.jsonl", _negative, problems)
    if problems or meta is None:
        raise TruthError(tuple(problems))
    return LabelledSet(folder, meta, attacks, negatives)


def _meta(path: Path, problems: list[str]) -> Meta | None:
    try:
        body = _object(path.read_bytes())
        days = body.get("days")
        if not isinstance(days, int | float) or isinstance(days, bool) or days <= 0:
            raise _Problem('"days" is not a number above 0')
        accounts = _whole(body, "accounts")
        if accounts == 0:
            raise _Problem('"accounts" is 0')
        return Meta(accounts, float(days), _texts(body, "home_domains"), _whole(body, "records"))
    except OSError as error:
        problems.append(f"{path}: {error.strerror or 'cannot be read'}")
    except _Problem as problem:
        problems.append(f"{path}: {problem}")
    return None


def _attacks(path: Path, parse: Callable[[Body], Attack], problems: list[str]) -> tuple[Attack, ...]:
    found: dict[str, Attack] = {}
    try:
        for number, line in _lines(path):
            try:
                attack = parse(_object(line))
                if attack.attack_id in found:
                    raise _Problem(f'"attack_id" {attack.attack_id} appears twice')
                found[attack.attack_id] = attack
            except _Problem as problem:
                problems.append(f"{path}:{number}: {problem}")
    except OSError as error:
        problems.append(f"{path}: {error.strerror or 'cannot be read'}")
    return tuple(found.values())


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                yield number, line


def _attack(body: Body) -> Attack:
    start, end = _whole(body, "start_ms"), _whole(body, "end_ms")
    if end < start:
        raise _Problem('"end_ms" is before "start_ms"')
    records = frozenset(_texts(body, "record_uids"))
    if not records:
        raise _Problem('"record_uids" is empty')
    steps = tuple(_step(entry) for entry in _list(body, "stages"))
    strangers = sorted(uid for step in steps for uid in step.records - records)
    if strangers:
        raise _Problem(f'a stage has record {strangers[0]}, which is not in "record_uids"')
    return Attack(
        attack_id=_text(body, "attack_id"),
        scenario=_text(body, "scenario"),
        accounts=_accounts(body),
        start_ms=start,
        end_ms=end,
        records=records,
        steps=steps,
        key_features=_texts(body, "key_features"),
        recipients_before=_recipients(body),
        description=str(body.get("description", "")),
        kind=str(body.get("kind", "")),
    )


def _negative(body: Body) -> Attack:
    """A benign look-alike: whatever its author calls its stages, they are no stages of an attack and nothing asks for them."""
    _text(body, "kind")
    return _attack({"key_features": [], "recipients_before": [], **body, "stages": []})


def _step(entry: object) -> Step:
    if not isinstance(entry, dict):
        raise _Problem('"stages" has an entry that is no object')
    stage = _text(entry, "stage")
    if stage not in _STAGES:
        raise _Problem(f'"stage" {stage} is none of {", ".join(sorted(_STAGES))}')
    return Step(stage, _text(entry, "technique"), frozenset(_texts(entry, "record_uids")), _whole(entry, "time_ms"))


def _accounts(body: Body) -> frozenset[str]:
    account = body.get("account")
    names = [account] if isinstance(account, str) else account
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        raise _Problem('"account" is neither a name nor a list of names')
    return frozenset(name.lower() for name in names)


def _recipients(body: Body) -> tuple[tuple[int, int], ...]:
    points: list[tuple[int, int]] = []
    for entry in _list(body, "recipients_before"):
        if not (isinstance(entry, list) and len(entry) == 2 and all(type(number) is int for number in entry)):
            raise _Problem('"recipients_before" has an entry that is not [ms, recipients]')
        point = (entry[0], entry[1])
        if points and (point[0] < points[-1][0] or point[1] < points[-1][1]):
            raise _Problem('"recipients_before" goes back')
        points.append(point)
    return tuple(points)


def _object(data: bytes) -> Body:
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise _Problem(f"not JSON: {error.msg}") from None
    if not isinstance(body, dict):
        raise _Problem("not a JSON object")
    return body


def _list(body: Body, name: str) -> list[object]:
    value = body.get(name)
    if not isinstance(value, list):
        raise _Problem(f'"{name}" is not a list')
    return value


def _texts(body: Body, name: str) -> tuple[str, ...]:
    values = _list(body, name)
    texts = tuple(value for value in values if isinstance(value, str) and value)
    if len(texts) != len(values):
        raise _Problem(f'"{name}" has an entry that is no text')
    return texts


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise _Problem(f'"{name}" is missing or no text')
    return value


def _whole(body: Body, name: str) -> int:
    value = body.get(name)
    if type(value) is not int or value < 0:
        raise _Problem(f'"{name}" is not a whole number')
    return value

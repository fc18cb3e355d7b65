"""The registered detectors keep their promises, and the check finds it when one does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from detectors.accounts.inbox_rule import InboxRuleDetector, RuleState
from detectors.accounts.send_state import SendState
from detectors.accounts.send_surge import SendSurgeDetector
from detectors.checks import DetectorDefect, check_detector, check_registry
from detectors.engine.detector import Context, Detector, Evidence
from detectors.registry import account_detectors
from schemas.contracts.incident import Reason
from schemas.records.event import AuditEvent, InboxRule
from tests.unit.detectors.examples import examples, notices

DETECTORS = {detector.info.id: detector for detector in account_detectors()}


def test_ids_and_numbers_are_unique() -> None:
    check_registry(account_detectors())
    with pytest.raises(DetectorDefect, match="inbox-rule"):
        check_registry([InboxRuleDetector(), InboxRuleDetector()])


@pytest.mark.parametrize("name", sorted(DETECTORS))
def test_registered_detector(name: str) -> None:
    check_detector(DETECTORS[name], examples(name), notices(name))


class _Broken(InboxRuleDetector):
    """A sound detector, for breaking one promise at a time."""


def _said(detector: Detector[Any]) -> str:
    with pytest.raises(DetectorDefect) as caught:
        check_detector(detector, examples("inbox-rule"))
    text = str(caught.value)
    assert "\n" not in text
    return text


class _NoDocstring(InboxRuleDetector):
    __doc__ = None


def test_it_says_what_it_is() -> None:
    assert "docstring" in _said(_NoDocstring())
    changes: list[tuple[dict[str, Any], str]] = [
        ({"id": "InboxRule"}, "kebab-case"),
        ({"number": 3}, "number from 16"),
        ({"misses": " "}, "empty: misses"),
        ({"techniques": ()}, "empty: techniques"),
    ]
    for change, words in changes:
        broken = _Broken()
        broken.info = replace(InboxRuleDetector.info, **change)
        assert words in _said(broken)


class _Counting(_Broken):
    """Remembers outside its state."""

    seen = 0

    def observe(self, state: RuleState, event: AuditEvent, context: Context) -> Sequence[Evidence]:
        self.seen += 1
        found = super().observe(state, event, context)
        return found if self.seen % 3 else ()


class _Forgetful(_Broken):
    """Leaves something out of its bytes."""

    def dump(self, state: RuleState) -> bytes:
        return super().dump(replace(state, recent=[]))


class _Credulous(_Broken):
    """Accepts any bytes."""

    def load(self, data: bytes, version: int) -> RuleState:
        try:
            return super().load(data, version)
        except ValueError:
            return self.start()


class _Brittle(_Broken):
    """Trusts that there is a name."""

    def observe(self, state: RuleState, event: AuditEvent, context: Context) -> Sequence[Evidence]:
        if isinstance(event.detail, InboxRule):
            assert event.detail.name is None or event.detail.name[0] != "\x1b"
        return super().observe(state, event, context)


class _Greedy(SendSurgeDetector):
    """Learns what it was told to forget."""

    def seal(self, state: SendState, day: int, learn: bool, context: Context) -> None:
        super().seal(state, day, True, context)


class _Editing(_Broken):
    """Changes every evidence it gives."""

    def __init__(self, **changes: Any) -> None:
        self.changes = changes

    def observe(self, state: RuleState, event: AuditEvent, context: Context) -> Sequence[Evidence]:
        return [replace(evidence, **self.changes) for evidence in super().observe(state, event, context)]


def test_it_notices_broken_state() -> None:
    assert "pure function" in _said(_Counting()) or "restart" in _said(_Counting())
    assert "restart" in _said(_Forgetful())
    assert "refuses damaged bytes" in _said(_Credulous())
    assert "never raises" in _said(_Brittle())
    with pytest.raises(DetectorDefect, match="forgets a day"):
        check_detector(_Greedy(), examples("send-surge"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"nats": 99.0}, "explains its score"),
        ({"nats": float("nan"), "reasons": (Reason("x", "", "", float("nan")),)}, "explains its score"),
        ({"sentence": "A rule was made"}, "full stop"),
        ({"sentence": "A \x1b[31mrule\x1b[0m was made."}, "printable"),
        ({"sentence": "A rule of ada.quill@home.example was made."}, "account's name"),
        ({"advice": ""}, "full stop"),
        ({"detector": "another"}, "signs"),
        ({"stage": "evasion"}, "stage"),
        ({"value": ""}, "value"),
    ],
)
def test_it_notices_unsound_evidence(changes: dict[str, Any], words: str) -> None:
    assert words in _said(_Editing(**changes))


def test_it_refuses_to_prove_nothing() -> None:
    with pytest.raises(DetectorDefect, match="none of the events"):
        check_detector(InboxRuleDetector(), examples("send-surge"))

"""Which detectors there are: one line each, in order of their numbers. Layer: detectors."""

from __future__ import annotations

from typing import Any

from detectors.accounts.inbox_rule import InboxRuleDetector
from detectors.accounts.send_surge import SendSurgeDetector
from detectors.engine.detector import Detector


def account_detectors() -> tuple[Detector[Any], ...]:
    """Detectors that judge an account by its own records."""
    return (
        InboxRuleDetector(),
        SendSurgeDetector(),
    )

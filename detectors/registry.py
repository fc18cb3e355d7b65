"""Which detectors there are: one line each, in order of their numbers. Layer: detectors."""

from __future__ import annotations

from typing import Any

from detectors.accounts.inbox_rule import InboxRuleDetector
from detectors.accounts.send_surge import SendSurgeDetector
from detectors.engine.detector import Detector
from detectors.engine.entity_engine import EntityDetector
from detectors.entities.tenant import TenantEntity


def account_detectors() -> tuple[Detector[Any], ...]:
    """Detectors that judge an account by its own records."""
    return (
        InboxRuleDetector(),
        SendSurgeDetector(),
    )


def entity_detectors() -> tuple[EntityDetector[Any], ...]:
    """Detectors that judge what accounts have in common: networks, the tenant."""
    return (TenantEntity(),)

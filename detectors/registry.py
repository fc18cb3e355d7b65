"""Which detectors there are: one line each. Layer: detectors."""

from __future__ import annotations

from typing import Any

from detectors.accounts.audit_tampering import AuditTamperingDetector
from detectors.accounts.impossible_session import ImpossibleSessionDetector
from detectors.accounts.inbox_rule import InboxRuleDetector
from detectors.accounts.send_surge import SendSurgeDetector
from detectors.accounts.spray_success import SpraySuccessDetector
from detectors.engine.detector import Detector
from detectors.engine.entity_engine import EntityDetector
from detectors.entities.password_spray import PasswordSpray
from detectors.entities.tenant import TenantEntity


def account_detectors() -> tuple[Detector[Any], ...]:
    """Detectors that judge an account by its own records, in the order in which they see one: who knows places comes first."""
    return (
        ImpossibleSessionDetector(),
        InboxRuleDetector(),
        SendSurgeDetector(),
        SpraySuccessDetector(),
        AuditTamperingDetector(),
    )


def entity_detectors() -> tuple[EntityDetector[Any], ...]:
    """Detectors that judge what accounts have in common: networks, the tenant."""
    return (TenantEntity(), PasswordSpray())

"""Measuring what Watchpost finds against labelled sets: recall, false incidents, time, explanation. Layer: streams."""

from __future__ import annotations

from streams.evaluation.evaluate import Messages, RecordTimes, evaluate
from streams.evaluation.messages import MessageError
from streams.evaluation.report import EvaluationReport
from streams.evaluation.tables import tables
from streams.evaluation.truth import Meta, TruthError

__all__ = ["EvaluationReport", "MessageError", "Messages", "Meta", "RecordTimes", "TruthError", "evaluate", "tables"]

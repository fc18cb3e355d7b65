"""What a fold may cause. Layer: detectors.

`AccountEngine.fold(entry) -> list[Effect]` and `EntityEngine.fold(signal) -> list[Effect]`: a driver carries effects out
(or keeps them) and never looks inside.
"""

from __future__ import annotations

from schemas.contracts.incident import Incident
from schemas.contracts.log import LogEntry
from schemas.contracts.signal import Contribution, Signal, Watermark

Effect = Incident | Signal | Contribution | Watermark | LogEntry

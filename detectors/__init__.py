"""The pure core: engine, models, detectors, incidents. Layer: detectors (imports schemas only; no clock, no I/O)."""

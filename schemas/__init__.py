"""Contracts: vendor records, the log, signals, incidents. Layer: schemas (imports nothing of ours; no clock, no I/O)."""

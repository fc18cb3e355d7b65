"""What crosses a process boundary: log entries, signals, profiles, incidents, topics. Layer: schemas."""

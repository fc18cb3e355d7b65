"""The embedded driver behind `watchpost run`: log, states, incidents and outbox in one SQLite file. Layer: streams."""

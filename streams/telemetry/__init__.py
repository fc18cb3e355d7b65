"""Metrics and health of a running Watchpost (contracts 5): one catalogue, one server, no globals."""

"""Watchpost."""

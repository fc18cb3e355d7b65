"""The console that tables of commands are printed to. Layer: streams."""

from __future__ import annotations

import sys

from rich.console import Console

PLAIN_WIDTH = 140  # columns where there is no terminal


def result_console() -> Console:
    """Standard output, as wide as the terminal or as a page; markup in texts means nothing."""
    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    return Console(width=width, highlight=False, markup=False, emoji=False)

"""A disk without room is no end: `run` says so once, waits, and goes on by itself from what is stored. Layer: streams."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from streams.collectors.live.seam import JournalLost
from streams.telemetry.health import Health

ROOM_BYTES = 32 << 20  # a transaction and its log fit in; with less it would soon stop again
LOOK_SECONDS = 10.0  # of wall time between two looks
STORE = "store"  # name of the loop in `/live`
LIMIT_SECONDS = 120.0  # a store that takes no transaction for so long is not alive


class StoreFull(JournalLost):
    """The disk was full when the store was opened."""


def has_room(store: Path, needed: int = ROOM_BYTES) -> bool:
    """Whether so many bytes can be written beside the store now; they are given back."""
    path = store.with_name(f"{store.name}.room")
    try:
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    except OSError:
        return False
    try:
        os.posix_fallocate(file, 0, needed)
        return True
    except OSError:
        return False
    finally:
        os.close(file)
        with suppress(OSError):
            path.unlink()


def wait_for_room(
    store: Path, health: Health, stop: threading.Event, say: Callable[[str], None], seconds: float = LOOK_SECONDS
) -> bool:
    """Wait until there is room; False when `stop` was set before. Meanwhile the process is alive and not ready."""
    loop = health.loop(STORE, LIMIT_SECONDS)
    health.set("disk", "the disk is full")
    try:
        while not stop.wait(seconds):
            loop.beat()
            if has_room(store):
                say(f"{store}: there is room again; going on from what is stored")
                return True
        return False
    finally:
        health.set("disk")

"""`watchpost` with a sampler beside it: on what its threads spend their time.

`python -m tests.bench.live_profile OUT ARGUMENT...`. Every hundredth of a second each thread's processor time since the
last look (Linux: `schedstat`) is put to the account of what the thread is at, and so is its wall time where it waits for its
turn at the service or at the store. OUT is written every two seconds.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType

import orjson

EVERY_SECONDS = 0.01
_WRITE_SECONDS = 2.0
# The innermost frame that one of these names decides: end of the file's path, function ("" for any), what it is.
_PLACES = (
    ("streams/cloud/http.py", "_admit", "wait: request budget"),
    ("streams/cloud/http.py", "", "http"),
    ("streams/cloud/tokens.py", "", "http"),
    ("streams/drivers/embedded/fair_lock.py", "", "wait: store"),
    ("streams/drivers/embedded/turns.py", "", "wait: store"),
    ("streams/drivers/embedded/archive.py", "", "archive"),
    ("streams/drivers/embedded/engine_room.py", "fold", "fold"),
    ("streams/drivers/embedded/engine_room.py", "save", "states"),
    ("streams/drivers/embedded/record_index.py", "", "record index"),
    ("streams/drivers/embedded/content_ledger.py", "", "ledger"),
    ("streams/drivers/embedded/telling.py", "", "messages"),
    ("streams/drivers/embedded/measures.py", "", "measures"),
    ("streams/drivers/embedded/outbox.py", "", "outbox"),
    ("streams/drivers/embedded/database.py", "transaction", "begin, commit"),
    ("streams/collectors/live/intake.py", "", "decode"),
    ("streams/collectors/live/verbatim.py", "", "cutting bodies"),
    ("streams/collectors/live/redaction.py", "", "cutting bodies"),
    ("streams/drivers/embedded/", "", "journal, other"),
    ("streams/collectors/files/", "", "decode"),
    ("streams/collectors/live/watch.py", "", "schedule: watch"),
    ("streams/collectors/live/schedule.py", "_end", "schedule: waiting"),
    ("streams/collectors/live/schedule.py", "_begin", "schedule: begin"),
    ("streams/collectors/live/schedule.py", "_advance", "schedule: advance"),
    ("streams/collectors/live/schedule.py", "_save", "schedule: save"),
    ("streams/collectors/live/schedule.py", "", "schedule"),
    ("streams/collectors/", "", "feeds, other"),
    ("streams/operations/live_view.py", "", "live view"),
    ("streams/sinks/", "", "sinks"),
)


def main() -> None:
    """Run the command line, sampled."""
    out = Path(sys.argv[1])
    sys.argv = ["watchpost", *sys.argv[2:]]
    threading.Thread(target=_sample, args=(out,), daemon=True).start()
    from streams.operations.cli import main as command

    command()


def _sample(out: Path) -> None:
    cpu, waits = Counter[str](), Counter[str]()
    began = written = last = time.monotonic()
    before: dict[int, int] = {}
    mine = threading.get_native_id()
    while True:
        time.sleep(EVERY_SECONDS)
        now, frames = time.monotonic(), sys._current_frames()
        for thread in threading.enumerate():
            frame, number = frames.get(thread.ident or 0), thread.native_id
            if frame is None or number is None or number == mine:
                continue
            place, spent = _place(frame, thread.name), _spent(number)
            cpu[place] += max(0, spent - before.get(number, 0))
            before[number] = spent
            if place.startswith("wait"):
                waits[place] += now - last  # type: ignore[assignment]
        last = now
        if now - written >= _WRITE_SECONDS:
            written = now
            _write(out, now - began, cpu, waits)


def _spent(number: int) -> int:
    """Processor time of a thread, nanoseconds; 0 when it has just ended."""
    try:
        with open(f"/proc/self/task/{number}/schedstat") as file:
            return int(file.read().split()[0])
    except OSError:
        return 0


def _place(frame: FrameType | None, thread: str) -> str:
    inner = frame
    while frame is not None:
        name, function = frame.f_code.co_filename, frame.f_code.co_name
        for path, wanted, place in _PLACES:
            if path in name and wanted in ("", function):
                return place
        frame = frame.f_back
    if thread.startswith("fetch"):
        return "http"
    return "other" if inner is None else f"other: {Path(inner.f_code.co_filename).stem}.{inner.f_code.co_name}"


def _write(out: Path, wall: float, cpu: Counter[str], waits: Counter[str]) -> None:
    found = {
        "wall_s": round(wall, 1),
        "cpu_s": {name: round(value / 1e9, 2) for name, value in cpu.most_common(25)},
        "waited_s": {name: round(value, 1) for name, value in waits.most_common()},
        "process_cpu_s": round(time.process_time(), 1),
        "load": round(os.getloadavg()[0], 1),
    }
    part = out.with_suffix(".part")
    part.write_bytes(orjson.dumps(found))
    part.rename(out)


if __name__ == "__main__":
    main()

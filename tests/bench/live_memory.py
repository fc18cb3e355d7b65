"""`watchpost` with a thread beside it that notes where its memory is, as Linux and glibc say.

`python -m tests.bench.live_memory OUT ARGUMENT...` writes OUT every two seconds, MiB: `anonymous` and `file` (libraries) of what
is resident; of the former what malloc has in use and has free in its arenas, `mmapped` by it one by one, and the rest, which is
Python's own small objects and stacks; Python's blocks in use, in thousands.
"""

from __future__ import annotations

import ctypes
import os
import sys
import threading
import time
from pathlib import Path

import orjson

_EVERY_SECONDS = 2.0
_MIB = 1 << 20
_FIELDS = ("arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")


class MallInfo(ctypes.Structure):
    """`struct mallinfo2` of malloc.h."""

    _fields_ = [(name, ctypes.c_size_t) for name in _FIELDS]


def main() -> None:
    """Run the command line, looked at."""
    out = Path(sys.argv[1])
    sys.argv = ["watchpost", *sys.argv[2:]]
    threading.Thread(target=_look, args=(out,), daemon=True).start()
    from streams.operations.cli import main as command

    command()


def _look(out: Path) -> None:
    library = ctypes.CDLL(None)
    library.mallinfo2.restype = MallInfo
    part = out.with_suffix(".part")
    most = 0.0
    while True:
        time.sleep(_EVERY_SECONDS)
        found = memory(library)
        most = max(most, found["anonymous"] + found["file"])
        part.write_bytes(orjson.dumps(found | {"most": round(most, 1)}))
        os.replace(part, out)


def memory(library: ctypes.CDLL) -> dict[str, float]:
    """Where this process's memory is, MiB."""
    lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":" in line)
    info = library.mallinfo2()
    anonymous, file = (int(lines[name].split()[0]) / 1024 for name in ("RssAnon", "RssFile"))
    used, free, mapped = info.uordblks / _MIB, info.fordblks / _MIB, info.hblkhd / _MIB
    figures = {
        "anonymous": anonymous,
        "file": file,
        "malloc_used": used,
        "malloc_free": free,
        "malloc_mmapped": mapped,
        "objects_and_stacks_at_least": anonymous - used - free - mapped,
        "python_blocks_thousand": sys.getallocatedblocks() / 1000,
    }
    return {name: round(value, 1) for name, value in figures.items()}


if __name__ == "__main__":
    main()

"""Writes the golden files of this release: `python -m tests.golden.write NAME`, e.g. `v0.1`.

`NAME-CASE.bin` and a line each in `digests.txt`. Nothing is ever overwritten: a changed format gets a new name, and the
old files must go on loading.
"""

from __future__ import annotations

import hashlib
import re
import sys

from tests.golden.cases import FOLDER, WRITERS


def main() -> int:
    """Exit status 0 when all were written, 1 when a file stood in the way, 2 on wrong usage."""
    if len(sys.argv) != 2 or not re.fullmatch(r"[a-z0-9.]+", sys.argv[1]):
        print("usage: python -m tests.golden.write NAME (lower case, digits, dots)", file=sys.stderr)
        return 2
    paths = {FOLDER / f"{sys.argv[1]}-{case}.bin": writer for case, writer in WRITERS.items()}
    standing = [path.name for path in paths if path.exists()]
    if standing:
        print(f"golden files are written once; these exist: {', '.join(standing)}", file=sys.stderr)
        return 1
    with (FOLDER / "digests.txt").open("a", encoding="ascii") as digests:
        for path, writer in paths.items():
            data = writer()
            path.write_bytes(data)
            digests.write(f"{hashlib.sha256(data).hexdigest()} {path.name}\n")
            print(f"{path.name}: {len(data)} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

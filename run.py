"""Set up Watchpost in ./.venv and run it: needs Python 3.11 to 3.13 and nothing else.

python3 run.py simulate --out DIR   any `watchpost` command
python3 run.py test                 set up the test tools and pass the tests
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
SCRIPTS = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
OLDEST, NEWEST = (3, 11), (3, 13)


def stop(message: str) -> None:
    """One clear line, exit status 2."""
    print(f"run.py: {message}", file=sys.stderr)
    raise SystemExit(2)


def suitable_python() -> None:
    """Go on with a Python that fits: this one, or the newest fitting one on PATH."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        other = shutil.which(f"python3.{minor}")
        if other:
            os.execv(other, [other, *sys.argv])
    stop(f"needs Python 3.11 to 3.13, this is {sys.version_info.major}.{sys.version_info.minor}; install one of them")


def installed(lock: Path) -> Path:
    """Marker file that says: exactly this lock is installed."""
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    return ENVIRONMENT / f"watchpost-{lock.stem}-{digest}"


def set_up(lock: Path) -> None:
    """Create the environment and install the lock, once; later starts cost a file lookup."""
    marker = installed(lock)
    if marker.exists():
        return
    print(f"run.py: setting up {ENVIRONMENT.name} from {lock.relative_to(ROOT)} (once)", file=sys.stderr)
    if not (SCRIPTS / "pip").exists() and not (SCRIPTS / "pip.exe").exists():
        try:
            venv.create(ENVIRONMENT, with_pip=True)
        except (OSError, subprocess.CalledProcessError):
            stop("cannot create .venv: this Python lacks ensurepip (Debian: apt install python3-venv)")
    python = str(SCRIPTS / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for arguments in (["--require-hashes", "-r", str(lock)], ["--no-deps", "-e", str(ROOT)]):
        if subprocess.run([*pip, *arguments], stdout=sys.stderr, check=False).returncode:
            stop("installing failed: see pip's lines above; nothing else was changed, run the command again")
    marker.touch()


def main(arguments: list[str]) -> None:
    """Set up what the command needs and become it."""
    suitable_python()
    testing = arguments[:1] == ["test"]
    set_up(ROOT / "requirements" / ("test.lock" if testing else "runtime.lock"))
    if testing:
        python = str(SCRIPTS / "python")
        raise SystemExit(subprocess.run([python, "-m", "tests", *arguments[1:]], cwd=ROOT, check=False).returncode)
    command = str(SCRIPTS / "watchpost")
    raise SystemExit(subprocess.run([command, *arguments], check=False).returncode)


if __name__ == "__main__":
    main(sys.argv[1:])

"""The command group: every failure is one line on standard error and a status; never a traceback. Layer: streams."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from typer.core import TyperGroup
from typer.exceptions import Abort, TyperException

from schemas.text import printable
from streams.operations.refusal import Refusal
from streams.operations.standard_error import tell

STATUS_OK, STATUS_INCOMPLETE, STATUS_REFUSED, STATUS_FOUND = 0, 1, 2, 3
STATUS_INTERNAL = 70  # EX_SOFTWARE: a defect of ours
STATUS_INTERRUPTED, STATUS_TERMINATED = 130, 143
DEBUG = "WATCHPOST_DEBUG"
_MESSAGE_CHARACTERS_MAX = 1_000
_LIBRARY_WORDS = "Value error, "  # of the library that converts values


class OneLineGroup(TyperGroup):
    """Commands return their exit status, or None for 0."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command; with `standalone_mode` exit with its status, else return it."""
        run = partial(super().main, args, prog_name, complete_var, False, windows_expand_args, **extra)
        status = _status_of(run)
        if standalone_mode:
            sys.exit(status)
        return status


def _status_of(run: Callable[[], Any]) -> int:
    """Run and translate what comes of it; tells every failure in one line."""
    _end_on_sigterm()
    try:
        result = run()
    except TyperException as error:
        return _usage(error)
    except Refusal as refusal:
        tell(str(refusal))
        return STATUS_REFUSED
    except (Abort, KeyboardInterrupt):
        result = STATUS_INTERRUPTED
    except OSError as error:
        tell(_os_line(error))
        return STATUS_REFUSED
    except MemoryError:
        tell("out of memory")
        return STATUS_INTERNAL
    except Exception as error:
        return _internal(error)
    if result == STATUS_INTERRUPTED:
        tell("interrupted")
    return result if isinstance(result, int) else STATUS_OK


def _usage(error: TyperException) -> int:
    message = error.format_message()
    if type(error).__name__ == "NoArgsIsHelpError":
        print(message, file=sys.stderr)
        return STATUS_REFUSED
    tell(printable(message.replace(_LIBRARY_WORDS, ""), _MESSAGE_CHARACTERS_MAX))
    return error.exit_code


def _os_line(error: OSError) -> str:
    what = error.strerror or type(error).__name__
    return what if error.filename is None else f"{printable(str(error.filename))}: {what}"


def _internal(error: Exception) -> int:
    """One line that a report of the defect can quote; the traceback only where WATCHPOST_DEBUG asks for it."""
    if os.environ.get(DEBUG):
        traceback.print_exc()
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(last.filename).name}:{last.lineno}"
    tell(f"internal error: {type(error).__name__} at {place}; please report it ({DEBUG}=1 shows more)")
    return STATUS_INTERNAL


def _end_on_sigterm() -> None:
    """Leave through the context managers, so that temporary files go."""

    def end(number: int, frame: FrameType | None) -> NoReturn:
        raise SystemExit(STATUS_TERMINATED)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, end)

"""What a person reads beside the result: one line at a time, and progress on a terminal. Layer: streams."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Self, TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

T = TypeVar("T")
_EVERY = 1_024  # items between two refreshes of the counter


def tell(text: str) -> None:
    """Print `watchpost: text` on standard error. What comes from records must have been made printable."""
    line(f"watchpost: {text}")


def line(text: str) -> None:
    """Print one line on standard error as it is; a closed standard error is not worth a failure."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(f"{text}\n")  # at once: tenants tell from threads of their own
        sys.stderr.flush()
    except (OSError, ValueError):
        return


class StandardError:
    """Lines and, on a terminal only, progress: the two do not disturb each other."""

    def __init__(self) -> None:
        self._progress: Progress | None = None

    def __enter__(self) -> Self:
        if sys.stderr is not None and sys.stderr.isatty():
            columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            console = Console(stderr=True, highlight=False, markup=False)
            self._progress = Progress(
                *columns, TimeElapsedColumn(), console=console, transient=True, redirect_stdout=False
            )
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = None

    def tell(self, text: str) -> None:
        """Print `watchpost: text`, above the progress where there is one."""
        if self._progress is None:
            tell(text)
        else:
            self._progress.console.print(Text(f"watchpost: {text}"), soft_wrap=True)

    def counted(self, items: Iterable[T], what: str, total: int | None = None) -> Iterable[T]:
        """The same items, counted before a person's eyes."""
        return items if self._progress is None else _counted(items, self._progress, what, total)


def _counted(items: Iterable[T], progress: Progress, what: str, total: int | None) -> Iterator[T]:
    task = progress.add_task(what, total=total)
    waiting = 0
    for item in items:
        yield item
        waiting += 1
        if waiting == _EVERY:
            progress.update(task, advance=waiting)
            waiting = 0
    progress.update(task, advance=waiting)
    progress.remove_task(task)

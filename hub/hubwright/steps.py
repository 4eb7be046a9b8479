"""Named steps on the terminal: a Rich display, plain lines when the output is no terminal."""

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn


class Step(Protocol):
    """One running step."""

    def detail(self, text: str) -> None:
        """Says what the step is doing right now."""


class Steps(Protocol):
    """Where a command reports its steps. Steps may overlap and come from several threads."""

    def step(self, title: str) -> AbstractContextManager[Step]: ...

    def note(self, text: str) -> None:
        """Prints a line that stays."""


class _Quiet:
    def detail(self, text: str) -> None:
        pass


class QuietSteps:
    """`--quiet`: only errors and the result are printed."""

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        yield _Quiet()

    def note(self, text: str) -> None:
        pass


class PlainSteps:
    """For logs and pipes: a line when a step ends, and one when it starts if it takes long."""

    SLOW = 1.0
    """Seconds after which a running step announces itself."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        started = time.monotonic()
        announce = threading.Timer(self.SLOW, self.note, [f"{title} ..."])
        announce.daemon = True
        announce.start()
        try:
            yield _Quiet()
        except BaseException:
            self.note(f"{title}: failed after {time.monotonic() - started:.1f} s")
            raise
        finally:
            announce.cancel()
        self.note(f"{title}: done in {time.monotonic() - started:.1f} s")

    def note(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False, soft_wrap=True)


class _LiveStep:
    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def detail(self, text: str) -> None:
        width = max(20, self._progress.console.width - 60)
        self._progress.update(self._task, detail=text.strip()[:width])


class LiveSteps:
    """For a terminal: one line per step, spinning while it runs, with its time."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✔"),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[detail]}"),
            console=console,
        )

    def __enter__(self) -> "LiveSteps":
        self._progress.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._progress.stop()

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        task = self._progress.add_task(title, total=1, detail="")
        try:
            yield _LiveStep(self._progress, task)
        except BaseException:
            self._progress.update(task, description=f"[red]{title}: failed", detail="")
            raise
        self._progress.update(task, completed=1, detail="")

    def note(self, text: str) -> None:
        self._progress.console.print(text, markup=False, highlight=False)


@contextmanager
def reporter(console: Console, *, quiet: bool = False) -> Iterator[Steps]:
    """The display that fits: silent, live on a terminal, plain lines elsewhere."""
    if quiet:
        yield QuietSteps()
    elif console.is_terminal:
        with LiveSteps(console) as live:
            yield live
    else:
        yield PlainSteps(console)

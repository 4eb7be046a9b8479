"""Runs the acceptance suite (tests/acceptance) and shows its steps as a table.

The suite is plain pytest; here are the ways in and the table.
"""

import signal
import tempfile
from types import FrameType
from typing import Any

import pytest
from rich.console import Console
from rich.live import Live
from rich.table import Table

from hubwright.errors import UserError
from hubwright.project import root
from hubwright.settings import Settings

_MARKS = {
    "passed": "[green]✔[/green]",
    "failed": "[red]✘[/red]",
    "skipped": "[yellow]–[/yellow]",
}


def run(settings: Settings, profile: str | None) -> int:
    """Runs the suite against the site; its exit code: 0 sound, 1 something fails, 2 did not run."""
    suite = root() / "tests" / "acceptance"
    if not suite.is_dir():
        raise UserError(f"{suite}: the acceptance suite is not there; run this from a checkout")
    table = StepTable(Console(highlight=False))
    for number in (signal.SIGINT, signal.SIGTERM):  # in the background a shell ignores the first
        signal.signal(number, _interrupt)  # pytest then takes down what it has set up
    with tempfile.NamedTemporaryFile("w", suffix=".json") as site:
        site.write(settings.model_dump_json())
        site.flush()
        arguments = [str(suite), f"--site={site.name}", "-c", str(suite / "pytest.ini")]
        arguments += ["-p", "no:terminal", "-p", "no:cacheprovider"]
        if profile is not None:
            arguments.append(f"--profile={profile}")
        code = pytest.main(arguments, plugins=[table])
    table.verdict()
    if code in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
        return int(code)
    return 2


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class StepTable:
    """A pytest plugin: one row for each step, its time, and what went wrong at the end."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._rows: list[tuple[str, str, float, str]] = []
        self._problems: list[tuple[str, str]] = []
        self._titles: dict[str, str] = {}
        self._interrupted = False

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            documentation = getattr(item, "obj", None).__doc__ or item.name
            self._titles[item.nodeid] = documentation.strip().splitlines()[0].rstrip(".")

    def pytest_sessionstart(self) -> None:
        self._live = Live(console=self._console, auto_refresh=False)
        if self._console.is_terminal:
            self._live.start()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._show(running=self._titles.get(nodeid, nodeid))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        title = self._titles.get(report.nodeid, report.nodeid)
        wrong_outside = report.when != "call" and report.outcome == "failed"
        if report.when == "call" or wrong_outside or (report.when == "setup" and report.skipped):
            note = ""
            if report.skipped and isinstance(report.longrepr, tuple):
                note = report.longrepr[2].removeprefix("Skipped: ")
            self._rows.append((report.outcome, title, report.duration, note))
            self._show()
        if report.failed:
            self._problems.append((title, report.longreprtext))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._problems.append((report.nodeid, report.longreprtext))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        if isinstance(excinfo.value, pytest.exit.Exception):
            self._problems.append(("the suite could not run", str(excinfo.value)))
        else:
            self._interrupted = True

    def pytest_internalerror(self, excrepr: Any) -> None:
        self._problems.append(("the suite itself", str(excrepr)))

    def pytest_sessionfinish(self) -> None:
        self._show()
        if self._live is not None and self._live.is_started:
            self._live.stop()
        else:
            self._console.print(self._table())

    def verdict(self) -> None:
        """Prints every problem, and the last line."""
        for title, text in self._problems:
            self._console.print(f"\n✘ {title}", style="red", markup=False)
            self._console.print(text, markup=False)
        failed = sum(1 for outcome, *_ in self._rows if outcome == "failed")
        seconds = sum(duration for _, _, duration, _ in self._rows)
        if self._interrupted:
            self._console.print("[yellow]interrupted; everything was cleaned up")
        elif failed or self._problems or not self._rows:
            self._console.print(f"[red]the site is not sound: {failed} of {len(self._rows)} failed")
        else:
            self._console.print(
                f"[green]the site is sound: {len(self._rows)} steps, {seconds:.1f} s"
            )

    def _show(self, running: str = "") -> None:
        if self._live is not None and self._live.is_started:
            self._live.update(self._table(running), refresh=True)

    def _table(self, running: str = "") -> Table:
        table = Table(box=None, show_header=False, pad_edge=False)
        for outcome, title, duration, note in self._rows:
            table.add_row(_MARKS[outcome], f"{duration:6.2f} s", title, f"[dim]{note}")
        if running:
            table.add_row("…", "", running, "")
        return table

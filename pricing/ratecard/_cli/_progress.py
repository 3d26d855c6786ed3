"""How a wait is shown: as a bar on a terminal, as one line for each change elsewhere; on standard error."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from ratecard._cli import _output
from ratecard._quote.quote import duration_text
from ratecard_rules import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from ratecard.submit import Job


@contextmanager
def shown(job_id: str, typical_seconds: int | None) -> Iterator[Callable[[Job], None]]:
    """Show that a job is waited for while the block runs; it is handed what is to be told of each look."""
    typical = "" if typical_seconds is None else f"typically {duration_text(typical_seconds)}"
    console = _output.console_of(err=True)
    if console is None:
        _output.say([(f"waiting for {job_id}{typical and f', {typical}'}", "")], err=True)
        yield _teller()
    else:
        with _bar(console, job_id, typical) as tell:
            yield tell


def _teller() -> Callable[[Job], None]:
    """Return what tells a job in a line, if it is not where it was."""
    told: list[tuple[str, int | None]] = []

    def tell(job: Job) -> None:
        state = (job.status, job.progress)
        if told[-1:] != [state]:
            told.append(state)
            _output.say([(_state(job), "")], err=True)

    return tell


@contextmanager
def _bar(console: Console, job_id: str, typical: str) -> Iterator[Callable[[Job], None]]:
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn(typical, markup=False), console=console, transient=True) as progress:
        task = progress.add_task(one_line(job_id), total=100)
        yield lambda job: progress.update(task, completed=job.progress or 0, description=one_line(_state(job)))


def _state(job: Job) -> str:
    percent = "" if job.progress is None else f", {job.progress} %"
    return f"{job.job_id} is {job.status}{percent}"

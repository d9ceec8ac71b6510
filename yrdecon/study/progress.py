"""A display of the steps of a study as they run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from yrdecon.study.run import CONCLUDING, INDEPENDENT, Progress

REPORTS = 2


@contextmanager
def show_progress(quiet: bool) -> Iterator[Progress | None]:
    """Yield what `run_study` and `write_report` call, a bar on the terminal; None if nothing is to be shown."""
    if quiet:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description:<18}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("reading the plan", total=len(INDEPENDENT) + len(CONCLUDING) + REPORTS)

        def told(step: str, state: str) -> None:
            if state == "begun":
                bar.update(task, description=step.replace("_", " "))
            else:
                bar.advance(task)

        yield told

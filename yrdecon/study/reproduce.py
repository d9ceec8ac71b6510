"""Run the analysis of a checkout from raw figures to reports, or check that it would give what is committed."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from yrdecon.core.extras import require
from yrdecon.errors import YrdeconError
from yrdecon.study.compare import compare_outputs

OUTPUT_VARIABLE = "YRDECON_OUTPUT"
COMPARED = ("data/processed", "reports")
# by `make certificate`, which takes too long for a check, and parts of the study that are not committed for their size
MADE_ELSEWHERE = ("certificate*", "figures/certificate*", "study/[!r]*", "study/*.html", "study/*.docx")


def reproduce(root: Path, *, only: str = "", quiet: bool = False) -> None:
    """Run the tasks in ``analysis/`` whose inputs or products changed.

    Parameters
    ----------
    root
        The checkout.
    only
        Run only tasks whose name contains this text, and what they depend on.
    quiet
        Print nothing unless a task fails.

    Raises
    ------
    YrdeconError
        If the folder is not a checkout, no task has such a name, or a task fails.
    """
    _fail_if_not_a_checkout(root)
    _run(root, root, only, quiet)


def check(root: Path, *, quiet: bool = False) -> list[str]:
    """Run everything into a temporary folder and return what differs from the committed outputs, in words."""
    _fail_if_not_a_checkout(root)
    with tempfile.TemporaryDirectory(prefix="yrdecon-check-") as folder:
        fresh = Path(folder)
        _run(root, fresh, "", quiet)
        return [
            f"{part}/{line}" for part in COMPARED for line in compare_outputs(root / part, fresh / part, MADE_ELSEWHERE)
        ]


def _run(root: Path, output: Path, only: str, quiet: bool) -> None:
    pytask = require("pytask", "notebooks")
    database = output / ".pytask" / "pytask.sqlite3"
    database.parent.mkdir(parents=True, exist_ok=True)
    with _environment(root / "analysis", output):
        pytask.console.quiet = quiet
        session = pytask.build(
            paths=[root / "analysis"],
            expression=only,
            database_url=f"sqlite:///{database}",
            n_entries_in_table=40,
            force=output != root,
        )
        pytask.console.quiet = False
    if session.exit_code != pytask.ExitCode.OK:
        raise YrdeconError(f"the pipeline stopped ({session.exit_code.name.lower()}); the messages above name the task")
    if only and not session.execution_reports:
        raise YrdeconError(f"no task has {only!r} in its name; run `yrdecon reproduce` to see all names")


@contextmanager
def _environment(analysis: Path, output: Path) -> Iterator[None]:
    """Let the tasks import each other and know where to write."""
    before = os.environ.get(OUTPUT_VARIABLE)
    os.environ[OUTPUT_VARIABLE] = str(output)
    sys.path.insert(0, str(analysis))
    try:
        yield
    finally:
        sys.path.remove(str(analysis))
        for path in analysis.glob("*.py"):
            sys.modules.pop(path.stem, None)
        os.environ.pop(OUTPUT_VARIABLE)
        if before is not None:
            os.environ[OUTPUT_VARIABLE] = before


def _fail_if_not_a_checkout(root: Path) -> None:
    if not (root / "analysis").is_dir() or not (root / "data" / "raw").is_dir():
        raise YrdeconError(
            f"{root} has no analysis/ and data/raw/; run this in a checkout of the project, "
            "the installed package holds the panel but not the raw figures"
        )

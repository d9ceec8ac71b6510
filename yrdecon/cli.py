"""The command line: reproduce the reports, declare and run a study, audit the data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from yrdecon.errors import YrdeconError

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Did pairing a rich place with a poor one help?")


@app.command()
def reproduce(
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail if a committed output differs.")] = False,
    only: Annotated[str, typer.Option("--only", help="Run only tasks with this text in their name.")] = "",
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:
    """Make the panel, tables, figures and reports from the raw figures."""
    from yrdecon.study import reproduce as pipeline

    root = Path.cwd()
    with _errors_in_words():
        if not check:
            pipeline.reproduce(root, only=only, quiet=quiet)
            return
        differences = pipeline.check(root, quiet=quiet)
    if differences:
        typer.echo("\n\n".join(differences), err=True)
        typer.echo(f"\n{len(differences)} outputs differ; run `yrdecon reproduce` and commit the result", err=True)
        raise typer.Exit(1)
    if not quiet:
        typer.echo("every output is as committed")


@app.command()
def audit(
    panel: Annotated[
        str, typer.Argument(help="yrd or national; with --html also a file that read_panel reads")
    ] = "yrd",
    html: Annotated[Path | None, typer.Option("--html", help="Write coverage and anomalies to this page.")] = None,
    lang: Annotated[Literal["en", "zh"], typer.Option("--lang", help="Language of the page, en or zh.")] = "en",
) -> None:
    """Print coverage, province sums, jumps, filled cells and boundary breaks, or write coverage and anomalies."""
    from yrdecon.clean import audit_report, load_panel, read_panel
    from yrdecon.present.audit_page import write_audit_page

    with _errors_in_words():
        if html is None:
            typer.echo(audit_report(panel))
        else:
            read = read_panel(panel) if Path(panel).exists() else load_panel(panel)
            typer.echo(f"wrote {write_audit_page(read, html, lang=lang)}")


@app.command("import-yearbook")
def import_yearbook(
    file: Annotated[Path, typer.Argument(help="workbook of a statistical yearbook")],
    to: Annotated[Path, typer.Option("--to", help="new folder, such as data/raw/yearbook_2025")],
    previous: Annotated[Path | None, typer.Option("--previous", help="workbook of the edition before")] = None,
) -> None:
    """Read the figures of a yearbook workbook into a new folder, with what contradicts its headers."""
    from yrdecon.clean import import_yearbook as write_yearbook

    with _errors_in_words():
        findings = write_yearbook(file, to, previous=previous)
        for kind, count in findings["finding"].value_counts().items():
            typer.echo(f"{count:5d}  {kind}")
        typer.echo(f"{to}: figures, findings.csv, manifest.csv; complete SOURCE.md by hand")


@app.command()
def study(
    plan: Annotated[Path, typer.Argument(help="The plan, a TOML file.")],
    output: Annotated[Path | None, typer.Option("--output", help="Folder of the results; beside the plan.")] = None,
    deviate: Annotated[bool, typer.Option("--deviate", help="Run a plan that was changed after freezing.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print errors only.")] = False,
) -> None:
    """Run a declared study and write its report in English and Chinese: HTML, Word and PDF."""
    from yrdecon.study.progress import show_progress
    from yrdecon.study.run import run_study
    from yrdecon.study.write import write_report

    with _errors_in_words(), show_progress(quiet) as progress:
        found = run_study(plan, output=output, deviate=deviate, progress=progress)
        written = write_report(found, progress=progress)
    if not quiet:
        typer.echo(f"{found.grade}: {found.plan.claim.en}")
        for path in written:
            typer.echo(f"wrote {path}")


plans = typer.Typer(no_args_is_help=True, help="Declare a study in advance.")
app.add_typer(plans, name="plan")


@plans.command()
def freeze(plan: Annotated[Path, typer.Argument(help="The plan, a TOML file.")]) -> None:
    """Write the plan's hash and what its design can tell, before any outcome after treatment is read."""
    from datetime import UTC, datetime

    from yrdecon.study.freeze import freeze_plan

    with _errors_in_words():
        typer.echo(f"wrote {freeze_plan(plan, today=datetime.now(UTC).date())}")


@plans.command()
def check(plan: Annotated[Path, typer.Argument(help="The plan, a TOML file.")]) -> None:
    """Read the plan and its panels, and tell what is wrong or has changed since it was frozen."""
    from yrdecon.study.freeze import compare_with_frozen, fail_if_plan_deviates
    from yrdecon.study.material import load_material
    from yrdecon.study.plan import load_plan

    with _errors_in_words():
        declared = load_plan(plan)
        state = compare_with_frozen(declared, load_material(declared, plan.parent), plan)
        fail_if_plan_deviates(state, plan.name)
        typer.echo(f"the plan can be run; {'not frozen' if state.on is None else f'frozen on {state.on}'}")


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="Folder of earlier results.")],
    new: Annotated[Path, typer.Argument(help="Folder of later results.")],
    tolerance: Annotated[float, typer.Option("--tolerance", help="Largest relative difference that is none.")] = 1e-8,
) -> None:
    """Tell which estimates, tests and tables of two folders of results differ, and by how much."""
    from yrdecon.study.compare_results import compare_results
    from yrdecon.study.difference_lines import difference_lines

    with _errors_in_words():
        differences = compare_results(old, new, tolerance=tolerance)
    for line in difference_lines(differences):
        typer.echo(line)
    if len(differences):
        raise typer.Exit(1)
    typer.echo("the results are the same")


class _errors_in_words:  # noqa: N801
    """Print an error of ours as one line and leave with status 2, without a traceback."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, YrdeconError):
            typer.echo(f"error: {error}", err=True)
            raise typer.Exit(2) from error

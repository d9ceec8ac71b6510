"""Write the report of a study in both languages and four formats, with every table and figure of it on its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from yrdecon.core.atomic import write_atomically
from yrdecon.present.blocks import Block, FigureBlock, Heading, TableBlock
from yrdecon.present.figure import save_figure
from yrdecon.present.words import Lang
from yrdecon.study.report.assemble import study_report
from yrdecon.study.run import Progress, Study

LANGUAGES: tuple[Lang, ...] = ("en", "zh")


def write_report(
    study: Study, *, languages: Sequence[Lang] = LANGUAGES, progress: Progress | None = None
) -> list[Path]:
    """Write ``report_<language>`` as HTML, Word, PDF and Markdown into the folder of the study, its parts beside it.

    Tables are Word and LaTeX files named by their section, figures SVG and PNG with their data and description.

    Returns
    -------
    The reports.

    Examples
    --------
    >>> from yrdecon.study.run import run_study
    >>> write_report(run_study("nowhere.toml"))
    Traceback (most recent call last):
    ...
    yrdecon.errors.DesignError: there is no plan nowhere.toml; give the path of a TOML file
    """
    told = progress or (lambda _step, _state: None)
    written = []
    for lang in languages:
        told(f"report_{lang}", "begun")
        document = study_report(study, lang)
        stem = study.folder / f"report_{lang}"
        written += [
            document.to_html(stem.with_suffix(".html")),
            document.to_word(stem.with_suffix(".docx")),
            document.to_pdf(stem.with_suffix(".pdf")),
            write_atomically(stem.with_suffix(".md"), document.to_markdown()),
        ]
        _write_parts(document.blocks, study.folder, lang)
        told(f"report_{lang}", "done")
    return written


def _write_parts(blocks: Sequence[Block], folder: Path, lang: Lang) -> None:
    section, seen = "page", {"tables": 0, "figures": 0}
    for block in blocks:
        if isinstance(block, Heading) and block.anchor:
            section, seen = block.anchor, {"tables": 0, "figures": 0}
        elif isinstance(block, TableBlock):
            seen["tables"] += 1
            stem = folder / "tables" / f"{section}_{seen['tables']}_{lang}"
            block.table.to_word(stem.with_suffix(".docx"))
            block.table.to_latex(stem.with_suffix(".tex"))
        elif isinstance(block, FigureBlock):
            seen["figures"] += 1
            save_figure(block.figure, folder / "figures" / f"{section}_{seen['figures']}_{lang}")

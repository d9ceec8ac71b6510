"""All sections of the report in one document."""

from __future__ import annotations

from yrdecon.present.blocks import Heading, PageBreak
from yrdecon.present.document import Document
from yrdecon.present.words import Lang, word
from yrdecon.study.report.appendix import appendix, behind, claim_sheet
from yrdecon.study.report.convergence import convergence_section
from yrdecon.study.report.design import design_section
from yrdecon.study.report.first_page import first_page
from yrdecon.study.report.flows import flows_section
from yrdecon.study.report.inference import inference_section
from yrdecon.study.report.pairs import pairs_section
from yrdecon.study.report.results import before_section, results_section
from yrdecon.study.run import Study


def study_report(study: Study, lang: Lang) -> Document:
    """Write the report of a study in one language; every number on it is read from its findings.

    Examples
    --------
    >>> from yrdecon.study.run import run_study
    >>> study_report(run_study("nowhere.toml"), "zh")
    Traceback (most recent call last):
    ...
    yrdecon.errors.DesignError: there is no plan nowhere.toml; give the path of a TOML file
    """
    blocks = (
        Heading(word("report_page", lang), anchor="page"),
        *first_page(study, lang),
        PageBreak(),
        *claim_sheet(study, lang),
        *design_section(study, lang),
        *inference_section(study, lang),
        *before_section(study, lang),
        *results_section(study, lang),
        *pairs_section(study, lang),
        *flows_section(study, lang),
        *convergence_section(study, lang),
        *appendix(study, lang),
        *behind(study, lang),
    )
    return Document(study.plan.title[lang], "", blocks, lang)

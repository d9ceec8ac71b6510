"""Presentation: tables and figures of what was computed elsewhere."""

from yrdecon.present.blocks import Bullets, FigureBlock, Heading, KeyValues, PageBreak, Paragraph, TableBlock
from yrdecon.present.data_tables import pairs_table, summary_table
from yrdecon.present.document import Document
from yrdecon.present.event_study import plot_event_study
from yrdecon.present.figure import Figure, save_figure
from yrdecon.present.inference import plot_inference
from yrdecon.present.ladder import plot_ladder
from yrdecon.present.placebo import plot_placebo
from yrdecon.present.regression_table import regression_table
from yrdecon.present.table import Table
from yrdecon.present.trends import plot_trends

__all__ = [
    "Bullets",
    "Document",
    "Figure",
    "FigureBlock",
    "Heading",
    "KeyValues",
    "PageBreak",
    "Paragraph",
    "Table",
    "TableBlock",
    "pairs_table",
    "plot_event_study",
    "plot_inference",
    "plot_ladder",
    "plot_placebo",
    "plot_trends",
    "regression_table",
    "save_figure",
    "summary_table",
]

"""Presentation: tables and figures of what was computed elsewhere."""

from yrdecon.present.balance_table import balance_table
from yrdecon.present.blocks import Bullets, FigureBlock, Heading, KeyValues, PageBreak, Paragraph, TableBlock
from yrdecon.present.data_tables import pairs_table, summary_table
from yrdecon.present.document import Document
from yrdecon.present.event_study import plot_event_study
from yrdecon.present.figure import Figure, save_figure
from yrdecon.present.frame_table import frame_table
from yrdecon.present.honest_bounds import plot_honest_bounds
from yrdecon.present.inference import plot_inference
from yrdecon.present.ladder import plot_ladder
from yrdecon.present.layout import Layout
from yrdecon.present.leave_one_out import plot_leave_one_out
from yrdecon.present.pair_gap_panels import plot_pair_gaps
from yrdecon.present.pair_map import plot_pair_map
from yrdecon.present.placebo import plot_placebo
from yrdecon.present.placebo_kinds import plot_placebo_kinds
from yrdecon.present.regression_table import regression_table
from yrdecon.present.specification_curve import plot_specification_curve
from yrdecon.present.stack import stack_tables
from yrdecon.present.synthetic import plot_synthetic
from yrdecon.present.table import Table
from yrdecon.present.theta import plot_theta
from yrdecon.present.timing import plot_timing
from yrdecon.present.trends import plot_trends
from yrdecon.present.variable_table import variable_table
from yrdecon.present.weights import plot_weights

__all__ = [
    "Bullets",
    "Document",
    "Figure",
    "FigureBlock",
    "Heading",
    "KeyValues",
    "Layout",
    "PageBreak",
    "Paragraph",
    "Table",
    "TableBlock",
    "balance_table",
    "frame_table",
    "pairs_table",
    "plot_event_study",
    "plot_honest_bounds",
    "plot_inference",
    "plot_ladder",
    "plot_leave_one_out",
    "plot_pair_gaps",
    "plot_pair_map",
    "plot_placebo",
    "plot_placebo_kinds",
    "plot_specification_curve",
    "plot_synthetic",
    "plot_theta",
    "plot_timing",
    "plot_trends",
    "plot_weights",
    "regression_table",
    "save_figure",
    "stack_tables",
    "summary_table",
    "variable_table",
]

"""Presentation: tables and figures of what was computed elsewhere."""

from yrdecon.present.balance_table import balance_table
from yrdecon.present.data_tables import pairs_table, summary_table
from yrdecon.present.event_study import plot_event_study
from yrdecon.present.figure import Figure, save_figure
from yrdecon.present.frame_table import frame_table
from yrdecon.present.inference import plot_inference
from yrdecon.present.ladder import plot_ladder
from yrdecon.present.layout import Layout
from yrdecon.present.placebo import plot_placebo
from yrdecon.present.regression_table import regression_table
from yrdecon.present.stack import stack_tables
from yrdecon.present.table import Table
from yrdecon.present.trends import plot_trends
from yrdecon.present.variable_table import variable_table

__all__ = [
    "Figure",
    "Layout",
    "Table",
    "balance_table",
    "frame_table",
    "pairs_table",
    "plot_event_study",
    "plot_inference",
    "plot_ladder",
    "plot_placebo",
    "plot_trends",
    "regression_table",
    "save_figure",
    "stack_tables",
    "summary_table",
    "variable_table",
]

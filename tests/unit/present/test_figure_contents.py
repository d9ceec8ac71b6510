"""What the figures show is what the results hold, and what cannot be drawn is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.present.facts import Facts, facts_line, facts_of_test
from yrdecon.present.style import fold

DESIGN = yd.Design(outcome="y", base_periods=(5,), exclude_periods=(4,))
LABELS = {"y": "Output"}


def title(figure):
    return figure.drawing.get_suptitle().replace("\n", " ")


@pytest.fixture(scope="module")
def panel():
    return make_toy(n_units=16, n_treated=4)


def test_the_map_has_an_arrow_for_every_pair_and_keeps_distances(twinned, registry):
    places = yd.pair_places(twinned, registry, pool="in_yrd_clean")
    figure = yd.plot_pair_map(places)
    axes = figure.drawing.axes[0]
    assert sum(note.arrow_patch is not None for note in axes.texts) == 8
    middle = np.radians(np.mean(axes.get_ylim()))
    assert axes.get_aspect() == pytest.approx(1 / np.cos(middle), rel=1e-3)
    assert {"Minhang", "Huainan", "Suzhou (Anhui)"} <= {note.get_text() for note in axes.texts}
    assert "Minhang to Huainan" in figure.alt
    with pytest.raises(yd.DesignError, match="recipients with donors"):
        yd.plot_pair_map(places.assign(donors=""))


def test_own_units_without_shapes_are_drawn_as_points_with_the_labels_of_the_caller(toy):
    pairs = yd.registry_from_pairs(pd.DataFrame({"donor": ["u05"], "recipient": ["u00"], "date": ["2006"]}))
    figure = yd.plot_pair_map(yd.pair_places(toy, pairs, policy="my-pairs"), labels={"u00": "Home"})
    assert "u05 to Home" in figure.alt


def test_no_name_on_the_map_covers_a_point(twinned, registry):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    for size in ("column", "page"):
        drawing = yd.plot_pair_map(yd.pair_places(twinned, registry), size=size).drawing
        axes, renderer = drawing.axes[0], FigureCanvasAgg(drawing).get_renderer()
        points = np.concatenate([line.get_xydata() for line in axes.lines if line.get_marker() in ("o", "s")])
        spots = axes.transData.transform(points)
        for note in axes.texts:
            if note.get_text():
                box = note.get_window_extent(renderer)
                covered = [box.contains(*spot) for spot in spots]
                assert not any(covered), (size, note.get_text())


def test_treated_units_have_a_row_each_and_others_share_those_that_are_alike(panel):
    figure = yd.plot_timing(yd.treatment_timing(panel, DESIGN), labels={"u00": "First"})
    ticks = [t.get_text() for t in figure.drawing.axes[0].get_yticklabels()]
    assert ticks == ["First", "u01", "u02", "u03", "12 other units"]
    with pytest.raises(yd.DesignError, match="lacks \\['n_others'\\]"):
        yd.plot_timing(yd.treatment_timing(panel, DESIGN).drop(columns="n_others"))


def test_gaps_are_drawn_one_pair_to_a_panel_and_too_many_are_refused(twinned, registry):
    gaps = yd.pair_gaps(twinned, registry, outcome="ln_real_gdp_pc", base=2020)
    figure = yd.plot_pair_gaps(gaps)
    lines = [axes.lines[-1].get_ydata() for axes in figure.drawing.axes]
    drawn = gaps.groupby("pair_id", sort=False)["change"].apply(list).tolist()
    np.testing.assert_allclose(lines, drawn)
    assert "whole city" in title(figure)
    without = yd.plot_pair_gaps(gaps[gaps["whole"]])
    assert "whole city" not in title(without)
    many = pd.concat([gaps.assign(pair_id=gaps["pair_id"] + str(i)) for i in range(4)])
    with pytest.raises(yd.DesignError, match="32 pairs are too many"):
        yd.plot_pair_gaps(many)


def test_synthetic_paths_and_gaps_are_those_of_the_frame_and_placebos_lie_behind(panel):
    estimate = yd.synthetic_did(panel, DESIGN)
    band = yd.placebo_band(yd.synthetic_did_path, panel, DESIGN, seed=1)
    figure = yd.plot_synthetic(estimate, placebos=band, labels=LABELS)
    left, right = figure.drawing.axes
    observed, without = (line.get_ydata() for line in left.lines[:2])
    np.testing.assert_allclose(observed - without, estimate.frames["path"]["effect"])
    assert len(right.lines) == len(band.draws) - 1 + 3
    assert f"{band.n_assignments} admissible assignments" in title(figure)
    assert figure.data["assignment"].nunique() == len(band.draws)


def test_paths_of_several_cohorts_and_placebos_without_paths_are_refused(panel):
    estimate = yd.synthetic_did(panel, DESIGN)
    staggered = panel.assign(cohort=panel.frame["cohort"].mask(panel.frame["unit"] == "u00", 7.0))
    with pytest.raises(yd.DesignError, match="one adoption date"):
        yd.plot_synthetic(yd.synthetic_did(staggered, yd.Design("y")))
    with pytest.raises(yd.DesignError, match="no path"):
        yd.plot_synthetic(yd.twfe(panel, DESIGN))
    with pytest.raises(yd.DesignError, match="no paths by event time"):
        yd.plot_synthetic(estimate, placebos=yd.permutation_test(yd.twfe, panel, DESIGN, seed=1))


def test_bars_are_the_unit_weights_and_dots_one_column_for_each_treated_unit(panel):
    estimate = yd.synthetic_did(panel, DESIGN)
    bars = yd.plot_weights(estimate, labels={"u05": "Fifth"}).drawing.axes[0]
    weights = np.sort(estimate.frames["unit_weights"]["weight"])[::-1]
    np.testing.assert_allclose([bar.get_width() for bar in bars.patches], weights[weights >= 5e-4])
    each = yd.synthetic_control(panel, DESIGN)
    dots = yd.plot_weights(each).drawing.axes[0]
    assert [t.get_text() for t in dots.get_xticklabels()] == ["u00", "u01", "u02", "u03"]
    shown = each.frames["unit_weights"].query("weight >= 5e-4")
    sizes = dots.collections[0].get_sizes()
    np.testing.assert_allclose(sizes / sizes.max(), shown["weight"] / shown["weight"].max())
    with pytest.raises(yd.DesignError, match="no unit weights"):
        yd.plot_weights(yd.twfe(panel, DESIGN))


def test_estimates_with_one_left_out_are_ordered_and_one_that_fails_is_named(panel):
    table = yd.leave_one_out(yd.twfe, panel, DESIGN)
    figure = yd.plot_leave_one_out(table)
    drawn = figure.drawing.axes[0].lines[-1].get_xdata()
    assert (np.diff(drawn) <= 0).all()
    failed = table.assign(estimate=table["estimate"].mask(table["left_out"] == "u02"))
    ticks = [t.get_text() for t in yd.plot_leave_one_out(failed).drawing.axes[0].get_yticklabels()]
    assert "u02 (no estimate)" in ticks
    with pytest.raises(yd.DesignError, match="one full estimate"):
        yd.plot_leave_one_out(table[table["left_out"] != ""])


def test_honest_intervals_say_from_where_on_zero_is_not_excluded(twinned):
    table = yd.honest_bounds(yd.event_study(twinned, yd.twinning_design()), smoothness=[0.0, 0.01])
    figure = yd.plot_honest_bounds(table, outcome="ln_real_gdp")
    axes = figure.drawing.axes
    assert len(axes) == 1
    assert axes[0].get_title(loc="left") == "Zero is no longer excluded from 0.0019 on"
    assert [t.get_text() for t in axes[0].get_xticklabels()] == ["none", "0.000", "0.010"]
    with pytest.raises(yd.DesignError, match="original interval"):
        yd.plot_honest_bounds(table[table["restriction"] != "original"], outcome="y")


def test_the_largest_likely_p_value_is_marked_and_is_the_one_reported(twinned):
    test = yd.spatial_model_test(twinned, yd.twinning_design())
    axes = yd.plot_theta(test).drawing.axes[0]
    marked = next(line for line in axes.lines if line.get_marker() == "D")
    assert marked.get_ydata()[0] == pytest.approx(test.p_value)
    with pytest.raises(yd.DesignError, match="no profile over ranges"):
        yd.plot_theta(yd.HypothesisTest("x", 1.0, 0.5, "nothing"))


def specifications():
    rows = [("all", True, 0.3, -0.1, 0.6), ("near", True, 0.1, -np.inf, np.inf), ("near", False, 0.2, 0.1, 0.3)]
    table = pd.DataFrame(rows, columns=["pool", "logs", "estimate", "conf_low", "conf_high"])
    return table.assign(is_headline=[True, False, False], n_treated=8, smallest_p_value=0.04)


def test_the_curve_rises_marks_the_headline_and_puts_each_choice_below_its_estimate():
    figure = yd.plot_specification_curve(specifications(), labels={"near": "Near"})
    curve, matrix = figure.drawing.axes
    headline = next(line for line in curve.lines if line.get_marker() == "D")
    assert headline.get_xydata().tolist() == [[2.0, 0.3]]
    ticks = [t.get_text() for t in matrix.get_yticklabels()]
    assert ticks == ["all", "Near", "Yes", "No"]
    marks = {}
    for line in matrix.lines:
        for x, y in line.get_xydata():
            marks.setdefault(ticks[matrix.get_yticks().tolist().index(y)], set()).add(int(x))
    assert marks == {"all": {2}, "Near": {0, 1}, "Yes": {0, 2}, "No": {1}}
    assert "1 intervals without an end" in title(figure)
    assert "8 treated units, smallest attainable p 0.040" in title(figure)


def test_an_interval_far_beyond_all_estimates_is_cut_and_counted():
    table = specifications().assign(conf_high=[50.0, np.inf, 0.3])
    figure = yd.plot_specification_curve(table)
    assert figure.drawing.axes[0].get_ylim()[1] < 2
    assert "1 long ones are cut" in title(figure)
    assert "cut" not in title(yd.plot_specification_curve(specifications()))


def test_the_joint_test_of_all_specifications_is_told_and_brings_its_assignments(panel):
    test = yd.permutation_test(yd.twfe, panel, DESIGN, seed=0)
    figure = yd.plot_specification_curve(specifications(), test=test)
    assert f"All specifications jointly: rank {test.rank} of {len(test.draws)}" in title(figure)
    assert f"8 treated units, {test.n_assignments} admissible assignments" in title(figure)


def test_a_curve_without_one_headline_or_a_choice_is_refused():
    table = specifications()
    with pytest.raises(yd.DesignError, match="exactly one row"):
        yd.plot_specification_curve(table.assign(is_headline=False))
    with pytest.raises(yd.DesignError, match="lacks the columns \\['onset'\\]"):
        yd.plot_specification_curve(table, ["onset"])
    with pytest.raises(yd.DesignError, match="no column of choices"):
        yd.plot_specification_curve(table.drop(columns=["pool", "logs"]))
    lost = pd.concat([table, table.tail(1).assign(estimate=np.nan)], ignore_index=True)
    assert "1 could not be estimated" in title(yd.plot_specification_curve(lost))


def test_the_journal_form_has_a_second_axis_with_a_p_value_for_each_set(panel):
    test = yd.permutation_test(yd.twfe, panel, DESIGN, yd.Assignment("free"), seed=0, draws=99)
    figure = yd.plot_placebo(test, form="journal")
    right = figure.drawing.axes[1]
    points = figure.data[figure.data["kind"] == "placebo"]
    np.testing.assert_allclose(right.lines[0].get_ydata(), points["p_value"])
    assert 0.1 in right.get_yticks()
    with pytest.raises(yd.DesignError, match="form='violin'"):
        yd.plot_placebo(test, form="violin")
    assert len(yd.plot_placebo(test, form="dots").data) == len(test.draws)


def test_kinds_with_a_wrong_table_or_a_test_without_placebos_are_refused(twinned):
    design = yd.twinning_design()
    time = yd.placebo_time(yd.twfe, twinned, design, seed=1, periods_back=[3])
    space = yd.placebo_space(yd.twfe, twinned, design, seed=1)
    plain = yd.HypothesisTest("x", 1.0, 0.5, "nothing")
    outside = time.assign(kind="actual", name="y")
    with pytest.raises(yd.DesignError, match="placebo_external"):
        yd.plot_placebo_kinds(time, space, space, time)
    with pytest.raises(yd.DesignError, match="placebo_mixed"):
        yd.plot_placebo_kinds(time, space, plain, outside)
    assert yd.plot_placebo_kinds(time, space, space, outside).data["kind"].nunique() == 4


@pytest.mark.parametrize(("lang", "words"), [("en", "8 treated units, "), ("zh", "处理组8个，")])
def test_figures_of_sensitivity_tell_how_many_units_were_treated(twinned, lang, words):
    design = yd.twinning_design()
    bounds = yd.honest_bounds(yd.event_study(twinned, design), smoothness=0.0)
    others = {"en": ("30 clusters", "22 comparison units"), "zh": ("聚类30个", "对照组22个")}[lang]
    for figure, rest in (
        (yd.plot_honest_bounds(bounds, outcome="ln_real_gdp", lang=lang), others[0]),
        (yd.plot_leave_one_out(yd.leave_one_out(yd.twfe, twinned, design), lang=lang), others[1]),
        (yd.plot_theta(yd.spatial_model_test(twinned, design), lang=lang), others[1]),
    ):
        assert figure.drawing.get_suptitle().splitlines()[-1] == words + rest
    bare = yd.plot_honest_bounds(bounds[["restriction", "m", "conf_low", "conf_high", "breakdown"]], outcome="y")
    assert "treated units" not in bare.drawing.get_suptitle()


def test_what_is_not_known_of_a_design_is_not_told(panel):
    assert facts_line(Facts(), "en") == ""
    assert facts_line(Facts(n_treated=4, effective_clusters=7.25), "zh") == "处理组4个，有效聚类7.2个"
    test = yd.permutation_test(yd.twfe, panel, DESIGN, yd.Assignment("free"), seed=0)
    assert facts_of_test(test) == Facts(4, n_assignments=1820, smallest_p=1 / 1820)
    sampled = replace(test, n_assignments=5_000)
    assert facts_of_test(sampled).n_compared == 1820


def test_a_full_line_breaks_after_a_comma_if_there_is_one_far_enough_on():
    words = "8 treated units, 22 comparison units, 25 admissible assignments, smallest attainable p 0.040"
    assert fold(words, "column").splitlines()[0].endswith("units,")
    assert fold("a, " + "b" * 30 + " " + "c" * 30, "column").splitlines()[0].endswith("b")
    assert fold("一；", "column") == "一；"
    assert fold("误" * 60 + "；", "column").replace("\n", "") == "误" * 60 + "；"


def test_a_vector_for_latex_is_the_same_twice_and_another_format_is_refused(panel, tmp_path):
    figure = yd.plot_trends(panel, DESIGN, labels={"y": "产出"}, lang="zh")
    one, two = (yd.save_figure(figure, tmp_path / name / "f", vector="pdf") for name in ("one", "two"))
    assert [path.suffix for path in one] == [".pdf", ".png", ".csv", ".txt"]
    assert one[0].read_bytes() == two[0].read_bytes()
    with pytest.raises(yd.DesignError, match="vector='eps'"):
        yd.save_figure(figure, tmp_path / "f", vector="eps")

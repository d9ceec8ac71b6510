"""Every public plot in both languages and all sizes: no text overlaps another, is cut, tiny, or lacks a glyph."""

import io
import itertools
import re
import warnings
from functools import cache

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Drawing
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

import yrdecon as yd
from yrdecon.present.figure import DPI, Figure
from yrdecon.present.style import figure_style

LANGUAGES, SIZES = ("en", "zh"), ("column", "page", "slide")
SLACK, SMALLEST, APART = 0.3, 5.99, 1.5
SEED = 1


@pytest.fixture(scope="module")
def results(twinned, registry):
    design = yd.twinning_design()
    marked = twinned.assign(zhejiang=twinned.frame["province"] == "浙江省")
    dynamic = yd.event_study(twinned, design)
    block = yd.permutation_test(yd.twfe, twinned, design, seed=SEED)
    free = yd.permutation_test(yd.twfe, twinned, design, yd.Assignment("free"), seed=SEED, draws=999)
    kinds = [f(yd.twfe, twinned, design, seed=SEED) for f in (yd.placebo_time, yd.placebo_space, yd.placebo_mixed)]
    external = yd.placebo_external(
        yd.twfe, marked, design, seed=SEED, outcomes=["pm25_ugm3"], groups=["zhejiang"], draws=99
    )
    band = yd.placebo_band(yd.synthetic_did_path, twinned, design, seed=SEED)
    outcome = {"outcome": design.outcome}
    rungs = {"all": "in_yrd", "clean": "in_yrd_clean", "Anhui": "in_anhui"}
    choices = {
        "pool": ["in_yrd_clean", "in_yrd", "in_anhui"],
        "base_periods": [(2020,), (2018, 2019, 2020)],
        "estimator": ["twfe", "synthetic_did"],
    }
    grid = yd.Specifications(design, "twfe", choices)
    curve, joint = (f(twinned, grid, seed=SEED) for f in (yd.specification_curve, yd.specification_test))
    others = ["policy_north_anhui_cluster", "policy_huaihe_belt", "policy_wanjiang_belt"]
    return {
        "event_study": (yd.plot_event_study, (dynamic,), {}),
        "several": (yd.plot_event_study, ({"DiD": dynamic, "SDID": yd.synthetic_did_path(twinned, design)},), {}),
        "placebo_dots": (yd.plot_placebo, (block,), {}),
        "placebo_density": (yd.plot_placebo, (free,), {}),
        "placebo_journal": (yd.plot_placebo, (free,), {"form": "journal"}),
        "placebo_journal_of_few": (yd.plot_placebo, (block,), {"form": "journal"}),
        "placebo_kinds": (yd.plot_placebo_kinds, (*kinds, external), {}),
        "trends": (yd.plot_trends, (twinned, design), {}),
        "ladder": (yd.plot_ladder, (yd.control_pool_ladder(twinned, design, rungs, yd.twfe, seed=SEED),), {}),
        "inference": (yd.plot_inference, (yd.inference_report(twinned, design, yd.twfe, seed=SEED),), outcome),
        "map": (yd.plot_pair_map, (yd.pair_places(twinned, registry, pool="in_yrd_clean"),), {}),
        "timing": (yd.plot_timing, (yd.treatment_timing(twinned, design),), {}),
        "timing_others": (yd.plot_timing, (yd.treatment_timing(twinned, design, others=others),), {}),
        "gaps": (yd.plot_pair_gaps, (yd.pair_gaps(twinned, registry, outcome="ln_real_gdp_pc", base=2020),), {}),
        "synthetic": (yd.plot_synthetic, (yd.synthetic_did(twinned, design),), {"placebos": band}),
        "synthetic_alone": (yd.plot_synthetic, (yd.synthetic_control(twinned, design),), {}),
        "weights": (yd.plot_weights, (yd.synthetic_did(twinned, design),), {}),
        "weights_by_unit": (yd.plot_weights, (yd.synthetic_control(twinned, design),), {}),
        "leave_one_out": (yd.plot_leave_one_out, (yd.leave_one_out(yd.twfe, twinned, design),), {}),
        "honest_bounds": (yd.plot_honest_bounds, (yd.honest_bounds(dynamic),), outcome),
        "theta": (yd.plot_theta, (yd.spatial_model_test(twinned, design),), {}),
        "specification_curve": (yd.plot_specification_curve, (curve,), {"test": joint}),
    }


@pytest.fixture(scope="module")
def drawn(results):
    """Return the function that draws every figure in a language and a size, once."""

    @cache
    def every(lang, size):
        return {n: plot(*given, lang=lang, size=size, **more) for n, (plot, given, more) in results.items()}

    return every


def texts(drawing):
    """Return every text that a reader sees, with its box in points, measured as it is shipped."""
    drawing.set_dpi(DPI)
    canvas = FigureCanvasAgg(drawing)
    canvas.draw()
    renderer = canvas.get_renderer()
    hidden = [
        label for axes in drawing.axes if not axes.axison for label in axes.get_xticklabels() + axes.get_yticklabels()
    ]
    seen = [
        t
        for t in drawing.findobj(Text)
        if t.get_visible() and t.get_text().strip() and t not in hidden and is_attached(t, drawing)
    ]
    return [(t, t.get_window_extent(renderer).transformed(Affine2D().scale(72 / DPI))) for t in seen]


def is_attached(text, drawing):
    """Tick labels keep spare ones beyond the limits, and inner axes of shared ones hide theirs."""
    for axes in drawing.axes:
        for axis in (axes.xaxis, axes.yaxis):
            labels = [t for tick in axis.get_major_ticks() for t in (tick.label1, tick.label2)]
            if text in labels:
                shown = [t for tick in axis.get_major_ticks() for t in (tick.label1, tick.label2) if t.get_visible()]
                if not axis.get_visible():
                    return False
                low, high = sorted(axis.get_view_interval())
                place = text.get_position()[0 if axis is axes.xaxis else 1]
                return text in shown and low - 1e-9 <= place <= high + 1e-9
    return True


def offences(drawing):
    """Name texts that leave the canvas, overlap another one, or are too small to read."""
    width, height = drawing.get_size_inches() * 72
    found = texts(drawing)
    for text, box in found:
        if box.x0 < -SLACK or box.y0 < -SLACK or box.x1 > width + SLACK or box.y1 > height + SLACK:
            yield f"cut: {text.get_text()!r}"
        if text.get_fontsize() < SMALLEST:
            yield f"{text.get_fontsize():.1f} points: {text.get_text()!r}"
    for (one, a), (two, b) in itertools.combinations(found, 2):
        across, down = min(a.x1, b.x1) - max(a.x0, b.x0), min(a.y1, b.y1) - max(a.y0, b.y0)
        if across > SLACK and down > SLACK:
            yield f"overlap: {one.get_text()!r} and {two.get_text()!r}"
    for axes in drawing.axes:
        row = sorted((box.x0, box.x1, t.get_text()) for t, box in found if t in axes.get_xticklabels())
        for (_, end, one), (start, _, two) in itertools.pairwise(row):
            if not end - start >= 0 and start - end < APART and not is_turned(axes):
                yield f"crowded: {one!r} and {two!r}"


def is_turned(axes):
    return any(label.get_rotation() for label in axes.get_xticklabels())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_text_is_whole_apart_and_large_enough_and_no_glyph_is_missing(drawn, lang, size):
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*Glyph.*missing.*")
        found = {name: list(offences(figure.drawing)) for name, figure in drawn(lang, size).items()}
    listed = "\n".join(f"{name} {problem}" for name, problems in found.items() for problem in problems)
    assert not listed, listed


def test_every_public_plot_is_looked_at(results):
    drawn = {plot.__name__ for plot, _, _ in results.values()}
    assert drawn == {name for name in yd.__all__ if name.startswith("plot_")}


def test_drawing_twice_gives_the_same_bytes(results, tmp_path):
    for name, (plot, given, options) in results.items():
        figures = [plot(*given, lang="zh", size="column", **options) for _ in range(2)]
        one, two = (yd.save_figure(f, tmp_path / str(i) / name) for i, f in enumerate(figures))
        assert [path.read_bytes() for path in one] == [path.read_bytes() for path in two], name


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_figure_is_described_in_its_language_and_has_data(drawn, lang):
    for name, figure in drawn(lang, "page").items():
        assert isinstance(figure, Figure), name
        assert len(figure.data) > 1, name
        assert any("一" <= sign <= "鿿" for sign in figure.alt) == (lang == "zh"), (name, figure.alt)
        assert "{" not in figure.alt, name


def test_no_text_shows_more_than_six_decimals(drawn):
    shown = {name: [t.get_text() for t, _ in texts(f.drawing)] + [f.alt] for name, f in drawn("en", "page").items()}
    assert [(name, t) for name, found in shown.items() for t in found if re.search(r"\d\.\d{7}", t)] == []


@pytest.mark.parametrize("name", ["event_study", "placebo_dots", "placebo_kinds", "inference", "ladder", "synthetic"])
def test_figures_of_tests_say_how_many_units_were_treated_and_what_could_be_attained(drawn, name):
    shown = " ".join(t.get_text() for t, _ in texts(drawn("en", "page")[name].drawing)).replace("\n", " ")
    assert "8 treated units" in shown
    assert name == "event_study" or "smallest attainable p" in shown


def offender(change):
    with figure_style("en"):
        drawing = Drawing(figsize=(4, 3))
        axes = drawing.subplots()
        axes.text(0.5, 0.5, "quiet", fontsize=9)
        change(axes)
    return list(offences(drawing))


def test_the_checker_catches_overlapping_cut_and_tiny_text_and_passes_a_clean_figure():
    assert offender(lambda axes: None) == []
    assert offender(lambda axes: axes.text(0.52, 0.5, "loud", fontsize=9)) == ["overlap: 'quiet' and 'loud'"]
    assert offender(lambda axes: axes.text(1.0, 0.2, "beyond the edge of the page", fontsize=9)) == [
        "cut: 'beyond the edge of the page'"
    ]
    assert offender(lambda axes: axes.text(0.1, 0.1, "whisper", fontsize=5)) == ["5.0 points: 'whisper'"]


def test_the_checker_catches_tick_labels_that_nearly_touch():
    def ticks(axes, apart):
        axes.set_xticks([0, apart], labels=["-0.035", "-0.030"], fontsize=8)

    found = [offender(lambda axes, at=at: ticks(axes, at)) for at in np.arange(0.05, 0.3, 0.005)]
    assert found[0][0].startswith("overlap")
    assert ["crowded: '-0.035' and '-0.030'"] in found
    assert found[-1] == []


def test_the_checker_catches_a_missing_glyph():
    with mpl.rc_context({"font.family": ["DejaVu Sans"]}), warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*Glyph.*missing.*")
        drawing = Drawing()
        drawing.subplots().text(0.5, 0.5, "城市")
        with pytest.raises(UserWarning, match="Glyph"):
            drawing.savefig(io.BytesIO(), format="png")

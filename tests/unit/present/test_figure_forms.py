import itertools
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
from conftest import make_toy
from matplotlib.backends.backend_agg import FigureCanvasAgg

import yrdecon as yd
from yrdecon.present.style import cjk_font, fold

SIZES = ("column", "page", "slide")
DESIGN = yd.Design(outcome="y", base_periods=(5,), exclude_periods=(4,))


@pytest.fixture(scope="module")
def results():
    toy = make_toy(n_units=16, n_treated=4)
    return {
        "panel": toy,
        "dynamic": yd.event_study(toy, DESIGN),
        "synthetic": yd.synthetic_did(toy, DESIGN),
        "blocks": yd.permutation_test(yd.twfe, toy, DESIGN, yd.Assignment("contiguous"), seed=0),
        "free": yd.permutation_test(yd.twfe, toy, DESIGN, yd.Assignment("free"), seed=0),
    }


def drawn(results, lang, size):
    options = {"lang": lang, "size": size}
    labels = {"y": "产出" if lang == "zh" else "Output"}
    several = {"DiD": results["dynamic"], "SDID": results["synthetic"]}
    return {
        "one": yd.plot_event_study(results["dynamic"], labels=labels, **options),
        "several": yd.plot_event_study(several, labels=labels, **options),
        "blocks": yd.plot_placebo(results["blocks"], **options),
        "free": yd.plot_placebo(results["free"], **options),
        "trends": yd.plot_trends(results["panel"], DESIGN, labels=labels, **options),
    }


def boxes(drawing):
    canvas = FigureCanvasAgg(drawing)
    canvas.draw()
    renderer = canvas.get_renderer()
    found = [text for legend in drawing.legends for text in legend.get_texts()]
    for axes in drawing.axes:
        found += [*axes.texts, axes._left_title, axes.xaxis.label, axes.yaxis.label]
        found += [*axes.get_xticklabels(), *axes.get_yticklabels()]
    return [(text.get_text(), text.get_window_extent(renderer)) for text in found if text.get_text()]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("size", SIZES)
def test_no_text_is_clipped_overlaps_or_lacks_a_glyph(results, lang, size):
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*Glyph.*missing.*")
        figures = drawn(results, lang, size)
        found = {name: boxes(figure.drawing) for name, figure in figures.items()}
    for name, texts in found.items():
        width, height = figures[name].drawing.get_size_inches() * figures[name].drawing.dpi
        for text, box in texts:
            inside = box.x0 >= 0 and box.x1 <= width and box.y0 >= 0 and box.y1 <= height
            assert inside, (name, text)
        for (one, a), (two, b) in itertools.combinations(texts, 2):
            apart = min(a.x1, b.x1) - max(a.x0, b.x0) <= 0.5 or min(a.y1, b.y1) - max(a.y0, b.y0) <= 0.5
            assert apart, (name, one, two)


def test_few_treated_clusters_make_the_bars_pale_and_the_figure_says_why(results):
    few = yd.plot_event_study(results["dynamic"]).drawing.axes[0]
    many = make_toy(n_units=30, n_treated=12)
    enough = yd.plot_event_study(yd.event_study(many, DESIGN)).drawing.axes[0]
    assert "not valid with 4 treated: for shape only" in few.get_title(loc="left").replace("\n", " ")
    assert "not valid" not in enough.get_title(loc="left")
    assert few.collections[0].get_color().tolist() != enough.collections[0].get_color().tolist()


def test_a_synthetic_difference_is_drawn_by_its_path_without_bars(results):
    figure = yd.plot_event_study(results["synthetic"])
    assert figure.data["conf_low"].isna().all()
    assert figure.data.loc[figure.data["reference"], "event_time"].tolist() == [-1]
    assert "No standard errors" in figure.drawing.axes[0].get_title(loc="left")


def test_bands_are_drawn_and_checked(results):
    tidy = results["dynamic"].tidy()
    band = tidy[["event_time"]].assign(conf_low=-3.0, conf_high=3.0)
    with_band = yd.plot_event_study(results["dynamic"], bands={"": band})
    without = yd.plot_event_study(results["dynamic"])
    assert len(with_band.drawing.axes[0].collections) == len(without.drawing.axes[0].collections) + 1
    with pytest.raises(yd.DesignError, match="have no estimate"):
        yd.plot_event_study(results["dynamic"], bands={"other": band})
    with pytest.raises(yd.DesignError, match="conf_high"):
        yd.plot_event_study(results["dynamic"], bands={"": band.drop(columns="conf_high")})


def test_few_placebos_are_dots_dark_where_at_least_as_extreme_and_many_are_a_density(results):
    dots = yd.plot_placebo(results["blocks"])
    dark, light = dots.drawing.axes[0].lines[:2]
    assert len(dark.get_xdata()) == results["blocks"].rank - 1
    assert len(dark.get_xdata()) + len(light.get_xdata()) == len(results["blocks"].draws) - 1
    assert "members" in dots.data
    density = yd.plot_placebo(results["free"]).data
    assert np.trapezoid(density["density"], density["estimate"]) == pytest.approx(1, abs=0.01)


def test_the_placebo_figure_prints_assignments_and_smallest_p_value(results):
    title = yd.plot_placebo(results["free"]).drawing.axes[0].get_title(loc="left")
    assert "1,820 admissible assignments" in title
    assert "smallest attainable p 0.0005" in title


def test_the_description_is_in_the_language_of_the_figure(results):
    assert yd.plot_placebo(results["blocks"], lang="zh").alt.startswith(f"{len(results['blocks'].draws) - 1}个安慰剂")


def test_an_unknown_size_and_too_many_series_are_refused(results):
    with pytest.raises(yd.DesignError, match="size='poster'"):
        yd.plot_placebo(results["blocks"], size="poster")
    with pytest.raises(yd.DesignError, match="draw 14 at most"):
        yd.plot_event_study({str(i): results["dynamic"] for i in range(15)})


def test_without_a_chinese_font_the_message_says_what_to_install(monkeypatch):
    from matplotlib import font_manager

    monkeypatch.setitem(sys.modules, "mplfonts", None)
    monkeypatch.setattr("yrdecon.present.style._shipped_font", lambda: None)
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    cjk_font.cache_clear()
    with pytest.raises(yd.YrdeconError, match=r"yrdecon\[tables\]"):
        cjk_font()
    cjk_font.cache_clear()


def test_long_titles_break_after_a_semicolon_or_a_word_and_never_before_a_chinese_stop():
    assert fold("one; " + "two " * 12, "column").splitlines()[0] == "one;"
    folded = fold("误" * 26 + "，差" * 10, "column")
    assert all(line[0] not in "，。；" for line in folded.splitlines())


def test_minus_signs_do_not_depend_on_the_settings_at_the_time_of_saving(results):
    import matplotlib as mpl

    figure = yd.plot_event_study(results["dynamic"], labels={"y": "Output"})
    with mpl.rc_context({"axes.unicode_minus": True}):
        shown = "".join(text for text, _ in boxes(figure.drawing))
    assert "-" in shown
    assert "−" not in shown
    assert isinstance(figure.data, pd.DataFrame)

import itertools
import warnings

import pandas as pd
import pytest
from conftest import make_toy
from matplotlib.backends.backend_agg import FigureCanvasAgg

import yrdecon as yd

LANGUAGES = ("en", "zh")


@pytest.fixture(scope="module")
def figures(twinned):
    design = yd.twinning_design()
    dynamic = yd.event_study(twinned, design)
    several = {"all 41": yd.event_study(twinned, yd.twinning_variants()["pool: all 41 cities"]), "clean": dynamic}
    block = yd.permutation_test(yd.twfe, twinned, design, seed=0)
    free = yd.permutation_test(yd.twfe, twinned, design, yd.Assignment("free"), seed=0, draws=499)
    ladder = yd.control_pool_ladder(twinned, design, {"all": None, "clean": "in_yrd_clean"}, yd.twfe, seed=0)
    made = {}
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*Glyph.*missing.*")
        for lang in LANGUAGES:
            made[f"event_study_{lang}"] = yd.plot_event_study(dynamic, lang=lang)
            made[f"several_{lang}"] = yd.plot_event_study(several, lang=lang)
            made[f"block_{lang}"] = yd.plot_placebo(block, lang=lang)
            made[f"free_{lang}"] = yd.plot_placebo(free, lang=lang)
            made[f"ladder_{lang}"] = yd.plot_ladder(ladder, lang=lang)
            made[f"trends_{lang}"] = yd.plot_trends(twinned, design, lang=lang)
        for figure in made.values():
            FigureCanvasAgg(figure.drawing).draw()
    return made


def texts(drawing):
    renderer = FigureCanvasAgg(drawing).get_renderer()
    found = []
    for axes in drawing.axes:
        parts = [*axes.texts, axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label]
        parts += shown_ticks(axes.get_xticklabels(), axes.get_xticks(), axes.get_xlim())
        parts += shown_ticks(axes.get_yticklabels(), axes.get_yticks(), axes.get_ylim())
        found += [t for t in parts if t.get_visible() and t.get_text()]
    return [(t.get_text(), t.get_window_extent(renderer)) for t in found]


def shown_ticks(labels, positions, limits):
    return [t for t, at in zip(labels, positions, strict=True) if min(limits) <= at <= max(limits)]


def test_no_glyph_is_missing_in_either_language(figures):
    assert len(figures) == 12


def test_labels_are_inside_and_do_not_overlap(figures):
    for name, figure in figures.items():
        boxes = texts(figure.drawing)
        width, height = figure.drawing.get_size_inches() * figure.drawing.dpi
        assert len(boxes) >= 6
        for text, box in boxes:
            assert box.x0 >= -1, (name, text)
            assert box.x1 <= width + 1, (name, text)
            assert box.y0 >= -1, (name, text)
            assert box.y1 <= height + 1, (name, text)
        for (one, a), (two, b) in itertools.combinations(boxes, 2):
            across = min(a.x1, b.x1) - max(a.x0, b.x0)
            down = min(a.y1, b.y1) - max(a.y0, b.y0)
            assert not (across > 1 and down > 1), (name, one, two)


def test_a_figure_is_saved_with_its_data_and_description_and_the_same_bytes(figures, tmp_path):
    for name in ("event_study_zh", "block_en"):
        one = yd.save_figure(figures[name], tmp_path / "one" / name)
        two = yd.save_figure(figures[name], tmp_path / "two" / name)
        assert [p.suffix for p in one] == [".svg", ".png", ".csv", ".txt"]
        assert [p.read_bytes() for p in one] == [p.read_bytes() for p in two]
    data = pd.read_csv(tmp_path / "one" / "event_study_zh.csv")
    assert data["event_time"].tolist() == list(range(-12, 2))
    assert "偏窄" in (tmp_path / "one" / "event_study_zh.txt").read_text(encoding="utf-8")


def test_the_placebo_figure_says_only_what_was_earned(figures):
    def title(name):
        return figures[name].drawing.axes[0].get_title(loc="left")

    assert title("block_en").startswith("rank ")
    assert "permutation p " in title("free_en")


def test_what_cannot_be_drawn_is_refused(twinned):
    with pytest.raises(yd.DesignError, match="no event times"):
        yd.plot_event_study(yd.twfe(twinned, yd.twinning_design()))
    with pytest.raises(yd.DesignError, match="compared no assignments"):
        yd.plot_placebo(yd.HypothesisTest("x", 1.0, 0.5, "nothing"))
    toy = make_toy()
    staggered = toy.assign(cohort=toy.frame["cohort"].mask(toy.frame["unit"] == "u00", 4.0))
    with pytest.raises(yd.DesignError, match="one adoption date"):
        yd.plot_trends(staggered, yd.Design(outcome="y"))

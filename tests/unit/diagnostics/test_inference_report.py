import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import yrdecon as yd


@pytest.fixture(scope="module")
def report(twinned):
    return yd.inference_report(twinned, yd.twinning_design(), yd.synthetic_did, seed=1)


def test_the_primary_row_is_the_declared_estimator_under_its_own_mechanism(report, twinned):
    test = yd.permutation_test(yd.synthetic_did, twinned, yd.twinning_design(), seed=1)
    first = report.iloc[0]
    assert (first["role"], first["estimator"]) == ("primary", "synthetic_did")
    assert (first["rank"], first["n_compared"]) == (test.rank, len(test.draws))
    assert test.is_rank_only
    assert np.isnan(first["p_value"])
    assert "p-value 0.2" not in repr(test)
    assert (report["n_treated"] == 8).all()


def test_the_other_rows_test_the_difference_in_differences(report, twinned):
    plain = yd.twfe(twinned, yd.twinning_design())
    rows = report[(report["estimator"] == "twfe") & (report["method"] != "conformal")]
    assert rows["estimate"].dropna().to_numpy() == pytest.approx(plain.coef[0], abs=1e-10)
    clustered = report[report["method"] == "clustered errors, CR1"].iloc[0]
    assert clustered["p_value"] == pytest.approx(plain.tidy()["p_value"][0], abs=1e-12)


def test_a_method_that_cannot_be_used_says_why(report, toy):
    refused = report[report["estimate"].isna()]
    assert refused["method"].tolist() == ["Hagemann"]
    assert "one treated unit" in refused["note"].iloc[0]
    nowhere = yd.Panel.from_frame(toy.frame, unit="unit", time="time")
    without = yd.inference_report(nowhere, yd.Design("y"), yd.twfe, seed=1).set_index("method")
    assert "coordinates" in without.loc["spatial model", "note"]
    assert np.isnan(without.loc["spatial model", "p_value"])


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_figure_shows_every_method_inside_its_borders(report, lang):
    figure = yd.plot_inference(report, outcome="ln_real_gdp", lang=lang)
    axes = figure.drawing.axes[0]
    renderer = FigureCanvasAgg(figure.drawing).get_renderer()
    width, height = figure.drawing.get_size_inches() * figure.drawing.dpi
    shown = [*axes.texts, axes._left_title, axes.xaxis.label, *axes.get_yticklabels()]
    assert len(axes.get_yticklabels()) == len(report)
    for text in shown:
        box = text.get_window_extent(renderer)
        assert box.x0 >= -1, text.get_text()
        assert box.x1 <= width + 1, text.get_text()
        assert box.y1 <= height + 1, text.get_text()
    with pytest.raises(yd.DesignError, match="lacks"):
        yd.plot_inference(report.drop(columns="rank"), outcome="ln_real_gdp")

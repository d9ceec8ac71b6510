import numpy as np
import pytest

import yrdecon as yd

DESIGN = yd.Design(outcome="y", exclude_periods=(3,))
PREDICTING = [yd.synthetic_control, yd.synthetic_did, yd.synthetic_did_path, yd.interactive_fe, yd.matrix_completion]


@pytest.mark.parametrize("estimator", PREDICTING)
def test_estimators_that_predict_the_untreated_outcome_show_its_path_in_the_same_columns(toy, estimator):
    frames = estimator(toy, DESIGN).frames
    shared = {"cohort", "time", "event_time", "observed", "counterfactual", "effect"}
    for name in {"path", "counterfactual"} & set(frames):
        missing = shared - set(frames[name]) - ({"event_time"} if name == "counterfactual" else set())
        assert not missing
        assert np.allclose(frames[name]["observed"] - frames[name]["counterfactual"], frames[name]["effect"])


@pytest.mark.parametrize("estimator", PREDICTING[:3])
def test_synthetic_estimators_name_their_frames_alike(toy, estimator):
    frames = estimator(toy, DESIGN).frames
    assert {"cohort", "unit", "weight"} <= set(frames["unit_weights"])
    assert {"cohort", "time", "weight"} == set(frames["time_weights"])
    assert {"cohort", "effect", "share", "n_treated", "n_periods"} == set(frames["cohorts"])
    assert {"cohort", "rmspe_before", "effective_donors"} <= set(frames["fit"])
    assert frames["path"].set_index("time")["excluded"].to_dict() == {t: t == 3 for t in range(1, 9)}

"""Who counts as a neighbor, and what is refused."""

import libpysal
import numpy as np
import pandas as pd
import pytest
from conftest import make_toy

import yrdecon as yd
from yrdecon.places.coordinates import distance_matrix


@pytest.fixture(scope="module")
def delta():
    return yd.load_panel("yrd")


def coordinates(panel):
    seats = panel.frame.groupby(panel.unit)[list(panel.location)].first()
    return seats["lon"].to_numpy(), seats["lat"].to_numpy()


def square(values, units):
    return pd.DataFrame(values, index=units, columns=units)


def test_shipped_borders_are_mutual_and_those_of_known_neighbors(delta):
    weights = yd.spatial_weights(delta, row_standardized=False)
    table = square(weights.matrix, weights.ids)
    assert (table == table.T).all(axis=None)
    assert set(table.index[table.loc["310000"] > 0]) == {"320500", "320600", "330400", "330900"}
    assert table.loc["340100", "310000"] == 0
    assert weights.islands == ()


def test_rows_sum_to_one_where_they_are_standardized(delta):
    for kind, options in {"contiguity": {}, "inverse_distance": {"cutoff_km": 200}, "nearest": {"k": 4}}.items():
        weights = yd.spatial_weights(delta, kind, **options)
        assert np.allclose(weights.matrix.sum(axis=1), 1)
        raw = yd.spatial_weights(delta, kind, row_standardized=False, **options)
        assert np.allclose(raw.matrix / raw.matrix.sum(axis=1, keepdims=True), weights.matrix)
        assert (weights.sparse.toarray() == weights.matrix).all()


def test_inverse_and_economic_distances_are_what_they_say(delta):
    distance = distance_matrix(*coordinates(delta))
    near = yd.spatial_weights(delta, "inverse_distance", cutoff_km=150, row_standardized=False).matrix
    apart = ~np.eye(41, dtype=bool)
    assert np.allclose(near[apart & (distance <= 150)], 1 / distance[apart & (distance <= 150)])
    assert not near[distance > 150].any()
    early = delta.between(2010, 2019)
    rich = yd.spatial_weights(early, "economic_distance", column="ln_real_gdp_pc", row_standardized=False).matrix
    means = early.frame.groupby("city_code")["ln_real_gdp_pc"].mean().to_numpy()
    assert rich[3, 7] == pytest.approx(1 / abs(means[3] - means[7]))


def test_nearest_neighbors_equal_those_of_libpysal(delta):
    lon, lat = np.radians(coordinates(delta))
    points = np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
    theirs = libpysal.weights.KNN.from_array(points, k=5).full()[0]
    assert (yd.spatial_weights(delta, "nearest", k=5, row_standardized=False).matrix == theirs).all()


def test_weights_of_libpysal_and_square_tables_are_put_in_the_order_of_the_units(delta):
    ours = yd.spatial_weights(delta, row_standardized=False)
    shuffled = square(ours.matrix, ours.ids).sample(frac=1, random_state=1).sample(frac=1, random_state=2, axis=1)
    assert (yd.spatial_weights(delta, "matrix", shuffled, row_standardized=False).matrix == ours.matrix).all()
    neighbors = {
        u: [v for v, w in zip(ours.ids, row, strict=True) if w] for u, row in zip(ours.ids, ours.matrix, strict=True)
    }
    given = libpysal.weights.W(neighbors, id_order=list(reversed(ours.ids)))
    assert (yd.spatial_weights(delta, "matrix", given, row_standardized=False).matrix == ours.matrix).all()


def test_pairs_of_neighbors_may_be_a_table_or_a_list_and_name_a_pair_twice():
    toy = make_toy(n_units=3, n_treated=1)
    listed = yd.spatial_weights(toy, table=[("u00", "u01"), ("u01", "u00")], row_standardized=False)
    assert listed.matrix.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    assert listed.islands == ("u02",)
    assert "without a neighbor: ['u02']" in repr(listed)
    tabled = yd.spatial_weights(toy, table=pd.DataFrame({"a": ["u00"], "b": ["u01"]}), row_standardized=False)
    assert (tabled.matrix == listed.matrix).all()


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (("queen",), {}, "kind='queen' is unknown"),
        (("nearest",), {}, "needs k="),
        (("nearest",), {"k": 12}, "from 1 to 11"),
        (("nearest",), {"k": True}, "from 1 to 11"),
        (("contiguity",), {"k": 3}, r"takes no \['k'\]"),
        (("contiguity",), {}, "41 cities of the Yangtze River Delta"),
        (("contiguity", [("u00", "u99")]), {}, r"names \['u99'\], which are no units"),
        (("contiguity", [("u00", "u00")]), {}, "as its own neighbor"),
        (("contiguity", [("u00", "u01", "u02")]), {}, "must be pairs"),
        (("contiguity", []), {}, "must be pairs"),
        (("inverse_distance",), {"cutoff_km": -1}, "must be a distance"),
        (("economic_distance",), {"column": "nowhere"}, "missing or not numeric"),
        (("economic_distance",), {"column": "flat"}, "is zero, so that it has no inverse"),
        (("matrix",), {}, "needs table="),
        (("matrix", np.eye(12)), {}, "give an array its units"),
        (("matrix", pd.DataFrame(np.zeros((12, 11)))), {}, "12 rows and 11 columns"),
        (("matrix", square(np.zeros((2, 2)), ["u00", "u01"])), {}, "have no weights"),
        (("matrix", square(np.eye(12), [f"u{i:02d}" for i in range(12)])), {}, "is its own neighbor"),
        (("matrix", square(-np.ones((12, 12)), [f"u{i:02d}" for i in range(12)])), {}, "not negative"),
        (("matrix", square("x", [f"u{i:02d}" for i in range(12)])), {}, "must be numbers"),
    ],
)
def test_what_are_no_weights_is_refused_with_the_way_out(arguments, options, words):
    toy = make_toy()
    with pytest.raises(yd.DesignError, match=words):
        yd.spatial_weights(toy.assign(flat=1.0), *arguments, **options)


def test_missing_coordinates_are_named(toy):
    lost = toy.assign(lon=toy.frame["lon"].mask(toy.frame["unit"] == "u03"))
    with pytest.raises(yd.DesignError, match="u03"):
        yd.spatial_weights(lost, "nearest", k=2)

import numpy as np
import pytest

import vitrail
from blobs import layered
from vitrail.errors import BadInput
from vitrail.signatures.answer import Fitted, same_network, under


def test_what_is_written_is_read_again(fitted, tmp_path):
    back = vitrail.load(fitted.save(tmp_path / "paths"))
    one, two = Fitted.of(fitted), Fitted.of(back)
    assert one.outcome == two.outcome
    assert one.pool == two.pool
    assert one.keep == two.keep == "float16"
    for name, array in one.paths.centroids.items():
        np.testing.assert_array_equal(array, two.paths.centroids[name])
    assert list(one.paths.centroids) == ["1", "3"]


def test_every_array_survives(fitted, tmp_path):
    back = vitrail.load(fitted.save(tmp_path / "paths"))
    assert back.arrays.keys() == fitted.arrays.keys()
    for name, array in fitted.arrays.items():
        np.testing.assert_array_equal(back.arrays[name], array)
        assert back.axes[name] == fitted.axes[name]
    assert back.model is None
    assert back.checks["clusters"] == fitted.checks["clusters"]


def test_names_below_a_prefix(fitted):
    assert set(under(fitted, "centroid/")) == {"1", "3"}
    assert under(fitted, "nothing/") == {}


def test_the_network_that_is_bound_and_the_one_that_is_given(fitted, layered_model):
    assert same_network(fitted, None) is layered_model
    twin = vitrail.open(layered())
    assert same_network(fitted, twin) is twin  # the same weights


@pytest.mark.parametrize("model", ["a name", 3])
def test_what_is_no_network(fitted, model):
    with pytest.raises(BadInput, match="holds no network"):
        same_network(fitted, model)


def test_other_weights(fitted):
    with pytest.raises(BadInput, match="about another network") as caught:
        same_network(fitted, vitrail.open(layered(seed=2)))
    assert caught.value.facts["made"] == fitted.provenance["model"]["weights"]

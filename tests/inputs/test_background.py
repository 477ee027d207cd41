"""A baseline in x's own layout: pictures, tables by name, token ids."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from PIL import Image

import vitrail
from known import Pooled, normal, seeded, smooth
from vitrail.errors import BadInput, BadSetting

SHOTS = np.random.default_rng(0).integers(0, 256, (3, 5, 6, 3), dtype=np.uint8)
GREY = np.full((5, 6, 3), 128, np.uint8)
COLUMNS = list("abcde")


def test_pictures(tmp_path):
    spec = vitrail.Images((5, 6), mean=0.5, std=0.25)
    model = vitrail.open(seeded(Pooled(channels=3)), inputs=spec)
    prepared = np.moveaxis(spec.numbers(GREY), -1, 0)
    expected = vitrail.explain(model, SHOTS, target=0, steps=5, baseline=prepared).values
    Image.fromarray(GREY).save(tmp_path / "grey.png")
    for grey in (Image.fromarray(GREY), tmp_path / "grey.png", GREY, GREY[None], [Image.fromarray(GREY)] * 2, [GREY]):
        given = vitrail.explain(model, SHOTS, target=0, steps=5, baseline=grey).values
        assert_allclose(given, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("order", ["abcde", "ecadb"])
@pytest.mark.parametrize("told", [True, False])
def test_tables_go_by_name(order, told):
    x, b = normal(3, 5, seed=1).numpy(), normal(4, 5, seed=2).numpy()
    model = vitrail.open(smooth(), inputs=vitrail.Table(COLUMNS) if told else None)
    frame, background = pd.DataFrame(x, columns=COLUMNS), pd.DataFrame(b, columns=COLUMNS)
    expected = vitrail.explain(model, frame, target=0, baseline=b)
    got = vitrail.explain(model, frame, target=0, baseline=background[list(order)])
    assert_allclose(got.values, expected.values, rtol=1e-12)
    mean = vitrail.explain(model, frame, target=0, baseline=background[list(order)].mean())
    assert_allclose(mean.values, vitrail.explain(model, frame, target=0, baseline=b.mean(0)).values, rtol=1e-12)


PEOPLE = pd.DataFrame({"age": [39.0, 20.0, 50.0], "work": ["private", "public", "none"], "hours": [40.0, 30.0, 10.0]})
SPEC = vitrail.Table(["age", "work", "hours"], {"work": ["public", "private", "none"]}, {"age": 30.0}, {"age": 9.0})


@pytest.mark.parametrize("method", ["integrated-gradients", "permutation-shap"])
def test_a_background_is_encoded_as_x_is(method):
    model = vitrail.open(smooth(), inputs=SPEC)
    expected = vitrail.explain(model, PEOPLE, method, 0, baseline=SPEC.numbers(PEOPLE))
    assert np.abs(expected.values).max() > 1e-3
    for given in (PEOPLE, PEOPLE[["hours", "work", "age"]], dict(PEOPLE)):
        for x in (PEOPLE, dict(PEOPLE), SPEC.numbers(PEOPLE)):
            got = vitrail.explain(model, x, method, 0, baseline=given)
            assert_allclose(got.values, expected.values, rtol=1e-9, atol=1e-12)
    one = vitrail.explain(model, PEOPLE, method, 0, baseline=PEOPLE.iloc[1])
    assert_allclose(one.values, vitrail.explain(model, PEOPLE, method, 0, baseline=PEOPLE[1:2]).values, rtol=1e-12)


def test_a_background_without_rows_or_with_strangers_is_refused():
    model = vitrail.open(smooth(), inputs=SPEC)
    with pytest.raises(BadSetting, match="the baseline is a table without rows. At least one row was expected"):
        vitrail.explain(model, PEOPLE, baseline=PEOPLE[:0])
    with pytest.raises(BadInput, match="'work' holds 'abroad'"):
        vitrail.explain(model, PEOPLE, baseline=PEOPLE.assign(work="abroad"))


def test_a_table_for_what_is_none_is_refused():
    with pytest.raises(BadSetting, match="the baseline is a table and x is not"):
        vitrail.explain(vitrail.open(smooth()), normal(2, 5), baseline=pd.DataFrame(np.zeros((1, 5))))


def test_json_of_a_baseline_goes_through():
    model, x = vitrail.open(smooth()), normal(2, 5, seed=1)
    one = vitrail.explain(model, x, "expected-gradients", 0, samples=4, baseline={"baseline": "noise", "count": 2})
    assert one.provenance["settings"]["baseline"] == {"baseline": "noise", "count": 2, "seed": 0}

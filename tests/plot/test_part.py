import numpy as np
import pytest

from vitrail.plot.part import form_of, named, parts, stretched


@pytest.mark.parametrize(
    ("axes", "form"),
    [
        ("batch channel height width", "picture"),
        ("batch height width channel", "picture"),
        ("batch token feature", "token"),
        ("batch step feature", "series"),
        ("batch channel step", "series"),
        ("batch feature", "column"),
        ("batch head query key", "other"),
        ("layer feature", "other"),
        ("batch", "other"),
    ],
)
def test_the_form_follows_the_axes(axes, form):
    assert form_of(tuple(axes.split())) == form


def test_channels_are_summed_wherever_they_stand(make):
    values = np.arange(2 * 3 * 4 * 5, dtype=float).reshape(2, 3, 4, 5)
    first = parts(make["any"](values=values, axes=("batch", "channel", "height", "width")))[0]
    last = parts(make["any"](values=values.transpose(0, 2, 3, 1), axes=("batch", "height", "width", "channel")))[0]
    np.testing.assert_array_equal(first.values, values.sum(1))
    np.testing.assert_array_equal(last.values, values.sum(1))


def test_width_before_height_is_turned_round(make):
    values = np.arange(2 * 4 * 5, dtype=float).reshape(2, 4, 5)
    part = parts(make["any"](values=values, axes=("batch", "width", "height")))[0]
    np.testing.assert_array_equal(part.values, values.transpose(0, 2, 1))


def test_embeddings_are_summed_to_tokens(make):
    values = np.random.default_rng(0).normal(size=(2, 4, 6))
    part = parts(make["any"](values=values, axes=("batch", "token", "feature")))[0]
    np.testing.assert_allclose(part.values, values.sum(-1))


@pytest.mark.parametrize(
    ("axes", "shape", "order"),
    [("batch channel step", (2, 3, 7), (0, 1, 2)), ("batch step feature", (2, 7, 3), (0, 2, 1))],
)
def test_series_stand_in_rows(make, axes, shape, order):
    values = np.random.default_rng(0).normal(size=shape)
    drawn = parts(make["any"](values=values, axes=tuple(axes.split())))[0].values
    np.testing.assert_array_equal(drawn, values.transpose(order))


def test_one_series_is_one_row(make):
    values = np.random.default_rng(0).normal(size=(2, 7))
    drawn = parts(make["any"](values=values, axes=("batch", "step")))[0].values
    np.testing.assert_array_equal(drawn, values[:, None])


def test_several_inputs_have_names_and_their_own_labels(make):
    scan, record = parts(make["two inputs"]())
    assert (scan.name, scan.form) == ("scan", "picture")
    assert (record.name, record.form, list(record.names)) == ("record", "column", ["age", "dose"])


def test_inputs_without_names_are_numbered(make):
    answer = make["any"](
        values=None,
        axes=None,
        arrays={"values/0": np.ones((2, 3)), "values/side": np.ones((2, 3))},
        more_axes={"values/0": ("batch", "feature"), "values/side": ("batch", "feature")},
    )
    assert [part.name for part in parts(answer)] == ["input 0", "side"]


def test_names_that_do_not_fit_are_not_used():
    assert named(["a", "b"], 2) == ["a", "b"]
    assert named(["a", "b"], 3) == ["feature 0", "feature 1", "feature 2"]


def test_the_picture_is_given_or_made_from_the_input(make):
    given = make["picture"]()
    np.testing.assert_array_equal(parts(given)[0].picture, given.arrays["picture"])
    seen = np.random.default_rng(0).normal(size=(2, 3, 4, 5))
    axes = ("batch", "channel", "height", "width")
    made = make["any"](values=seen, axes=axes, arrays={"input": seen}, more_axes={"input": axes})
    picture = parts(made)[0].picture
    assert picture.shape == (2, 4, 5, 3)
    assert picture[0, 1, 2, 0] == round(255 * (seen[0, 0, 1, 2] - seen[0].min()) / np.ptp(seen[0]))


def test_a_dark_picture_stays_dark(make):
    axes = ("batch", "height", "width")
    dim = np.array([[10, 20], [30, 40]], np.uint8)[None, ..., None]
    arrays, more = {"picture": dim}, {"picture": (*axes, "channel")}
    answer = make["any"](values=np.ones((1, 2, 2)), axes=axes, arrays=arrays, more_axes=more, batch=1)
    np.testing.assert_array_equal(parts(answer)[0].picture, dim)


def test_an_input_of_many_channels_is_no_picture(make):
    seen = np.ones((2, 7, 4, 5))
    axes = ("batch", "channel", "height", "width")
    assert (
        parts(make["any"](values=seen, axes=axes, arrays={"input": seen}, more_axes={"input": axes}))[0].picture is None
    )


def test_each_picture_is_stretched_on_its_own():
    pictures = np.stack([np.linspace(0, 1, 4).reshape(2, 2, 1), np.full((2, 2, 1), 7.0)])
    np.testing.assert_array_equal(stretched(pictures)[..., 0], [[[0, 85], [170, 255]], [[0, 0], [0, 0]]])

"""What comes through the door, and that values go back in its own layout, with the right axes and labels."""

import numpy as np
import pandas as pd
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image
from torch import nn

import vitrail
from known import Pooled, normal, seeded, smooth
from vitrail.errors import BadInput
from vitrail.inputs.packing import pack, words_in
from vitrail.model.keras import on_torch

X = normal(4, 5, seed=1).numpy()
SHOTS = np.random.default_rng(0).integers(0, 256, (3, 5, 6, 3), dtype=np.uint8)
SPEC = vitrail.Images((5, 6), mean=(0.1, 0.2, 0.3), std=(0.5, 1.0, 2.0))


@pytest.fixture(scope="module")
def model():
    return vitrail.open(smooth())


@pytest.fixture(scope="module")
def seeing():
    return vitrail.open(seeded(Pooled(channels=3)), inputs=SPEC)


def gradients(x) -> np.ndarray:
    """By torch.autograd, without the library."""
    leaf = torch.tensor(x, dtype=torch.float64).requires_grad_()
    return torch.autograd.grad(smooth()(leaf)[:, 0].sum(), leaf)[0].numpy()


# -- arrays ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [
        np.array,
        torch.tensor,
        np.ndarray.tolist,
        list,
        lambda x: [torch.tensor(row, requires_grad=True) for row in x],
        lambda x: torch.tensor(x, requires_grad=True),
        lambda x: np.repeat(x, 2, 1)[:, ::2],
        lambda x: nn.Parameter(torch.tensor(x)),
    ],
    ids="array tensor nested rows tensors asking strided parameter".split(),
)
def test_any_array_gets_values_of_its_shape(model, kind):
    answer = vitrail.explain(model, kind(X), "gradient", 0)
    assert np.abs(answer.values).max() > 0.1
    assert_allclose(answer.values, gradients(X), rtol=1e-12)
    assert answer.axes["values"] == ("batch", "feature")
    assert_array_equal(answer.arrays["input"], X)


def test_a_tensor_made_in_inference_mode(model):
    with torch.inference_mode():
        x = torch.tensor(X)
        inside = vitrail.explain(model, x, "gradient", 0).values
    assert_allclose(inside, gradients(X), rtol=1e-12)
    assert_allclose(vitrail.explain(model, x, "gradient", 0).values, gradients(X), rtol=1e-12)
    assert x.is_inference()


def test_whole_numbers_and_booleans_become_floating(model):
    whole = np.array([[1, 0, 2, 0, 1]])
    assert_allclose(vitrail.explain(model, whole, "gradient", 0).values, gradients(whole), rtol=1e-12)
    assert_allclose(vitrail.explain(model, whole > 0, "gradient", 0).values, gradients(whole > 0), rtol=1e-12)


def test_what_the_user_does_to_x_later_changes_no_answer(model):
    x = X.copy()
    answer = vitrail.explain(model, x, "gradient", 0)
    x[:] = 0
    assert_array_equal(answer.arrays["input"], X)


def test_the_type_is_that_of_the_network():
    x = X.astype(np.float16)
    assert pack(vitrail.open(smooth().float()), X).x.dtype == torch.float32
    assert pack(vitrail.open(smooth()), x).x.dtype == torch.float64
    for dtype in (torch.float16, torch.float64):  # a function has none of its own
        assert pack(vitrail.open(lambda a: a), torch.tensor(X, dtype=dtype)).x.dtype == dtype
    assert pack(vitrail.open(lambda a: a), np.ones((2, 3), int)).x.dtype == torch.get_default_dtype()


def test_a_value_that_the_network_cannot_hold_is_refused():
    with pytest.raises(BadInput, match=r"too large for torch\.float32"):
        vitrail.explain(vitrail.open(smooth().float()), X * 1e300)


def test_what_is_packed_stays_as_it_is(model):
    packed = pack(model, X)
    assert pack(model, packed) is packed


# -- pictures ----------------------------------------------------------------------------------------------


def test_every_way_to_give_a_picture_is_the_same(seeing, tmp_path):
    images = [Image.fromarray(shot) for shot in SHOTS]
    for i, image in enumerate(images):
        image.save(tmp_path / f"{i}.png")
    paths = [tmp_path / f"{i}.png" for i in range(3)]
    prepared = np.moveaxis((SHOTS / 255 - [0.1, 0.2, 0.3]) / [0.5, 1.0, 2.0], -1, 1)
    expected = vitrail.explain(seeing, prepared, "gradient", 0).values
    assert np.abs(expected).max() > 0
    for x in (images, tuple(images), paths, list(map(str, paths)), SHOTS, torch.tensor(SHOTS), list(SHOTS)):
        answer = vitrail.explain(seeing, x, "gradient", 0)
        assert_allclose(answer.values, expected, rtol=1e-9, atol=1e-12)
        assert answer.axes["values"] == ("batch", "channel", "height", "width")
        assert_array_equal(answer.arrays["picture"], SHOTS)
        assert answer.axes["picture"] == ("batch", "height", "width", "channel")
    for one in (images[0], paths[0], str(paths[0]), SHOTS[:1], [SHOTS[0]]):
        assert_allclose(vitrail.explain(seeing, one, "gradient", 0).values, expected[:1], rtol=1e-9, atol=1e-12)
    assert vitrail.explain(seeing, list(map(str, paths))).labels["input"] == list(map(str, paths))
    assert "input" not in vitrail.explain(seeing, images).labels


def test_bytes_with_channels_first(seeing):
    moved = torch.tensor(np.moveaxis(SHOTS, -1, 1).copy())
    assert_allclose(pack(seeing, moved).x.numpy(), pack(seeing, SHOTS).x.numpy())


def test_pictures_of_other_sizes_are_resized(seeing):
    assert pack(seeing, [np.zeros((9, 7, 3), np.uint8), np.zeros((4, 20), np.uint8)]).x.shape == (2, 3, 5, 6)


def test_a_grey_picture_for_a_network_of_colours(seeing):
    shown = pack(seeing, Image.fromarray(SHOTS[0, ..., 0])).shown["picture"]
    assert_array_equal(shown[0], np.repeat(SHOTS[0, ..., :1], 3, -1))


def test_channels_last_networks_get_channels_last():
    keras = on_torch()
    net = keras.Sequential([keras.Input((5, 6, 3)), keras.layers.Conv2D(2, 3), keras.layers.GlobalAveragePooling2D()])
    answer = vitrail.explain(vitrail.open(net, inputs=SPEC), list(map(Image.fromarray, SHOTS)), "gradient", 0)
    assert answer.values.shape == SHOTS.shape
    assert answer.axes["values"] == ("batch", "height", "width", "channel")
    assert_allclose(answer.arrays["input"], SPEC.numbers(SHOTS), rtol=1e-5)


def test_a_picture_is_shown_beside_numbers(seeing):
    plain = vitrail.open(seeded(Pooled(channels=3)))
    prepared = np.moveaxis(SPEC.numbers(SHOTS), -1, 1)
    assert_array_equal(pack(seeing, prepared).shown["picture"], SHOTS)
    shown = pack(plain, prepared).shown["picture"]  # without a scaling: from its darkest to its brightest value
    assert [shown[i].min() for i in range(3)] == [0] * 3
    assert [shown[i].max() for i in range(3)] == [255] * 3
    assert pack(plain, np.ones((1, 3, 5, 6))).shown["picture"].max() == 0
    assert pack(vitrail.open(seeded(Pooled(channels=2))), np.ones((1, 2, 5, 6))).shown == {}


@pytest.mark.parametrize("x", [SHOTS[0], SHOTS[..., 0]], ids=["no batch", "no channel"])
def test_bytes_that_could_be_either_are_refused(seeing, x):
    with pytest.raises(BadInput, match=r"A batch of pictures has four axes: .*Use x\[None\]"):
        vitrail.explain(seeing, x)


def test_pictures_need_to_be_told_how(model, tmp_path):
    for x in (Image.fromarray(SHOTS[0]), tmp_path / "a.png", str(tmp_path / "a.png"), ["a.PNG", "b.jpeg"]):
        with pytest.raises(BadInput, match=r"not told how to read pictures\. .*inputs=vitrail\.Images"):
            vitrail.explain(model, x)


def test_a_stranger_among_pictures_is_named(seeing):
    with pytest.raises(BadInput, match="a int stands among the pictures"):
        vitrail.explain(seeing, [Image.fromarray(SHOTS[0]), 3])


# -- tables ------------------------------------------------------------------------------------------------

COLUMNS = list("abcde")


@pytest.mark.parametrize("order", ["abcde", "edcba"])
def test_a_frame_is_read_by_name(order):
    told = vitrail.open(smooth(), inputs=vitrail.Table(COLUMNS))
    frame = pd.DataFrame(X, columns=COLUMNS)
    answer = vitrail.explain(told, frame[list(order)], "gradient", 0)
    assert_allclose(answer.values, gradients(X), rtol=1e-12)
    assert answer.labels["feature"] == COLUMNS


def test_more_columns_than_the_network_reads():
    told = vitrail.open(smooth(), inputs=vitrail.Table(COLUMNS))
    frame = pd.DataFrame(X, columns=COLUMNS).assign(name="x", weight=np.nan)
    assert_allclose(vitrail.explain(told, frame, "gradient", 0).values, gradients(X), rtol=1e-12)


def test_a_frame_without_a_table_is_read_in_its_own_order(model):
    answer = vitrail.explain(model, pd.DataFrame(X, columns=list("zyxwv")), "gradient", 0)
    assert_allclose(answer.values, gradients(X), rtol=1e-12)
    assert answer.labels["feature"] == list("zyxwv")


def test_one_row_and_a_dict_of_columns():
    told = vitrail.open(smooth(), inputs=vitrail.Table(COLUMNS))
    frame = pd.DataFrame(X, columns=COLUMNS)
    assert_allclose(vitrail.explain(told, frame.iloc[:1], "gradient", 0).values, gradients(X[:1]), rtol=1e-12)
    columns = {name: X[:, i] for i, name in reversed(list(enumerate(COLUMNS)))}
    assert_allclose(vitrail.explain(told, columns, "gradient", 0).values, gradients(X), rtol=1e-12)


def test_an_array_for_a_table_must_have_its_width():
    told = vitrail.open(smooth(), inputs=vitrail.Table(COLUMNS))
    assert vitrail.explain(told, X, "gradient", 0).labels["feature"] == COLUMNS
    with pytest.raises(BadInput, match=r"\(batch, 5\) was expected: the model reads a, b, c, d, e\."):
        vitrail.explain(told, X[:, :4])


PEOPLE = pd.DataFrame({"age": [39.0, 20.0], "work": ["private", "public"], "hours": [40.0, 30.0]})
CENSUS = vitrail.Table(["age", "work", "hours"], {"work": ["public", "private", "none"]}, mean={"age": 30.0})


def test_one_hot_columns_are_one_player_under_their_own_name():
    net = smooth()
    told = vitrail.open(net, inputs=CENSUS)
    packed = pack(told, PEOPLE)
    assert packed.labels["feature"] == ["age", "work=public", "work=private", "work=none", "hours"]
    assert packed.labels["player"] == ["age", "work", "hours"]
    assert packed.labels["category"] == {"work": ["public", "private", "none"]}
    assert packed.groups.tolist() == packed.labels["group"] == [0, 1, 1, 1, 2]
    assert_allclose(packed.x, [[9, 0, 1, 0, 40], [-10, 1, 0, 0, 30]])
    answer = vitrail.explain(told, PEOPLE, "permutation-shap", 0, budget=200, baseline=PEOPLE[:1])
    assert (answer.values.shape, answer.axes["values"]) == ((2, 3), ("batch", "player"))
    both = packed.x.clone()
    both[1, 1:4] = packed.x[0, 1:4]  # the second example with the first one's work, whose share is then nothing
    alone = vitrail.explain(told, both.numpy(), "permutation-shap", 0, budget=200, baseline=PEOPLE[:1])
    assert np.abs(answer.values[1, 1]) > 1e-3
    assert_allclose(alone.values[1, 1], 0, atol=1e-12)


def test_what_stood_in_the_table_is_kept_in_its_own_units(tmp_path):
    told = vitrail.open(smooth(), inputs=CENSUS)
    for x in (PEOPLE, dict(PEOPLE), CENSUS.numbers(PEOPLE), torch.tensor(CENSUS.numbers(PEOPLE))):
        answer = vitrail.explain(told, x, "gradient", 0)
        assert answer.values.shape == (2, 5)
        assert_allclose(answer.arrays["shown"], [[39, 1, 40], [20, 0, 30]])
        assert answer.axes["shown"] == ("batch", "player")
    kept = vitrail.load(answer.save(tmp_path / "a"))
    assert_allclose(kept.arrays["shown"], answer.arrays["shown"])
    assert kept.labels == answer.labels


def test_a_table_that_is_read_as_it_stands_is_not_kept_twice():
    packed = pack(vitrail.open(smooth(), inputs=vitrail.Table(COLUMNS)), pd.DataFrame(X, columns=COLUMNS))
    assert packed.shown == {}
    assert packed.groups is None
    assert packed.labels == {"feature": COLUMNS, "player": COLUMNS}


def test_codes_are_no_token_ids():
    net = torch.nn.Sequential(torch.nn.Embedding(4, 2), torch.nn.Flatten(), torch.nn.Linear(4, 2))
    told = vitrail.open(net, inputs=vitrail.Table(["a", "b"], {"a": ["x", "y"], "b": ["u", "v"]}, encode="codes"))
    assert pack(told, np.array([[0, 1], [1, 1]])).axes == ("batch", "feature")


def test_a_frame_without_columns_or_rows(model):
    with pytest.raises(BadInput, match="has no columns"):
        vitrail.explain(model, pd.DataFrame())
    with pytest.raises(BadInput, match="is empty"):
        vitrail.explain(model, pd.DataFrame(X, columns=COLUMNS).iloc[:0])


# -- texts -------------------------------------------------------------------------------------------------


def test_texts_in_lists_arrays_and_series():
    for x in (["a", "b"], ("a", "b"), np.array(["a", "b"]), np.array(["a", "b"], dtype=object), pd.Series(["a", "b"])):
        assert words_in(x) == ["a", "b"]
    assert words_in("a") == ["a"]
    for x in ([1.0], [], X, pd.Series([1.0]), pd.DataFrame({"a": ["b"]}), np.array([["a"]]), None, 3):
        assert words_in(x) is None
    with pytest.raises(BadInput, match=r"x\[1\] is a float among texts"):
        words_in(["a", np.nan])


def test_texts_need_a_tokenizer(model):
    with pytest.raises(BadInput, match=r"was given texts, and has no tokenizer\. .*tokenizer=AutoTokenizer"):
        vitrail.explain(model, "good")


def test_empty_texts_are_named():
    told = vitrail.open(smooth(), tokenizer=lambda texts, **_: {})
    with pytest.raises(BadInput, match="text 1 is empty"):
        vitrail.explain(told, ["good", " \n"])


def reading(column):
    """A model that reads texts, and what its tokenizer was given."""
    given = []

    def tokenizer(texts, **settings):
        given.extend(texts)
        return {"input_ids": [[1]] * len(texts)}

    return vitrail.open(
        nn.Sequential(nn.Embedding(3, 2), nn.Flatten()), inputs=vitrail.Text(tokenizer, 1, column)
    ), given


@pytest.mark.parametrize(
    ("column", "frame"),
    [
        ("review", {"id": [1, 2], "review": ["so", "la"]}),
        (None, {"any": ["so", "la"]}),
        ("0", {0: ["so", "la"], 1: [2, 3]}),
    ],
)
def test_texts_come_from_their_column_of_a_table(column, frame):
    model, given = reading(column)
    packed = pack(model, pd.DataFrame(frame))
    assert given == ["so", "la"]
    assert packed.x.shape == (2, 1, 2)


@pytest.mark.parametrize(
    ("column", "frame", "words"),
    [
        ("reviews", {"id": [1], "review": ["so"]}, r"no column 'reviews'\. Did you mean 'review'"),
        (None, {"id": [1], "review": ["so"]}, r"nobody said which column.*Columns are: id, review"),
        ("review", {"id": [1, 2], "review": ["so", None]}, r"column 'review' holds (nan|None) in row 1"),
    ],
)
def test_tables_without_texts(column, frame, words):
    with pytest.raises(BadInput, match=words):
        pack(reading(column)[0], pd.DataFrame(frame))

"""Mistakes that users make: each is refused by a class of its own, with what is wrong, what exists and what to do."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

import vitrail
from known import Pooled, normal, seeded, smooth
from vitrail import errors
from vitrail.model.keras import on_torch

ROWS = normal(3, 5, seed=1).numpy()
SHOTS = normal(3, 1, 6, 6, seed=1).numpy()


@pytest.fixture(scope="module")
def model():
    return vitrail.open(smooth(), classes=["cat", "dog", "cow"])


@pytest.fixture(scope="module")
def seeing():
    return vitrail.open(seeded(Pooled()))


@pytest.fixture(scope="module")
def keras_model():
    keras = on_torch()
    layers = keras.layers
    return vitrail.open(
        keras.Sequential([keras.Input((6, 6, 1)), layers.Conv2D(2, 3), layers.GlobalAveragePooling2D()], name="shots")
    )


@pytest.fixture(scope="module")
def keras_rows():
    keras = on_torch()
    return vitrail.open(keras.Sequential([keras.Input((5,)), keras.layers.Dense(3)], name="rows"))


def refused(kind, code, *words):
    """Raises this class with this code; the message has all these words, and the frame of three sentences."""

    class Check:
        def __enter__(self):
            self.context = pytest.raises(errors.VitrailError)
            self.caught = self.context.__enter__()
            return self

        def __exit__(self, *problem):
            swallowed = self.context.__exit__(*problem)
            error, message = self.caught.value, str(self.caught.value)
            assert type(error) is kind, message
            assert error.code == code
            for word in words:
                assert word in message, message
            assert message.count(". ") >= (1 if kind is errors.NoGradient else 2), message
            assert "object at 0x" not in message
            assert len(message) < 1200
            return swallowed

    return Check()


# -- names that do not exist -------------------------------------------------------------------------------


def test_an_unknown_method(model):
    with refused(errors.NoSuchMethod, "no-such-method", "'gradcam'", "Did you mean 'grad-cam'", "vitrail.METHODS"):
        vitrail.explain(model, ROWS, "gradcam")
    with refused(errors.NoSuchMethod, "no-such-method", "Did you mean 'smoothgrad'"):
        vitrail.explain(model, ROWS, {"method": "SmoothGrad"})
    with refused(errors.NoSuchMethod, "no-such-method", "'gradien'"):
        vitrail.explain(model, ROWS, "smoothgrad", of="gradien")


def test_an_unknown_layer(seeing):
    with refused(errors.NoSuchLayer, "no-such-layer", "'relu1' in Pooled", "Did you mean 'relu'", "model.layers"):
        vitrail.explain(seeing, SHOTS, "grad-cam", layer="relu1")


def test_a_layer_without_places(seeing):
    with refused(errors.WrongLayer, "wrong-layer", "'head' gives (batch, 2)", "Try layer='"):
        vitrail.explain(seeing, SHOTS, "grad-cam", layer="head")


def test_an_unknown_class(model):
    with refused(errors.BadTarget, "bad-target", "'Cat'", "Did you mean 'cat'", "cat, dog, cow"):
        vitrail.explain(model, ROWS, target="Cat")


@pytest.mark.parametrize("index", [3, -4, [0, 1, 7]])
def test_a_class_out_of_range(model, index):
    with refused(errors.BadTarget, "bad-target", "there is no output", "The network has 0 to 2"):
        vitrail.explain(model, ROWS, target=index)


def test_a_wrong_number_of_targets(model):
    with refused(errors.BadTarget, "bad-target", "2 targets for 3 examples"):
        vitrail.explain(model, ROWS, target=[0, 1])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"stesp": 3}, ["'stesp'", "Did you mean 'steps'", "steps, baseline"]),
        ({"steps": 0}, ["steps=0"]),
        ({"steps": "many"}, ["steps='many'"]),
        ({"steps": 2.5}, ["steps=2.5"]),
        ({"baseline": "blurr"}, ["'blurr'", "Did you mean 'blur'"]),
        ({"baseline": np.zeros(4)}, ["shape (4,)", "(5,)"]),
        ({"baseline": np.full(5, np.nan)}, ["NaN"]),
        ({"baseline": None}, ["None"]),
        ({"tolerance": -1.0}, ["tolerance=-1.0"]),
    ],
    ids=str,
)
def test_settings(model, settings, words):
    with refused(errors.BadSetting, "bad-setting", *words):
        vitrail.explain(model, ROWS, **settings)


# -- shapes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (ROWS[0], ["(5,)", "without a batch axis", "x[None]"]),
        (ROWS[:, :4], ["(3, 4)", "(batch, 5) was expected"]),
        (np.ones((3, 6)), ["(3, 6)", "(batch, 5) was expected"]),
        (ROWS[:0], ["is empty", "(0, 5)"]),
        (ROWS[:, :0], ["is empty", "(3, 0)"]),
        (np.float64(1), ["shape ()"]),
    ],
    ids=["no batch", "too few", "too many", "no example", "no column", "number"],
)
@pytest.mark.parametrize("kind", ["torch", "keras"])
def test_shapes_of_rows(x, words, kind, model, keras_rows):
    with refused(errors.BadInput, "bad-input", *words):
        vitrail.explain(model if kind == "torch" else keras_rows, x)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (SHOTS[0], ["(1, 6, 6)", "leading batch axis"]),
        (SHOTS[0, 0], ["(6, 6)"]),
        (np.ones((3, 2, 6, 6)), ["(3, 2, 6, 6)", "channels"]),
        (np.ones((3, 6, 6, 1)), ["(3, 6, 6, 1)"]),
        (np.ones((3, 1, 1, 6, 6)), ["(3, 1, 1, 6, 6)"]),
    ],
    ids=["no batch", "no batch, no channel", "channels", "channels last", "rank"],
)
def test_shapes_of_pictures_in_torch(x, words, seeing):
    with refused(errors.BadInput, "bad-input", *words):
        vitrail.explain(seeing, x)


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (np.ones((6, 6, 1)), ["(6, 6, 1)", "batch axis is missing"]),
        (np.ones((3, 6, 6, 2)), ["(3, 6, 6, 2)", "(batch, 6, 6, 1) was expected"]),
        (SHOTS, ["(3, 1, 6, 6)", "(batch, 6, 6, 1) was expected", "order of the axes"]),
        (np.ones((3, 6, 6)), ["(3, 6, 6)"]),
        (np.ones((3, 1, 6, 6, 1)), ["(3, 1, 6, 6, 1)"]),
    ],
    ids=["no batch", "channels", "channels first", "no channel", "rank"],
)
def test_shapes_of_pictures_in_keras(x, words, keras_model):
    with refused(errors.BadInput, "bad-input", *words):
        vitrail.explain(keras_model, x)


# -- types and values --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (ROWS.astype(object), ["object", "float"]),
        (ROWS.astype(str), ["Real numbers were expected", "float32"]),
        (ROWS.astype(complex), ["complex128"]),
        (ROWS.astype("datetime64[s]"), ["datetime64"]),
        ([[1.0, 2.0], [1.0]], ["no regular array"]),
        ([[1.0, None]], ["object"]),
        ({1, 2}, ["object", "set"]),
        (None, ["NoneType"]),
        (b"bytes", ["Real numbers were expected"]),
        (np.where(ROWS > 0.5, np.nan, ROWS), ["NaN or infinite", "nan_to_num"]),
        (np.where(ROWS > 0.5, -np.inf, ROWS), ["NaN or infinite"]),
        (torch.tensor(np.where(ROWS > 0.5, np.inf, ROWS)), ["NaN or infinite"]),
        ([], ["(0,)"]),
    ],
    ids="object text complex dates ragged none set nothing bytes nan inf tensor empty".split(),
)
def test_types_and_values(model, x, words):
    with refused(errors.BadInput, "bad-input", *words):
        vitrail.explain(model, x)


def test_booleans_are_zeros_and_ones(model):
    assert vitrail.explain(model, ROWS > 0, target=0).checks["finite"].all()


# -- texts, pictures, tables -------------------------------------------------------------------------------


@pytest.mark.parametrize("x", ["a good film", ["a good film"], np.array(["a", "b"])])
def test_texts_without_a_tokenizer(model, x):
    with refused(errors.BadInput, "bad-input", "has no tokenizer", "vitrail.open(..., tokenizer="):
        vitrail.explain(model, x)


@pytest.mark.parametrize(
    "x",
    [Image.new("RGB", (4, 4)), Path("cat.png"), "cat.png", ["cat.png", "dog.jpg"]],
    ids=["image", "path", "text", "list"],
)
def test_pictures_without_images(seeing, x):
    with refused(errors.BadInput, "bad-input", "not told how to read pictures", "inputs=vitrail.Images("):
        vitrail.explain(seeing, x)


def test_files_that_are_no_pictures(tmp_path):
    model = vitrail.open(seeded(Pooled()), inputs=vitrail.Images((6, 6), mode="L"))
    with refused(errors.BadInput, "bad-input", "there is no file", "gone.png", "Check the path"):
        vitrail.explain(model, tmp_path / "gone.png")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
    with refused(errors.BadInput, "bad-input", "could not be read as a picture", "broken.png", "Save it again"):
        vitrail.explain(model, str(tmp_path / "broken.png"))
    (tmp_path / "text.png").write_text("hello")
    with refused(errors.BadInput, "bad-input", "could not be read as a picture"):
        vitrail.explain(model, [tmp_path / "text.png"])


def test_a_colour_model_gets_a_batch_of_the_wrong_bytes():
    model = vitrail.open(seeded(Pooled(channels=3)), inputs=vitrail.Images((6, 6)))
    with refused(errors.BadInput, "bad-input", "a picture has shape (6, 6, 7)"):
        vitrail.explain(model, np.zeros((2, 6, 6, 7), np.uint8))


def test_tables():
    model = vitrail.open(smooth(), inputs=vitrail.Table(list("abcde")))
    frame = pd.DataFrame(ROWS, columns=list("abcdx"))
    with refused(errors.BadInput, "bad-input", "no column 'e'", "a, b, c, d, e"):
        vitrail.explain(model, frame)
    with refused(errors.BadInput, "bad-input", "column 'e' holds no numbers", "Encode it first"):
        vitrail.explain(model, frame.assign(e="x"))
    with refused(errors.BadInput, "bad-input", "column 'e' holds 3 missing or infinite values", "row 0"):
        vitrail.explain(model, frame.assign(e=np.nan))


# -- gradients that do not exist ---------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["gradient", "integrated-gradients", "smoothgrad"])
def test_a_function_gives_no_gradients(method):
    with refused(errors.NoGradient, "no-gradient", "gives no gradients", "odd-shap, kernel-shap, occlusion"):
        vitrail.explain(vitrail.open(lambda x: x @ np.ones((5, 3))), ROWS, method, 0)


def test_a_network_that_detaches():
    class Detached(torch.nn.Module):
        def forward(self, x):
            return x.detach() * 2

    with refused(errors.NoGradient, "no-gradient", "calls .detach() there", "occlusion"):
        vitrail.explain(vitrail.open(Detached()), ROWS, "gradient", 0)


# -- networks that break -----------------------------------------------------------------------------------


def test_a_network_that_raises_for_some_inputs():
    class Picky(torch.nn.Module):
        def forward(self, x):
            if (x > 1.5).any():
                raise ArithmeticError("too large")
            return x

    with refused(errors.NetworkFailed, "network-failed", "Picky raised ArithmeticError", "too large"):
        vitrail.explain(vitrail.open(Picky()), np.array([[1.0, 1.0], [1.0, 2.0]]), "gradient", 0)


def test_a_network_that_says_nan():
    net = smooth()
    net[2].weight.data[1] = torch.nan
    with refused(errors.NetworkFailed, "network-failed", "returned NaN for 3 of 3 examples", "Check the weights"):
        vitrail.explain(vitrail.open(net), ROWS, target=0)


def test_a_network_that_says_several_things():
    class Two(torch.nn.Module):
        def forward(self, x):
            return x, 2 * x

    with refused(errors.ChooseOutput, "choose-output", "tuple of 2 outputs", "output=0"):
        vitrail.explain(vitrail.open(Two()), ROWS)


# -- files -------------------------------------------------------------------------------------------------


def test_saving_over_a_file_leaves_it_as_it_was(model, tmp_path):
    (tmp_path / "answer").write_bytes(b"mine")
    answer = vitrail.explain(model, ROWS, "gradient", 0)
    with refused(errors.AlreadyExists, "already-exists", "already exists", "Nothing was written", "overwrite=True"):
        answer.save(tmp_path / "answer")
    assert (tmp_path / "answer").read_bytes() == b"mine"
    assert [p.name for p in tmp_path.iterdir()] == ["answer"]


def test_what_cannot_be_saved_leaves_nothing(model, tmp_path):
    answer = vitrail.explain(model, ROWS, "gradient", 0)
    broken = type(answer)(
        **{**answer.__dict__, "arrays": {"values": np.array([["a"]])}, "axes": {"values": ("batch", "step")}}
    )
    with refused(errors.BadInput, "bad-input", "cannot be saved"):
        broken.save(tmp_path / "answer")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_answer_is_not_loaded(tmp_path):
    (tmp_path / "answer").write_bytes(b"mine")
    with refused(errors.CannotOpen, "cannot-open", "not a whole Explanation"):
        vitrail.load(tmp_path / "answer")
    with refused(errors.CannotOpen, "cannot-open", "there is no file"):
        vitrail.load(tmp_path / "gone")


# -- after a mistake ---------------------------------------------------------------------------------------


def test_a_mistake_leaves_no_trace(model):
    net = model.network.module
    before = vitrail.explain(model, ROWS, target=0).values
    for wrong in ({"target": 9}, {"steps": 0}, {"method": "grad-cam"}, {"baseline": np.zeros(4)}):
        with pytest.raises(errors.VitrailError):
            vitrail.explain(model, ROWS, **wrong)
    assert all(p.requires_grad and p.grad is None for p in net.parameters())
    np.testing.assert_array_equal(vitrail.explain(model, ROWS, target=0).values, before)


# -- rules by operation ------------------------------------------------------------------------------------


def test_an_unknown_preset(model):
    with refused(
        errors.BadSetting, "bad-setting", "preset='epsilonplus'", "Did you mean 'epsilon-plus'", "Presets are"
    ):
        vitrail.explain(model, ROWS, "lrp", preset="epsilonplus")
    with refused(errors.BadSetting, "bad-setting", "preset=0.5 is a float"):
        vitrail.explain(model, ROWS, "lrp", preset=0.5)


def test_a_table_with_an_operation_that_does_not_exist():
    with refused(errors.BadSetting, "bad-setting", "no operation 'gelo'", "Did you mean 'gelu'"):
        vitrail.rules.EPSILON | {"gelo": vitrail.rules.through}
    with refused(errors.BadSetting, "bad-setting", "ReLU is a class of layers", "{'relu': rule}"):
        vitrail.rules.EPSILON | {torch.nn.ReLU: vitrail.rules.through}


@pytest.mark.parametrize("method", ["lrp", {"method": "smoothgrad", "of": "lrp", "samples": 2}], ids=str)
def test_an_operation_without_a_rule(method):
    net = seeded(torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.Softmax(1), torch.nn.Linear(4, 3)))
    with refused(errors.NoRule, "no-rule", "no rule for softmax, used in 1 (1/softmax#1)", "attn-lrp", "{'softmax': "):
        vitrail.explain(vitrail.open(net), ROWS, method)


def test_half_precision_under_rules_that_divide():
    net = seeded(torch.nn.Sequential(torch.nn.Linear(5, 3))).to(torch.bfloat16)
    with refused(errors.BadInput, "bad-input", "linear in 0 computes in bfloat16", "network.float()"):
        vitrail.explain(vitrail.open(net), ROWS, "lrp")

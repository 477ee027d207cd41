"""Bases: what each reads, as keras prepares it; weights from files; what does not fit."""

from types import SimpleNamespace

import numpy as np
import pytest

from vitrail.errors import BadSetting, CannotOpen
from vitrail.train.backend import school
from vitrail.train.bases import BASES, Known, base_of, prepared, settle

SMALL = {"name": "mobilenet_v2", "sides": (32, 32), "alpha": 0.35}
#: base -> its file in keras.applications, where that has another name
FILES = {
    **dict.fromkeys(("resnet50", "resnet101", "resnet152"), "resnet"),
    **dict.fromkeys(("resnet50_v2", "resnet101_v2", "resnet152_v2"), "resnet_v2"),
    **dict.fromkeys(("densenet121", "densenet169", "densenet201"), "densenet"),
}
FAMILIES = ("mobilenet_v3", "nasnet", "efficientnet_v2", "efficientnet", "convnext")


def small(weights=None, sides=(32, 32)):
    return base_of(school(), "mobilenet_v2", weights, sides, 0.35)


def seen(name, x):
    keras = school()
    given = keras.Input(x.shape[1:])
    return keras.Model(given, prepared(keras, given, BASES[name].wants)).predict(x, verbose=0)


@pytest.mark.parametrize("name", BASES)
def test_pixels_are_prepared_as_keras_prepares_them(name):
    family = next((each for each in FAMILIES if name.startswith(each)), name)
    theirs = getattr(school().applications, FILES.get(name, family)).preprocess_input
    x = np.random.default_rng(0).uniform(0, 255, size=(2, 4, 5, 3)).astype(np.float32)
    np.testing.assert_allclose(seen(name, x), theirs(x.copy()), rtol=1e-5, atol=1e-4)


def test_each_base_has_a_maker_of_its_own():
    keras = school()
    makers = [known.maker for known in BASES.values()]
    assert len(set(makers)) == len(makers)
    assert all(callable(getattr(keras.applications, maker)) for maker in makers)


@pytest.mark.parametrize("name", ["vgg16", "inception_v3", "xception"])
def test_keras_too_refuses_pictures_below_the_least_side(name):
    least = BASES[name].least
    make = getattr(school().applications, BASES[name].maker)
    with pytest.raises(ValueError, match="[Ii]nput size must be at least"):
        make(include_top=False, weights=None, input_shape=(least - 1, least - 1, 3))
    with pytest.raises(BadSetting, match=f"at least {least} x {least} pixels|At least {least} x {least} pixels"):
        base_of(school(), name, None, (least - 1, 300))


def test_a_base_that_keras_does_not_make_on_torch_is_refused_with_its_reason():
    with pytest.raises(BadSetting, match=r"no 'nasnet_mobile' .*torch backend.*Take another base="):
        base_of(school(), "nasnet_mobile", None, (96, 96))


@pytest.mark.slow
@pytest.mark.parametrize("name", BASES)
def test_every_base_can_be_built_and_opened(name, tmp_path):
    if any(word in name for word in ("large", "xlarge", "b6", "b7", "b5", "152", "_l", "101")):
        pytest.skip("the smaller ones of its family are built")
    if name == "nasnet_mobile":
        pytest.skip("keras makes it on other backends only")
    keras = school()
    base = base_of(keras, name, None, (96, 96))
    base.save(tmp_path / "base.keras")
    again = base_of(keras, name, str(tmp_path / "base.keras"), (96, 96))
    x = np.random.default_rng(0).uniform(0, 255, size=(1, 96, 96, 3)).astype(np.float32)
    np.testing.assert_array_equal(base.predict(x, verbose=0), again.predict(x, verbose=0))


# -- weights -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A base whose weights are not what anything begins with, in files of all kinds."""
    folder = tmp_path_factory.mktemp("bases")
    base = small()
    base.set_weights([np.full_like(w, i / 100 + 0.5) for i, w in enumerate(base.get_weights())])
    for name in ("base.keras", "base.weights.h5"):
        getattr(base, "save" if name.endswith(".keras") else "save_weights")(folder / name)
    end = school().layers.Dense(2)(school().layers.Flatten()(base.output))
    school().Model(base.input, end).save(folder / "whole.keras")
    (folder / "cut.keras").write_bytes((folder / "base.keras").read_bytes()[:5000])
    (folder / "cut.weights.h5").write_bytes(b"nothing")
    return SimpleNamespace(folder=folder, weights=base.get_weights())


@pytest.mark.parametrize("file", ["base.keras", "base.weights.h5"])
@pytest.mark.parametrize("sides", [(32, 32), (64, 32)])
def test_weights_come_from_a_file_for_pictures_of_any_size(files, file, sides):
    base = small(str(files.folder / file), sides)
    assert base.input_shape == (None, *sides, 3)
    for ours, theirs in zip(base.get_weights(), files.weights, strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("none.keras", "there is no file"),
        ("whole.keras", r"holds a network from .* and no base"),
        ("cut.keras", "could not be read as a Keras file"),
        ("cut.weights.h5", "are no weights of 'mobilenet_v2'"),
    ],
)
def test_a_file_that_holds_no_base_is_refused(files, file, why):
    with pytest.raises(CannotOpen, match=why):
        small(str(files.folder / file))


def test_weights_of_another_base_are_refused(files):
    with pytest.raises(CannotOpen, match="are no weights of 'mobilenet'"):
        base_of(school(), "mobilenet", str(files.folder / "base.weights.h5"), (32, 32), 0.25)


def test_efficientnets_need_the_whole_base(files):
    """Keras builds one more layer into them for its own weights: see its own note beside it."""
    with pytest.raises(BadSetting, match=r"A \.keras file with the whole base"):
        base_of(school(), "efficientnet_b0", str(files.folder / "base.weights.h5"), (32, 32))


def test_without_a_network_it_says_what_to_do(monkeypatch):
    from keras.src.utils import file_utils

    def offline(*args, **kwargs):
        raise Exception("URL fetch failure on https://storage: None -- no route")  # what keras raises

    monkeypatch.setattr(file_utils, "get_file", offline)
    with pytest.raises(CannotOpen, match=r"weights of 'mobilenet_v2' for ImageNet could not be fetched.*weights=None"):
        base_of(school(), "mobilenet_v2", "imagenet", (96, 96))


def test_what_keras_does_not_make_is_refused():
    with pytest.raises(BadSetting, match=r"keras makes no 'vgg16'.*alpha=0.5"):
        base_of(school(), "vgg16", None, (32, 32), 0.5)
    with pytest.raises(BadSetting, match=r"no base named 'vgg61'\. Did you mean .*'vgg16'"):
        base_of(school(), "vgg61", None, (32, 32))


# -- normalisation of random weights -----------------------------------------------------------------------


def test_random_bases_normalise_with_what_the_first_pictures_give():
    """Two layers by hand: means and variances of x, then those of what the first makes of it."""
    keras = school()
    layers = keras.layers
    given = keras.Input((1, 1, 2))
    first, second = layers.BatchNormalization(epsilon=0.0), layers.BatchNormalization(momentum=0.7)
    base = keras.Model(given, second(layers.Rescaling(3.0, 1.0)(first(given))))
    x = np.array([[1.0, 10.0], [3.0, 30.0]], np.float32).reshape(2, 1, 1, 2)
    settle(base, x)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(first.moving_mean), [2, 20], rtol=1e-5)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(first.moving_variance), [1, 100], rtol=1e-5)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(second.moving_mean), [1, 1], rtol=1e-4)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(second.moving_variance), [9, 9], rtol=1e-4)
    assert [first.momentum, second.momentum] == [0.99, 0.7]


def test_the_table_is_read_by_name():
    assert BASES["inception_v3"] == Known("InceptionV3", "signs", 75)
    assert BASES["efficientnet_v2_b0"].maker == "EfficientNetV2B0"
    assert BASES["convnext_tiny"].wants == "bytes"

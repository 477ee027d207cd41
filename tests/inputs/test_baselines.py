"""What stands for "nothing there": each kind against its slow definition."""

import math

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch.testing import assert_close

import vitrail
from known import normal, smooth
from vitrail.errors import BadSetting
from vitrail.inputs.baselines import Blur, Constant, Given, Mask, Mean, Noise, Own, baseline_of

PICTURE = ("batch", "channel", "height", "width")
LAST = ("batch", "height", "width", "channel")
ROWS = ("batch", "feature")
STEPS = ("batch", "step", "feature")
TOKENS = ("batch", "token", "feature")


# -- numbers and examples ----------------------------------------------------------------------------------


def test_a_constant_is_everywhere():
    x = normal(2, 3, seed=1)
    assert_close(Constant(0.25)(x, ROWS), torch.full((1, 2, 3), 0.25, dtype=torch.float64))


def test_given_examples_stand_for_every_example():
    x, background = normal(2, 3, seed=1), normal(4, 3, seed=2)
    assert_close(Given(background)(x, ROWS), background[:, None].expand(4, 2, 3))
    assert Given(background)(x.float(), ROWS).dtype == torch.float32


def test_a_background_of_several_is_averaged():
    model, x, background = vitrail.open(smooth()), normal(2, 5, seed=1), normal(3, 5, seed=2)
    whole = vitrail.explain(model, x, target=0, baseline=background.numpy())
    each = [vitrail.explain(model, x, target=0, baseline=b).values for b in background]
    assert_allclose(whole.values, np.mean(each, 0), rtol=1e-9)
    assert whole.checks["completeness_gap"].max() < 1e-9


# -- blur --------------------------------------------------------------------------------------------------


def slowly_blurred(image: np.ndarray, std: float) -> np.ndarray:
    """(height, width) by four loops: a Gaussian cut at three standard deviations, edges repeated."""
    reach = max(1, round(3 * std))
    height, width = image.shape
    weights = {k: math.exp(-(k**2) / (2 * std**2)) for k in range(-reach, reach + 1)}
    whole = sum(weights.values()) ** 2
    out = np.zeros_like(image)
    for row in range(height):
        for column in range(width):
            for i, down in weights.items():
                for j, right in weights.items():
                    r, c = min(max(row + i, 0), height - 1), min(max(column + j, 0), width - 1)
                    out[row, column] += down * right * image[r, c] / whole
    return out


@pytest.mark.parametrize("std", [0.2, 0.7, 1.5])
@pytest.mark.parametrize("axes", [PICTURE, LAST], ids=["channels first", "channels last"])
def test_blur_is_the_slow_convolution(axes, std):
    x = normal(2, 3, 5, 4, seed=1)
    expected = torch.tensor(np.array([[slowly_blurred(c, std) for c in e] for e in x.numpy()]))
    assert (expected - x).abs().max() > (0.1 if std > 0.5 else 1e-6)
    given = x if axes == PICTURE else x.movedim(1, -1)
    blurred = Blur(std)(given, axes)
    assert_close(blurred[0] if axes == PICTURE else blurred[0].movedim(-1, 1), expected)


def test_blur_along_steps_only():
    x = normal(1, 6, 2, seed=1)
    blurred = Blur(1.0)(x, STEPS)[0, 0]
    tall = np.array([slowly_blurred(np.repeat(x[0, :, i : i + 1].numpy(), 7, 1), 1.0)[:, 3] for i in range(2)]).T
    assert_allclose(blurred, tall, rtol=1e-9)


# -- mean, noise -------------------------------------------------------------------------------------------


def test_mean_of_every_channel():
    x = normal(2, 3, 5, 4, seed=1)
    for axes, given, places in ((PICTURE, x, (1, 2)), (LAST, x.movedim(1, -1), (0, 1))):
        mean = Mean()(given, axes)
        assert mean.shape == (1, *given.shape)
        for i in range(2):
            assert_allclose(mean[0, i], np.broadcast_to(given[i].numpy().mean(places, keepdims=True), given.shape[1:]))


def test_noise_has_the_moments_of_each_example():
    x = torch.stack([normal(40, 40, seed=1), 5 + 3 * normal(40, 40, seed=2)])
    noise = Noise(count=3, seed=1)(x, ("batch", "channel", "step"))
    assert noise.shape == (3, 2, 40, 40)
    for i in range(2):  # 1600 draws: standard errors of 2.5 % of std and 1.8 %
        assert_close(noise[:, i].mean((1, 2)), x[i].mean().expand(3), rtol=0, atol=0.1 * float(x[i].std()))
        assert_close(noise[:, i].std((1, 2)), x[i].std().expand(3), rtol=0.07, atol=0)
    assert (noise[0] - noise[1]).abs().max() > 1
    assert_close(Noise(3, 1)(x, ()), noise)
    assert (Noise(3, 2)(x, ()) - noise).abs().max() > 1


def test_noise_is_the_same_for_every_example():
    x = normal(3, 50, seed=1)
    unit = [(Noise(2)(x, ROWS)[:, i] - x[i].mean()) / x[i].std() for i in range(3)]
    assert_close(unit[0], unit[1])
    assert_close(Noise(2)(x[1:2], ROWS)[:, 0], Noise(2)(x, ROWS)[:, 1])


def test_noise_of_tokens_does_not_depend_on_the_padding():
    x = normal(1, 6, 16, seed=1)
    assert_close(Noise(3)(x[:, :4], TOKENS), Noise(3)(x, TOKENS)[:, :, :4])
    token = Noise(1)(torch.cat([x[:, :1], 9 + x[:, :1]], 1), TOKENS)[0, 0]
    assert token[1].mean() - token[0].mean() > 5


def test_global_random_numbers_stay():
    before = torch.get_rng_state()
    Noise()(normal(2, 3), ROWS)
    assert_close(torch.get_rng_state(), before)


@pytest.mark.parametrize("shape", [(2, 1), (2, 5, 1)])
def test_noise_of_a_single_value_is_refused(shape):
    with pytest.raises(BadSetting, match="needs more than one value in an example"):
        Noise()(torch.zeros(shape), ROWS if len(shape) == 2 else TOKENS)


# -- mask --------------------------------------------------------------------------------------------------


def test_the_mask_stands_in_every_place():
    x, vector = normal(2, 3, 4, seed=1), normal(4, seed=2)
    got = Mask(vector)(x, TOKENS)
    assert got.shape == (1, 2, 3, 4)
    assert (got == vector).all()


@pytest.mark.parametrize("given", ["mask", {"baseline": "mask"}])
def test_a_mask_needs_a_text(given):
    with pytest.raises(BadSetting, match="baseline 'mask' needs texts and a tokenizer; x has the axes"):
        vitrail.explain(vitrail.open(smooth()), normal(2, 5), baseline=given)
    with pytest.raises(BadSetting, match=r"baseline 'mask' has no setting vector=3\. Its settings are numbers: none"):
        baseline_of({"baseline": "mask", "vector": 3}, (4,))


# -- no background -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["integrated-gradients", "occlusion", "odd-shap", "lime", "rise", "sobol", "hsic"])
@pytest.mark.parametrize("make", [np.zeros, torch.zeros], ids=["numpy", "torch"])
def test_an_empty_background_is_refused(method, make):
    with pytest.raises(BadSetting, match=r"background without examples: its shape is \(0, 5\)\. At least one was"):
        vitrail.explain(vitrail.open(smooth()), normal(2, 5), method, 0, baseline=make((0, 5)))


def test_an_empty_background_in_an_instance_is_refused():
    with pytest.raises(BadSetting, match="background without examples"):
        vitrail.explain(vitrail.open(smooth()), normal(2, 5), vitrail.Occlusion(baseline=Given(torch.zeros(0, 5))))


# -- places are needed -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["blur", "mean"])
def test_tables_have_no_places(name):
    with pytest.raises(BadSetting, match=f"baseline '{name}' needs"):
        vitrail.explain(vitrail.open(smooth()), normal(2, 5), baseline=name)


# -- what users say ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, Constant(0.0)),
        (0.5, Constant(0.5)),
        (np.float32(0.5), Constant(0.5)),
        (torch.tensor(0.5), Constant(0.5)),
        ("blur", Blur()),
        ("mean", Mean()),
        ("noise", Noise()),
        ({"baseline": "noise", "count": 2, "seed": 3}, Noise(2, 3)),
        ({"baseline": "blur", "std": 2.0}, Blur(2.0)),
        (Blur(3.0), Blur(3.0)),
    ],
)
def test_what_a_user_may_say(value, expected):
    assert baseline_of(value, (3,)) == expected


@pytest.mark.parametrize("made", [Constant(0.5), Blur(), Blur(2.0), Mean(), Noise(2, 3)])
def test_json_and_back(made):
    assert baseline_of(made.as_json(), (3,)) == made


@pytest.mark.parametrize("kind", [np.array, torch.tensor, np.ndarray.tolist, lambda a: a[::-1][::-1]])
def test_arrays_like_one_example_or_several(kind):
    one, several = np.arange(3.0), np.arange(6.0).reshape(2, 3)
    assert_close(baseline_of(kind(one), (3,)).examples, torch.tensor(one)[None], check_dtype=False)
    assert_close(baseline_of(kind(several), (3,)).examples, torch.tensor(several), check_dtype=False)


def test_given_says_what_it_was():
    assert baseline_of([[1.0, 3.0]] * 2, (2,)).as_json() == {"baseline": "given", "count": 2, "mean": 2.0}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("blurr", r"no baseline named 'blurr'\. Did you mean 'blur'\?"),
        ({"baseline": "dark"}, "no baseline named 'dark'"),
        ({"baseline": "noise", "amount": 3}, r"has no setting amount=3\. Its settings are numbers: count, seed"),
        ({"baseline": "noise", "seed": "x"}, "has no setting seed='x'"),
        ({}, "no baseline named None"),
        (None, "baseline None stands for nothing"),
        (True, "baseline True stands for nothing"),
        (Blur, "stands for nothing"),
        (np.nan, "holds NaN or infinity"),
        ([0.0, np.inf, 0.0], "holds NaN or infinity"),
        (np.array(["a"]), "is of type <U1"),
        (np.array([1j]), "is of type complex128"),
        ([], r"shape \(0,\)"),
        ([[1.0], [1.0, 2.0]], "no regular array"),
    ],
    ids=str,
)
def test_what_is_no_baseline_is_refused(value, words):
    with pytest.raises(BadSetting, match=words):
        baseline_of(value, (3,))


@pytest.mark.parametrize(
    "make", [lambda: Blur(0.0), lambda: Blur(np.nan), lambda: Noise(0), lambda: Noise(1, -1), lambda: Constant(np.inf)]
)
def test_settings_out_of_range_are_refused(make):
    with pytest.raises(BadSetting, match=r"expected\. Use"):
        make()


def test_a_shape_that_does_not_fit_is_refused():
    with pytest.raises(BadSetting, match=r"the baseline has shape \(4,\) and an example \(5,\)"):
        vitrail.explain(vitrail.open(smooth()), normal(2, 5), baseline=np.zeros(4))


# -- a function of one's own -------------------------------------------------------------------------------


def test_a_function_of_ones_own():
    model, x = vitrail.open(smooth()), normal(2, 5, seed=1)
    own = vitrail.explain(model, x, target=0, baseline=lambda x, axes: (x / 2)[None])
    assert_allclose(own.values.sum(1), own.checks["target_value"] - smooth()(x / 2)[:, 0].detach().numpy(), rtol=1e-6)
    assert own.provenance["settings"]["baseline"]["baseline"] == "own"


@pytest.mark.parametrize("made", [lambda x: x, lambda x: x[:, None], lambda x: x.numpy()[None], lambda x: x[None][:0]])
def test_a_function_that_gives_something_else_is_refused(made):
    with pytest.raises(BadSetting, match=r"function gave references .*\(count, 2, 5\) was expected"):
        Own(lambda x, axes: made(x))(normal(2, 5), ROWS)

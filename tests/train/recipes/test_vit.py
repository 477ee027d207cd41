"""The vision transformer: the paper's equations by loops, what its attention shows, and sizes that do not fit."""

import math
from dataclasses import replace

import numpy as np
import pytest

import vitrail
from lessons import EVERYTHING, halves, tints
from vitrail.errors import BadSetting, VitrailError
from vitrail.train.backend import school
from vitrail.train.recipes.vit import ViT
from vitrail.train.verb import train

SMALL = {"depth": 2, "heads": 2, "width": 8}


def built(data=None, **settings):
    keras = school()
    keras.utils.set_random_seed(0)
    network = ViT(**{**SMALL, **settings}).build(keras, data if data is not None else halves(channels=3))
    rng = np.random.default_rng(1)  # also where a network begins with 0 or 1, so that nothing cancels
    network.set_weights([rng.normal(0, 0.5, size=w.shape) for w in network.get_weights()])
    return network


# -- the definition, slowly --------------------------------------------------------------------------------


def said(network, picture, patch, end):
    """The paper's equations 1 to 4 for one picture, a token at a time, in float64."""

    def w(layer, name):
        return np.asarray(school().ops.convert_to_numpy(getattr(layer, name)), np.float64)

    embedding = network.get_layer("embedding")
    rows, columns = (side // patch for side in picture.shape[:2])
    z = [w(embedding, "bias")[0]] if end == "token" else []
    for i in range(rows):
        for j in range(columns):
            flat = picture[i * patch : (i + 1) * patch, j * patch : (j + 1) * patch].ravel()
            z.append(flat @ w(embedding, "kernel") + w(embedding, "bias")[len(z)])

    def norm(v, layer):
        return (v - v.mean()) / np.sqrt(v.var() + 1e-6) * w(layer, "gamma") + w(layer, "beta")

    def gelu(v):
        return np.array([0.5 * t * (1 + math.erf(t / math.sqrt(2))) for t in v])

    blocks = [layer for layer in network.layers if layer.name.startswith("block_")]
    for number, block in enumerate(blocks, 1):
        look = block.get_layer(f"attention_{number}")
        h = [norm(v, block.get_layer(f"normalisation_{number}_1")) for v in z]
        out = [np.zeros_like(v) for v in z]
        for head in range(w(look.query_dense, "kernel").shape[1]):
            q, k, v = (
                [t @ w(part, "kernel")[:, head] + w(part, "bias")[head] for t in h]
                for part in (look.query_dense, look.key_dense, look.value_dense)
            )
            for i, asked in enumerate(q):
                scores = np.array([asked @ other / math.sqrt(len(asked)) for other in k])
                weights = np.exp(scores - scores.max())
                mixed = sum(a * b for a, b in zip(weights / weights.sum(), v, strict=True))
                out[i] = out[i] + mixed @ w(look.output_dense, "kernel")[head]
        middle = [a + b + w(look.output_dense, "bias") for a, b in zip(z, out, strict=True)]
        wide, narrow = block.get_layer(f"wide_{number}"), block.get_layer(f"narrow_{number}")
        z = []
        for v in middle:
            inner = gelu(norm(v, block.get_layer(f"normalisation_{number}_2")) @ w(wide, "kernel") + w(wide, "bias"))
            z.append(v + inner @ w(narrow, "kernel") + w(narrow, "bias"))
    z = [norm(v, network.get_layer("normalisation")) for v in z]
    y = z[0] if end == "token" else sum(z) / len(z)
    output = network.get_layer("output")
    return 1 / (1 + np.exp(-(y @ w(output, "kernel") + w(output, "bias"))))


@pytest.mark.parametrize("end", ["token", "mean"])
@pytest.mark.parametrize("shape", [(8, 8), (8, 12)])
def test_it_is_what_the_paper_says(end, shape):
    x = np.random.default_rng(0).normal(size=(40, *shape, 3)).astype(np.float32)
    data = replace(tints(), x=x)
    network = built(data, patch=4, end=end, ratio=1.5)
    got = network.predict(x[:3], verbose=0)
    expected = np.stack([said(network, picture.astype(np.float64), 4, end) for picture in x[:3]])
    assert np.ptp(expected) > 5e-3  # far more than what is tolerated
    np.testing.assert_allclose(got, expected, atol=2e-5)


def test_it_learns_as_by_hand():
    """Three steps of fitting, and three of torch's own loop from the same weights over the same pictures."""
    torch, data = pytest.importorskip("torch"), halves()
    x, y = data.numbers(np.arange(8)), data.answers(np.arange(8))
    fitted, taught = built(data, dropout=0.0, depth=3), built(data, dropout=0.0, depth=3)
    fitted.compile(school().optimizers.SGD(0.1), "binary_crossentropy")
    weights = [variable.value for variable in taught.trainable_variables]
    optimizer = torch.optim.SGD(weights, 0.1)
    for _ in range(3):
        fitted.train_on_batch(x, y)
        optimizer.zero_grad()
        said = taught(torch.tensor(x), training=True)
        torch.nn.functional.binary_cross_entropy(said, torch.tensor(y).reshape(said.shape).float()).backward()
        optimizer.step()
    for variable, weight in zip(fitted.trainable_variables, weights, strict=True):
        np.testing.assert_allclose(variable.numpy(), weight.detach().numpy(), atol=1e-5, err_msg=variable.path)


def test_every_setting_shows_in_the_layers():
    network = built(patch=2, depth=3, heads=4, width=12, ratio=3.0)
    names = [layer.name for layer in network.layers]
    assert [name for name in names if name.startswith("block")] == ["block_1", "block_2", "block_3"]
    assert network.get_layer("embedding").kernel.shape == (2 * 2 * 3, 12)
    assert network.get_layer("embedding").bias.shape == (16 + 1, 12)
    block = network.get_layer("block_2")
    assert block.get_layer("attention_2").query_dense.kernel.shape == (12, 4, 3)
    assert block.get_layer("wide_2").kernel.shape == (12, 36)
    assert built(end="mean").get_layer("embedding").bias.shape == (4, 8)


def test_dropout_and_changes_are_for_training_alone():
    x = halves(channels=3).numbers(np.arange(10))
    plain, other = built(dropout=0.0), built(dropout=0.3, **EVERYTHING)
    np.testing.assert_array_equal(other.predict(x, verbose=0), plain.predict(x, verbose=0))
    taught = school().ops.convert_to_numpy(other(x, training=True))
    assert np.abs(taught - plain.predict(x, verbose=0)).max() > 1e-3
    inner = [layer.rate for layer in other.get_layer("block_1").layers if layer.name.startswith("dropout")]
    assert [*inner, other.get_layer("dropout").rate] == [0.3] * 4


def test_patches_that_do_not_fill_the_picture_are_refused():
    with pytest.raises(BadSetting, match=r"patches of 3 x 3 do not fill pictures of 8 x 8.*size=\(9, 9\)"):
        built(patch=3)
    with pytest.raises(BadSetting, match="patches of 8 x 8"):
        built(replace(tints(), x=np.zeros((40, 16, 12, 3))), patch=8)


def test_heads_that_do_not_share_the_width_are_refused():
    with pytest.raises(BadSetting, match=r"3 heads do not share 64 units.*width=66"):
        ViT(heads=3)


# -- a run -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    recipe = ViT(**{**SMALL, "width": 16}, epochs=40, rate=5e-3, patience=None, dropout=0.0)
    return train(recipe, halves(n=120, side=12), folder=tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def x():
    return halves(n=120, side=12).numbers(np.arange(4))


def test_it_learns(run):
    assert run.about["evaluation"]["accuracy"] > 0.9


@pytest.mark.parametrize("method", ["attention-rollout", "attention-relevance", "attention-flow", "legrad"])
def test_attention_becomes_maps_of_the_picture_without_the_class_token(run, x, method):
    answer = vitrail.explain(run.model, x, method, target="right")
    assert answer.axes["values"] == ("batch", "height", "width")
    assert answer.values.shape == (4, 12, 12)
    assert answer.checks["own_tokens"] == "0"
    assert np.ptp(answer.values) > 1e-3


def test_every_head_of_every_block_is_there(run, x):
    answer = vitrail.explain(run.model, x, "attention", target="right")
    assert answer.axes["values"] == ("batch", "layer", "head", "query", "key")
    assert answer.values.shape == (4, 2, 2, 10, 10)
    np.testing.assert_allclose(answer.values.sum(-1), 1, atol=1e-5)


@pytest.mark.parametrize("method", ["integrated-gradients", "attn-lrp", "gradient", "deeplift"])
def test_pixels_are_explained(run, x, method):
    answer = vitrail.explain(run.model, x, method, target="right")
    assert answer.values.shape == x.shape
    assert np.abs(answer.values).max() > 1e-3


def test_what_integrated_gradients_say_adds_up(run, x):
    answer = vitrail.explain(run.model, x, {"method": "integrated-gradients", "steps": 128}, target="right")
    assert np.abs(answer.checks["completeness_gap_relative"]).max() < 0.05


def test_plain_lrp_says_what_to_take_instead(run, x):
    with pytest.raises(VitrailError, match="scaled_dot_product_attention"):
        vitrail.explain(run.model, x, "lrp", target="right")


def test_without_a_class_token_every_token_is_a_place(tmp_path, x):
    recipe = ViT(**SMALL, end="mean", epochs=1)
    run = train(recipe, halves(n=120, side=12), folder=tmp_path)
    answer = vitrail.explain(run.model, x, "attention-rollout", target="right")
    assert answer.checks["own_tokens"] == "none"
    assert answer.values.shape == (4, 12, 12)

"""The questions: what each reads off a trace, and what cannot be asked."""

import numpy as np
import pandas as pd
import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.testing import assert_close

import vitrail
from known import Flattened, Residual, Squashed, normal, seeded, smooth
from vitrail.errors import BadTarget, NoSuchLayer
from vitrail.model.keras import on_torch
from vitrail.target import Custom, Difference, Output, Predicted, Target, Total, Unit, probabilities, target_of

X = normal(4, 5, seed=1)
PICTURES = normal(3, 2, 6, 6, seed=2)


class Segmenting(nn.Module):
    """(batch, 3, height, width): one number for each class and place."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3, padding=1)

    def forward(self, x):
        return self.conv(x)


def asked(net, target, x=X, **door):
    return vitrail.open(net, **door)(x, target)


# -- one unit of the output --------------------------------------------------------------------------------


@pytest.mark.parametrize("index", [0, 2, -1, -3, np.int64(1), np.uint8(2), torch.tensor(1)])
def test_one_unit(index):
    assert_close(asked(smooth(), Output(index)), smooth()(X)[:, int(index)].detach())


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor, pd.Series])
def test_one_for_each_example(kind):
    each = [2, 0, -1, 1]
    assert_close(asked(smooth(), Output(kind(each))), smooth()(X)[range(4), each].detach())


@pytest.mark.parametrize("place", [(2, 0, 5), (-1, -6, -1), (np.int64(0), 3, 4)])
def test_a_place_in_a_larger_output(place):
    net = seeded(Segmenting())
    assert_close(asked(net, Output(place), PICTURES), net(PICTURES)[(slice(None), *map(int, place))].detach())


@pytest.mark.parametrize("index", [3, -4, 100, (3,), [0, 1, 2, 3]])
def test_out_of_range_names_what_exists(index):
    with pytest.raises(BadTarget, match=r"there is no output -?\d+\. The network has 0 to 2\. Choose one"):
        asked(smooth(), Output(index))


@pytest.mark.parametrize("index", [(3, 0, 0), (0, 0), (0, 6, 0), (0, 0, 0, 0), (0, 0, -7)])
def test_a_place_out_of_range(index):
    with pytest.raises(BadTarget, match=r"there is no output \(.*\)\. The network has places in \(3, 6, 6\)"):
        asked(seeded(Segmenting()), Output(index), PICTURES)


@pytest.mark.parametrize("target", [Output(0), Output([0, 1, 2]), Predicted(), "predicted", 1, [0, 0, 0]])
def test_a_larger_output_needs_a_place(target):
    with pytest.raises(BadTarget, match=r"shape \(batch, 3, 6, 6\), not one number per class\. .*Output\(\(class, row"):
        vitrail.explain(vitrail.open(seeded(Segmenting())), PICTURES, "gradient", target)


# -- logits, probabilities, outputs ------------------------------------------------------------------------


class Headed(nn.Module):
    def __init__(self, head, outputs=3):
        super().__init__()
        self.dense, self.head = nn.Linear(5, outputs), head

    def forward(self, x):
        return self.head(self.dense(x))


HEADS = {
    "softmax": (lambda z: F.softmax(z, 1), lambda z: F.softmax(z, 1)),
    "sigmoid": (torch.sigmoid, torch.sigmoid),
    "log_softmax": (lambda z: F.log_softmax(z, 1), lambda z: F.softmax(z, 1)),
    "plain": (lambda z: z, lambda z: F.softmax(z, 1)),
}


@pytest.mark.parametrize("name", HEADS)
def test_logit_probability_and_output(name):
    head, chances = HEADS[name]
    net = seeded(Headed(head))
    logits = net.dense(X).detach()
    for index in (1, [2, 0, 1, 0]):
        pick = (range(4), index if isinstance(index, list) else [index] * 4)
        assert_close(asked(net, Output(index)), logits[pick])
        assert_close(asked(net, Output(index, of="probability")), chances(logits)[pick])
        assert_close(asked(net, Output(index, of="output")), head(logits)[pick])
    assert (chances(logits) - logits).abs().max() > 0.1
    best = logits.argmax(1)
    assert_close(asked(net, Predicted()), logits[range(4), best])
    assert_close(asked(net, Predicted(of="probability")), chances(logits)[range(4), best])


@pytest.mark.parametrize("squeezed", [False, True])
def test_a_single_unit(squeezed):
    dense = seeded(nn.Linear(5, 1))
    parts = [dense, *([nn.Flatten(0)] if squeezed else []), nn.Sigmoid()]
    net, z = nn.Sequential(*parts), dense(X)[:, 0].detach()
    assert_close(asked(net, Output(0)), z)
    assert_close(asked(net, Output(0, "probability")), z.sigmoid())
    assert_close(asked(nn.Sequential(*parts[:-1]), Output(0, "probability")), z.sigmoid())
    assert_close(asked(nn.Sequential(*parts[:-1]), Output(0, "output")), z)


def test_a_sigmoid_that_has_gone_to_zero_is_a_probability():
    zero, logits = torch.zeros(3, 1), torch.full((3, 1), -1e4)
    assert_close(probabilities(logits, zero), zero)
    saturated = torch.tensor([[0.0, -200.0]])
    assert_close(probabilities(saturated + 3, saturated), torch.tensor([[1.0, 0.0]]))


def test_the_logit_is_asked_unless_said():
    assert Output(1) == Output(1, of="logit")
    answer = vitrail.explain(vitrail.open(seeded(Squashed())), X, "gradient", 1)
    weight = seeded(Squashed()).dense.weight[1].detach()
    assert_close(torch.tensor(answer.values), weight.expand(4, 5))


@pytest.mark.parametrize("make", [lambda of: Output(0, of), Predicted])
def test_an_unknown_of_is_refused(make):
    with pytest.raises(BadTarget, match=r"of='logits' is not known\. Did you mean 'logit'\?"):
        make("logits")


# -- names -------------------------------------------------------------------------------------------------

NAMES = ["tabby cat", "tiger cat", "dog"]


def test_names_of_classes():
    model = vitrail.open(smooth(), classes=NAMES)
    assert vitrail.explain(model, X, "gradient", "dog").target["index"] == 2
    answer = vitrail.explain(model, X, "gradient", ["dog", "tiger cat", "dog", "tabby cat"])
    assert answer.target["index"] == [2, 1, 2, 0]
    assert answer.target["labels"] == ["dog", "tiger cat", "dog", "tabby cat"]
    assert vitrail.explain(model, X, "gradient", -1).target["labels"] == ["dog"] * 4


def test_near_misses_are_suggested():
    model = vitrail.open(smooth(), classes=NAMES)
    with pytest.raises(BadTarget, match=r"no class named 'Tigercat'\. Did you mean 'tiger cat'"):
        vitrail.explain(model, X, target="Tigercat")
    with pytest.raises(BadTarget, match=r"no class named 'cow'"):
        vitrail.explain(model, X, target=["dog", "cow", "dog", "dog"])
    with pytest.raises(BadTarget, match=r"has no class names\. .*vitrail\.open\(network, classes"):
        vitrail.explain(vitrail.open(smooth()), X, target="dog")


# -- the predicted class -----------------------------------------------------------------------------------


def test_the_predicted_class_stays_that_of_x_along_a_sweep():
    net = seeded(nn.Sequential(nn.Linear(5, 3)), 8)
    net[0].bias.data = torch.tensor([0.0, 3.0, 0.0]).double()  # at zero the class is 1, whatever it is at x
    best = net(X).argmax(1)
    assert (best != 1).any()
    assert (best != net(X / 50).argmax(1)).any()
    answer = vitrail.explain(vitrail.open(net), X, "integrated-gradients")
    assert_close(torch.tensor(answer.values), X * net[0].weight[best].detach())
    assert answer.target["labels"] == list(map(str, best.tolist()))
    assert [p["index"] for p in answer.provenance["prediction"]] == best.tolist()


def test_predicted_in_a_batch_and_alone():
    model = vitrail.open(smooth())
    batch = vitrail.explain(model, X, "smoothgrad", samples=3).values
    for i in range(4):
        single = vitrail.explain(model, X[i : i + 1], "smoothgrad", samples=3).values
        assert_close(torch.tensor(single[0]), torch.tensor(batch[i]))


# -- units of layers ---------------------------------------------------------------------------------------


def test_a_unit_is_the_mean_of_its_channel():
    net = seeded(Flattened(), 2)
    for index in (0, 3, -1):
        assert_close(asked(net, Unit("conv", index), PICTURES), net.conv(PICTURES)[:, index].mean((1, 2)).detach())
    assert_close(asked(smooth(), Unit("1", 4)), torch.tanh(smooth()[0](X))[:, 4].detach())


def test_a_unit_of_a_layer_with_channels_last():
    keras = on_torch()
    net = keras.Sequential([keras.Input((6, 6, 2)), keras.layers.Conv2D(4, 3, name="conv"), keras.layers.Flatten()])
    x = PICTURES.movedim(1, -1).float()
    conv = net.get_layer("conv")(x)
    assert_close(asked(net, Unit("conv", 3), x), conv[..., 3].mean((1, 2)).detach(), rtol=1e-5, atol=1e-6)


def test_the_gradient_of_a_unit():
    net = seeded(Residual())
    answer = vitrail.explain(vitrail.open(net), X, "gradient", Unit("inner", 2))
    assert_close(torch.tensor(answer.values), net.inner.weight[2].detach().expand(4, 5))
    assert answer.target == {"target": "unit", "layer": "inner", "index": 2}


def test_units_that_do_not_exist():
    with pytest.raises(BadTarget, match=r"'conv' has no unit 4\. It has 4, .*Unit\('conv', 0\) to Unit\('conv', 3\)"):
        asked(seeded(Flattened()), Unit("conv", 4), PICTURES)
    with pytest.raises(NoSuchLayer, match=r"no layer named 'convv' .*Did you mean 'conv'\?"):
        asked(seeded(Flattened()), Unit("convv", 0), PICTURES)


def test_a_layer_that_folds_the_batch_is_refused():
    class Folding(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = nn.Linear(5, 3)

        def forward(self, x):
            return self.inner(x.reshape(-1, 5)).reshape(len(x), -1)

    with pytest.raises(BadTarget, match=r"'inner' gives \(8, 3\) for 4 examples"):
        asked(seeded(Folding()), Unit("inner", 0), normal(4, 2, 5))


# -- arithmetic --------------------------------------------------------------------------------------------


def test_targets_add_subtract_and_scale():
    net, z = smooth(), smooth()(X).detach()
    one, two = Output(0), Output([2, 1, 0, 1])
    each = z[range(4), [2, 1, 0, 1]]
    assert_close(asked(net, one + two), z[:, 0] + each)
    assert_close(asked(net, one - two), z[:, 0] - each)
    assert_close(asked(net, 3 * one - two * 0.5), 3 * z[:, 0] - each / 2)
    assert_close(asked(net, -one), -z[:, 0])
    assert_close(asked(net, sum([Output(0), Output(1), Output(2)])), z.sum(1))
    assert_close(asked(net, Difference(one, two)), z[:, 0] - each)


def test_layers_of_a_sum_are_named_once():
    total = Unit("1", 0) + 2 * Unit("0", 1) - Unit("1", 2)
    assert total.layers == ("1", "0")
    assert Difference(Output(0), Unit("1", 2)).layers == ("1",)
    hidden = torch.tanh(smooth()[0](X))
    expected = hidden[:, 0] + 2 * smooth()[0](X)[:, 1] - hidden[:, 2]
    assert_close(asked(smooth(), total), expected.detach())


@pytest.mark.parametrize("make", [lambda: Output(0) + 3, lambda: Output(0) - None, lambda: Difference(Output(0), 1)])
def test_only_targets_add(make):
    with pytest.raises(BadTarget, match="is not a target"):
        make()


# -- functions ---------------------------------------------------------------------------------------------


def test_a_function_of_a_trace():
    def energy(trace):
        return trace.output.logsumexp(1)

    answer = vitrail.explain(vitrail.open(smooth()), X, "gradient", energy)
    x = X.clone().requires_grad_()
    (expected,) = torch.autograd.grad(smooth()(x).logsumexp(1).sum(), x)
    assert_close(torch.tensor(answer.values), expected)
    assert answer.target["target"] == "custom"
    assert "energy" in answer.target["name"]


def test_a_function_that_reads_layers():
    def norm(trace):
        return trace.layers["1"].norm(dim=1)

    norm.layers = ("1",)
    assert_close(asked(smooth(), Custom(norm)), torch.tanh(smooth()[0](X)).norm(dim=1).detach())


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda trace: trace.output, r"gave \(4, 3\) for 4 examples"),
        (lambda trace: trace.output[:, 0].sum(), r"gave \(\) for 4 examples"),
        (lambda trace: 1.0, "gave float for 4 examples"),
        (lambda trace: None, "gave NoneType for 4 examples"),
    ],
)
def test_a_function_must_give_one_number_each(function, words):
    with pytest.raises(BadTarget, match=words):
        vitrail.explain(vitrail.open(smooth()), X, "gradient", function)


# -- what users say ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (3, Output(3)),
        (np.int32(3), Output(3)),
        (torch.tensor(3), Output(3)),
        ("predicted", Predicted()),
        ("dog", Output(1)),
        (np.str_("dog"), Output(1)),
        (["dog", "cat"], Output([1, 0])),
        (pd.Series(["dog", "cat"]), Output([1, 0])),
        ((1, 0), Output([1, 0])),
        (range(2), Output([0, 1])),
        (torch.tensor([1, 0]), Output([1, 0])),
        (Unit("a", 1), Unit("a", 1)),
    ],
)
def test_what_a_user_may_say(question, expected):
    assert target_of(question, ("cat", "dog"), 2) == expected


@pytest.mark.parametrize(
    "question", [True, None, 1.5, np.float64(1), [0.5, 1], [True, False], [[0, 1]], [], {}, object(), Output, b"dog"]
)
def test_what_is_no_target_is_refused(question):
    with pytest.raises(BadTarget, match=r"is not a target\. An int, one int per example, .*Use target=3, or"):
        target_of(question, ("cat", "dog"), 2)


@pytest.mark.parametrize("make", [lambda v: Output(v), lambda v: Unit("a", v)])
@pytest.mark.parametrize("value", [True, None, 1.5, "1"])
def test_targets_refuse_what_is_no_index(make, value):
    with pytest.raises(BadTarget, match="is not a target"):
        make(value)


@pytest.mark.parametrize("wrap", [lambda t: t, lambda t: 2 * t, lambda t: t - Output(0), lambda t: Difference(t, t)])
@pytest.mark.parametrize("count", [1, 3, 5])
def test_as_many_targets_as_examples(wrap, count):
    with pytest.raises(BadTarget, match=rf"{count} targets? for 4 examples"):
        vitrail.explain(vitrail.open(smooth()), X, "gradient", wrap(Output([0] * count)))


def test_a_very_long_list_of_targets():
    with pytest.raises(BadTarget) as caught:
        target_of([0] * 10**6, (), 3)
    assert len(str(caught.value)) < 200
    assert target_of(np.zeros(10**6, int), (), 10**6).index[-1] == 0


# -- JSON --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (Output(3), {"target": "output", "index": 3, "of": "logit"}),
        (Output(np.int64(3), "output"), {"target": "output", "index": 3, "of": "output"}),
        (Output((0, 1)), {"target": "output", "index": [0, 1], "of": "logit"}),
        (Output(torch.tensor([1, 0])), {"target": "output", "index": [1, 0], "of": "logit"}),
        (Predicted("probability"), {"target": "predicted", "of": "probability"}),
        (
            Difference(Output(1), Output(0)),
            {"target": "difference", "this": Output(1).as_json(), "that": Output(0).as_json()},
        ),
        (
            2 * Output(1),
            {"target": "total", "terms": [{"weight": 2.0, "target": "output", "index": 1, "of": "logit"}]},
        ),
    ],
)
def test_json(target, expected):
    assert target.as_json() == expected


def test_a_total_of_no_targets_is_still_a_target():
    assert isinstance(Total(()), Target)

import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vitrail
from vitrail.errors import NetworkFailed, NoGradient, NoSuchLayer

RAN = []


class Spy(torch.autograd.Function):
    """Nothing, but it tells when gradients pass."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        RAN.append(1)
        return gradient


class Watched(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3)
        self.fc = nn.Linear(3, 4)

    def forward(self, x):
        return self.fc(self.conv(Spy.apply(x)).tanh().mean((2, 3)))


class InPlace(nn.Module):
    """A convolution whose output an in-place ReLU overwrites, or does not."""

    def __init__(self, inplace):
        super().__init__()
        self.conv = nn.Conv2d(2, 3, 3)
        self.relu = nn.ReLU(inplace=inplace)
        self.inplace = inplace

    def forward(self, x):
        h = self.relu(self.conv(x))
        h = F.relu(h - 0.5, inplace=self.inplace)
        return h.mean((2, 3))


@pytest.fixture
def model(picture):
    return vitrail.open(picture)


def hooked(network, names, x):
    """What forward hooks see, call by call."""
    seen = {name: [] for name in names}
    handles = [
        network.get_submodule(name).register_forward_hook(lambda _m, _a, v, name=name: seen[name].append(v.detach()))
        for name in names
    ]
    with torch.no_grad():
        network(x)
    for handle in handles:
        handle.remove()
    return seen


# -- traces ------------------------------------------------------------------------------------------------


def test_what_is_kept_is_what_hooks_see(model, picture, pixels, same):
    seen = hooked(picture, ["block.0", "block", "act", "fc"], pixels)
    kept = model.trace(pixels, keep=["fc", "block", "act#1", "act#2", "block.0", "/softplus#1"])
    same(kept.layers["block.0"], seen["block.0"][0])
    same(kept.layers["block"], seen["block"][0])
    same(kept.layers["act#1"], seen["act"][0])
    same(kept.layers["act#2"], seen["act"][1])
    same(kept.layers["/softplus#1"], F.softplus(seen["act"][1]))
    same(kept.output, seen["fc"][0])
    assert list(kept.layers) == ["fc", "block", "act#1", "act#2", "block.0", "/softplus#1"]
    assert kept.channels["block"] == 1
    same(kept.input, pixels)
    assert kept.rows.tolist() == [0, 1, 2]


def test_chunks_are_joined_to_one_trace(model, pixels, monkeypatch, same):
    whole = model.trace(pixels, keep=["act#2"])
    monkeypatch.setattr("vitrail.model.handle.chunk_size", lambda *_: 1)
    parts = model.trace(pixels, keep=["act#2"])
    torch.testing.assert_close(parts.layers["act#2"], whole.layers["act#2"])
    torch.testing.assert_close(parts.output, whole.output)
    assert parts.output is parts.logits


def test_an_edit_changes_the_answer_as_by_hand(model, picture, pixels):
    def silence(value):
        assert value.shape == (3, 3, 5, 6)
        return value * torch.tensor([1.0, 0, 1], dtype=value.dtype)[:, None, None]

    with torch.no_grad():
        h = picture.act(silence(picture.block(pixels)))
        expected = picture.fc(F.softplus(picture.act(picture.mix(h))).mean((2, 3)))
    trace = model.trace(pixels, keep=["block"], edit={"block": silence})
    torch.testing.assert_close(trace.output, expected)
    assert not trace.layers["block"][:, 1].any()
    assert (trace.output - model(pixels)).abs().max() > 1e-3


def test_one_of_two_calls_is_edited_alone(model, picture, pixels):
    def by_hand(first=0.0, second=0.0, site=0.0):
        h = picture.act(picture.block(pixels)) + first
        h = picture.act(picture.mix(h)) + second
        return picture.fc((F.softplus(h) + site).mean((2, 3))).detach()

    for name, expected in {"act#1": by_hand(1), "act#2": by_hand(0, 1), "/softplus#1": by_hand(0, 0, 1)}.items():
        torch.testing.assert_close(model.trace(pixels, edit={name: lambda v: v + 1}).output, expected)
        assert (expected - by_hand()).abs().max() > 1e-3


def test_an_unknown_layer_is_refused(model, pixels):
    for ask in (
        lambda: model.trace(pixels, keep=["act"]),
        lambda: model.trace(pixels, edit={"block.9": lambda v: v}),
        lambda: model.gradient(pixels, vitrail.Output(0), layer="/softplus#2"),
        lambda: model.gradient(pixels, vitrail.Unit("nothing", 0)),
    ):
        with pytest.raises(NoSuchLayer, match="model.layers"):
            ask()


def test_a_value_before_an_in_place_change_is_the_layers_own(pixels, same):
    inplace, plain = InPlace(True).double(), InPlace(False).double()
    plain.load_state_dict(inplace.state_dict())
    one, two = vitrail.open(inplace), vitrail.open(plain)
    names = ["conv", "relu", "/sub#1", "/relu#1"]
    kept, expected = one.trace(pixels, keep=names), two.trace(pixels, keep=names)
    for name in names:
        same(kept.layers[name], expected.layers[name])
    assert (kept.layers["conv"] < 0).any()
    same(
        one.trace(pixels, edit={"conv": lambda v: v * 2}).output,
        two.trace(pixels, edit={"conv": lambda v: v * 2}).output,
    )
    for pair in zip(
        one.gradient(pixels, vitrail.Output(1), layer="conv"),
        two.gradient(pixels, vitrail.Output(1), layer="conv"),
        strict=True,
    ):
        same(*pair)


# -- gradients ---------------------------------------------------------------------------------------------


def test_the_gradient_is_that_of_autograd(model, picture, pixels, same):
    x = pixels.clone().requires_grad_()
    (expected,) = torch.autograd.grad(picture(x)[:, 3].sum(), x)
    same(model.gradient(pixels, vitrail.Output(3)), expected)


def test_the_gradient_of_a_difference_and_of_a_unit(model, picture, pixels):
    x = pixels.clone().requires_grad_()
    y = picture(x)
    (expected,) = torch.autograd.grad((y[:, 3] - 2 * y[:, 0]).sum(), x)
    torch.testing.assert_close(model.gradient(pixels, vitrail.Output(3) - 2 * vitrail.Output(0)), expected)
    x = pixels.clone().requires_grad_()
    (expected,) = torch.autograd.grad(picture.block(x)[:, 1].mean((1, 2)).sum(), x)
    torch.testing.assert_close(model.gradient(pixels, vitrail.Unit("block", 1)), expected)


def test_the_gradient_at_a_layer_and_what_the_layer_said(model, picture, pixels):
    middle = picture.block(pixels).detach().requires_grad_()
    y = picture.fc(F.softplus(picture.act(picture.mix(picture.act(middle)))).mean((2, 3)))
    (expected,) = torch.autograd.grad(y[:, 3].sum(), middle)
    activation, gradient = model.gradient(pixels, vitrail.Output(3), layer="block")
    torch.testing.assert_close(activation, middle.detach())
    torch.testing.assert_close(gradient, expected)
    assert not activation.requires_grad


def test_the_way_back_stops_at_the_layer(pixels):
    RAN.clear()
    model = vitrail.open(Watched().double())
    model.gradient(pixels, vitrail.Output(1), layer="conv")
    assert RAN == []
    model.gradient(pixels, vitrail.Output(1))
    assert RAN == [1]


def test_nothing_before_the_layer_is_kept_for_the_way_back(pixels):
    model = vitrail.open(Watched().double())
    shapes = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: shapes.append(tuple(t.shape)) or t, lambda t: t):
        model.gradient(pixels, vitrail.Output(1), layer="conv")
    assert (3, 2, 5, 6) not in shapes
    assert (3, 3, 3, 4) in shapes


def test_a_run_without_gradients_keeps_nothing(model, pixels):
    saved = []
    with torch.autograd.graph.saved_tensors_hooks(lambda t: saved.append(t) or t, lambda t: t):
        trace = model.trace(pixels, keep=["block"])
    assert saved == []
    assert not trace.output.requires_grad


def test_a_target_that_comes_before_the_layer_does_not_depend_on_it(model, pixels):
    with pytest.raises(NoGradient, match="target does not depend on layer 'fc'"):
        model.gradient(pixels, vitrail.Unit("block", 1), layer="fc")


def test_rows_keep_their_own_questions(model, picture, pixels):
    target, x = vitrail.Output([3, 0, 1]), pixels.clone().requires_grad_()
    (expected,) = torch.autograd.grad(picture(x).gather(1, torch.tensor([[3], [0], [1]])).sum(), x)
    torch.testing.assert_close(model.gradient(pixels, target), expected)
    with model.asking(pixels) as bound:
        order = torch.tensor([2, 0])
        torch.testing.assert_close(bound.at(order).gradient(pixels[order], target), expected[order])
        twice = bound.at(order).at(torch.tensor([1]))
        torch.testing.assert_close(twice.gradient(pixels[:1], target), expected[:1])


def test_the_predicted_class_stays_that_of_x_itself(model, picture, pixels):
    with torch.no_grad():
        said = picture(pixels).argmax(1)
    with model.asking(pixels) as bound:
        far = bound(-5 * pixels, vitrail.Predicted())
        torch.testing.assert_close(bound.predicted(), said)
    with torch.no_grad():
        torch.testing.assert_close(far, picture(-5 * pixels).gather(1, said[:, None])[:, 0])


def test_an_edit_that_fails_is_the_networks_failure(model, pixels):
    with pytest.raises(NetworkFailed, match="ZeroDivisionError"):
        model.trace(pixels, edit={"fc": lambda v: 1 / 0})


def test_the_gradient_at_the_last_of_several_layers_and_the_output_of_each(picture, pixels):
    model, target = vitrail.open(picture), vitrail.Output(1)
    with model.asking(pixels) as bound:
        x = bound.question.packed.x
        gradient, values = bound.last_gradient(x, target, ["block", "mix"])
        pairs = bound.gradients(x, target, ["block", "mix"])
        alone = bound.gradient(x, target, layer="mix")
    torch.testing.assert_close(gradient, pairs[1][1])
    torch.testing.assert_close(gradient, alone[1])
    torch.testing.assert_close(values, [value for value, _ in pairs])


def test_a_fact_is_found_out_once_for_inputs_of_one_shape(picture, pixels):
    model, asked = vitrail.open(picture), []

    def find():
        asked.append(1)
        return len(asked)

    with model.asking(pixels) as bound:
        found = [bound.remembered(bound.question.packed.x, "fact", find) for _ in range(2)]
    with model.asking(pixels[..., :4]) as bound:
        found.append(bound.remembered(bound.question.packed.x, "fact", find))
    assert found == [1, 1, 2]


def test_what_an_edited_network_says_is_not_remembered_as_its_answer(picture, pixels):
    model = vitrail.open(picture)
    with model.asking(pixels) as bound:
        bound.trace(bound.question.packed.x, edit={"block": torch.zeros_like})
        said = bound.said()[0]
    torch.testing.assert_close(said, picture(pixels))

import copy

import pytest
import torch
from torch import nn

import vitrail
from vitrail.model import fast
from vitrail.model.plan import counting_saved_bytes
from vitrail.model.torch import TorchNetwork

from .conftest import warmed

STEPS = 40  # a sweep that is long enough for a plan


@pytest.fixture
def network():
    layers = [
        nn.ZeroPad2d(1),
        nn.Conv2d(2, 4, 3, bias=False),
        nn.BatchNorm2d(4),
        nn.ReLU6(),
        nn.Conv2d(4, 4, 3, groups=2),
        nn.BatchNorm2d(4),
        nn.Tanh(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 3),
    ]
    return warmed(nn.Sequential(*layers))


def ask(model, x, speed, **settings):
    return vitrail.explain(model, x, "integrated-gradients", 1, speed=speed, **{"steps": STEPS, **settings})


def wrong(monkeypatch):
    """The plan's weights are off by a hundredth."""
    honest = fast.Fold.weights

    def weights(fold):
        weight, bias = honest(fold)
        return weight * 1.01, bias

    monkeypatch.setattr(fast.Fold, "weights", weights)


@pytest.mark.parametrize("speed", ["auto", "fast"])
def test_the_plan_is_used_and_gives_the_plain_answer(speed, network, pixels):
    model = vitrail.open(network)
    plain, planned = ask(model, pixels, "plain"), ask(model, pixels, speed)
    assert plain.provenance["speedups"] == {}
    said = planned.provenance["speedups"]
    assert (said["used"], said["folded"], said["points_checked"]) == (True, 2, 5)
    assert 0 <= said["target_difference"] < 1e-10
    assert 0 <= said["gradient_difference"] < 1e-8
    torch.testing.assert_close(planned.values, plain.values, rtol=1e-9, atol=1e-12)
    assert abs(plain.values).max() > 1e-4


def occlude(model, x, speed, **settings):
    return vitrail.explain(model, x, "occlusion", 1, speed=speed, **{"patch": 1, "stride": 1, **settings})


def test_sweeps_of_answers_have_a_plan_that_needs_no_gradient(network, pixels, monkeypatch):
    model = vitrail.open(network)
    plain = occlude(model, pixels, "plain")
    planned = occlude(model, pixels, "fast")
    said = planned.provenance["speedups"]
    assert said["used"]
    assert 0 <= said["target_difference"] < 1e-10
    assert "gradient_difference" not in said
    assert planned.checks["gradients"] == 0
    assert planned.checks["evaluations"] == plain.checks["evaluations"]
    torch.testing.assert_close(planned.values, plain.values, rtol=1e-9, atol=1e-12)
    wrong(monkeypatch)
    answer = occlude(vitrail.open(network), pixels, "fast")
    assert answer.provenance["speedups"]["used"] is False
    torch.testing.assert_close(answer.values, plain.values, rtol=0, atol=0)


def test_a_plan_for_answers_is_none_for_gradients(network, pixels, monkeypatch):
    model = vitrail.open(network)
    packed = model.pack(pixels)
    with model.asking(packed, speed="fast") as bound:
        plain = bound.gradient(bound.question.packed.x, vitrail.Output(1))
        honest = bound(packed.x, vitrail.Output(1))
        sweep = vitrail.Sweep(len(pixels), STEPS, lambda rows, steps: packed.x[rows])
        wrong(monkeypatch)
        monkeypatch.setattr("vitrail.model.plan.AGREE", {torch.float64: (1.0, 1.0)})
        answers = bound(sweep, vitrail.Output(1))
        assert bound.question.speedups["used"]
        assert not torch.equal(answers[:, 0], honest)
        again = bound.gradient(bound.question.packed.x, vitrail.Output(1))
    torch.testing.assert_close(again, plain, rtol=0, atol=0)


def test_the_check_is_no_evaluation_of_the_method(network, pixels):
    model = vitrail.open(network)
    plain, planned = ask(model, pixels, "plain"), ask(model, pixels, "fast")
    assert planned.checks["gradients"] == plain.checks["gradients"] == 3 * STEPS
    assert planned.checks["evaluations"] == plain.checks["evaluations"]


@pytest.mark.parametrize("speed", ["auto", "fast"])
def test_a_plan_that_disagrees_is_refused(speed, network, pixels, monkeypatch):
    model = vitrail.open(network)
    plain = ask(model, pixels, "plain")
    wrong(monkeypatch)
    answer = ask(model, pixels, speed)
    said = answer.provenance["speedups"]
    assert said["used"] is False
    assert said["gradient_difference"] > 1e-8
    torch.testing.assert_close(answer.values, plain.values, rtol=0, atol=0)


def test_plain_is_plain(network, pixels, monkeypatch):
    monkeypatch.setattr(fast, "handlers", lambda folds: pytest.fail("no plan was asked for"))
    ask(vitrail.open(network), pixels, "plain")


def test_short_questions_have_no_plan(network, pixels, monkeypatch):
    monkeypatch.setattr(fast, "handlers", lambda folds: pytest.fail("too short for a plan"))
    assert ask(vitrail.open(network), pixels, "fast", steps=10).provenance["speedups"] == {}


def test_nothing_to_fold_is_no_plan(pixels):
    model = vitrail.open(nn.Sequential(nn.Flatten(), nn.Linear(60, 2)).double())
    assert ask(model, pixels, "fast").provenance["speedups"] == {}


def test_a_plan_that_fails_is_refused(network, pixels, monkeypatch):
    def departed(func, args, kwargs):
        raise fast.Departed("another path")

    model = vitrail.open(network)
    plain = ask(model, pixels, "plain")
    monkeypatch.setattr(fast, "handlers", lambda folds: {folds[0].convolution.site: departed})
    answer = ask(model, pixels, "fast")
    assert answer.provenance["speedups"]["used"] is False
    torch.testing.assert_close(answer.values, plain.values, rtol=0, atol=0)


def test_the_users_network_is_not_touched(network, pixels):
    before, objects = copy.deepcopy(network.state_dict()), [id(t) for t in network.state_dict(keep_vars=True).values()]
    strides = [p.stride() for p in network.parameters()]
    answer = ask(vitrail.open(network), pixels, "fast")
    assert answer.provenance["speedups"]["used"]
    after = network.state_dict(keep_vars=True)
    assert [id(t) for t in after.values()] == objects
    for name, tensor in after.items():
        torch.testing.assert_close(tensor.detach(), before[name], rtol=0, atol=0)
    assert [p.stride() for p in network.parameters()] == strides


@pytest.mark.parametrize("how", ["in place", "data", "load", "norm"])
def test_weights_that_change_between_two_questions_count(how, network, pixels):
    model = vitrail.open(network)
    ask(model, pixels, "fast")
    with torch.no_grad():
        if how == "in place":
            network[1].weight.mul_(1.5)
        elif how == "data":
            network[1].weight.data.mul_(1.5)
        elif how == "load":
            network.load_state_dict(
                {k: v * 1.5 if v.is_floating_point() else v for k, v in network.state_dict().items()}
            )
        else:
            network[5].running_mean.add_(0.5)
    answer, fresh = ask(model, pixels, "fast"), ask(vitrail.open(copy.deepcopy(network)), pixels, "plain")
    assert answer.provenance["speedups"]["used"]
    torch.testing.assert_close(answer.values, fresh.values, rtol=1e-9, atol=1e-12)
    assert answer.provenance["model"]["weights"] == fresh.provenance["model"]["weights"]


def test_bytes_kept_for_the_way_back_are_counted_once_and_without_weights():
    weight = nn.Parameter(torch.ones(4, 3, dtype=torch.float64))
    network = TorchNetwork(nn.Linear(3, 4).double())
    network.module.weight = weight
    x = torch.ones(5, 3, dtype=torch.float64, requires_grad=True)
    with counting_saved_bytes(network) as saved:
        h = torch.nn.functional.linear(x, weight)  # keeps x and the weight
        (h.exp() * x.sum()).sum()  # keeps exp(h) twice, and the sum
    assert saved[0] == (5 * 3 + 5 * 4 + 1) * 8


def test_a_large_batch_of_gradients_has_a_plan_too(network, monkeypatch):
    x = torch.randn(70, 2, 6, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    model = vitrail.open(network)
    plain = vitrail.explain(model, x, "gradient", 1, speed="plain")
    planned = vitrail.explain(model, x, "gradient", 1, speed="fast")
    assert plain.provenance["speedups"] == {}
    said = planned.provenance["speedups"]
    assert said["used"]
    assert 0 <= said["gradient_difference"] < 1e-8  # that of the baseline's answers has none
    torch.testing.assert_close(planned.values, plain.values, rtol=1e-9, atol=1e-12)
    assert planned.checks["gradients"] == plain.checks["gradients"] == 70
    monkeypatch.setattr(fast, "handlers", lambda folds: pytest.fail("too few for a plan"))
    few = vitrail.explain(vitrail.open(network), x[:20], "gradient", 1, speed="fast")
    torch.testing.assert_close(few.values, plain.values[:20], rtol=1e-12, atol=1e-14)

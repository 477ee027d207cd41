"""Asking again; and what holds for every metric that does: all of robustness and randomisation."""

import dataclasses

import pytest
import torch

import vitrail
from judging import linear, noise, points, subject_of
from known import smooth
from vitrail.errors import BadInput
from vitrail.metrics.again import Same, answer, once, own, recipe_of, remember
from vitrail.metrics.average_sensitivity import AverageSensitivity
from vitrail.metrics.efficient_randomisation import EfficientParameterRandomisation
from vitrail.metrics.lipschitz import LocalLipschitz
from vitrail.metrics.max_sensitivity import MaxSensitivity
from vitrail.metrics.parameter_randomisation import ParameterRandomisation
from vitrail.metrics.random_logit import RandomLogit
from vitrail.metrics.relative_input_stability import RelativeInputStability
from vitrail.metrics.relative_output_stability import RelativeOutputStability
from vitrail.metrics.relative_representation_stability import RelativeRepresentationStability
from vitrail.metrics.smooth_randomisation import SmoothParameterRandomisation
from vitrail.metrics.subject import judged

close = torch.testing.assert_close
METRICS = [
    MaxSensitivity(),
    AverageSensitivity(),
    LocalLipschitz(),
    RelativeInputStability(),
    RelativeOutputStability(),
    RelativeRepresentationStability(),
    ParameterRandomisation(),
    SmoothParameterRandomisation(samples=3),
    EfficientParameterRandomisation(bins=3),
    RandomLogit(absolute=False),
]
GRADIENT = vitrail.METHODS["gradient"]()


def scored(metric, net, x, recipe=GRADIENT, target="predicted"):
    with subject_of(net, x, target) as subject:
        return metric(subject, judged(subject, torch.zeros_like(subject.x), recipe))


def named(metric):
    return metric.name


@pytest.mark.parametrize("metric", METRICS, ids=named)
def test_a_batch_gives_what_its_examples_give(metric):
    net, x = smooth(8), points()
    together = scored(metric, net, x)
    assert together.shape == (5,)
    assert together.dtype == torch.float64
    assert together.isfinite().all()
    assert len(together.unique()) > 1
    close(together, torch.cat([scored(metric, net, x[i : i + 1]) for i in range(5)]))


@pytest.mark.parametrize("metric", METRICS, ids=named)
def test_a_factor_of_the_explanation_changes_nothing(metric):
    def larger(model, x, target):
        return 1000 * GRADIENT(model, x, target)

    close(scored(metric, smooth(8), points(), larger), scored(metric, smooth(8), points()))


@pytest.mark.parametrize("metric", METRICS, ids=named)
def test_single_precision_is_scored_nearly_the_same(metric):
    found = scored(metric, smooth(8).float(), points().float())
    assert found.dtype == torch.float64
    close(found, scored(metric, smooth(8), points()), rtol=0.05, atol=0.05)


@pytest.mark.parametrize("metric", METRICS, ids=named)
def test_nothing_is_left_behind(metric):
    net, x = smooth(8).train(), points()
    before, state = {n: w.clone() for n, w in net.state_dict().items()}, torch.get_rng_state()
    scored(metric, net, x)
    close(net.state_dict(), before, rtol=0, atol=0)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(w.requires_grad and w.grad is None for w in net.parameters())
    assert net.training


@pytest.mark.parametrize("metric", METRICS, ids=named)
def test_the_seed_chooses_the_draws(metric):
    net, x = smooth(8, outputs=9), points()
    scores = [scored(dataclasses.replace(metric, seed=seed), net, x) for seed in (0, 0, 1)]
    close(scores[0], scores[1], rtol=0, atol=0)
    assert not torch.equal(scores[0], scores[2])


@pytest.mark.parametrize("metric", METRICS, ids=named)
def test_an_explanation_without_its_method_is_refused(metric):
    with pytest.raises(BadInput, match="without its method"):
        scored(metric, smooth(8), points(), None)


def test_a_method_is_asked_at_the_same_copies_once():
    asked = []

    def counted(model, x, target):
        asked.append(len(x))
        return x

    with subject_of(smooth(8), points()) as subject:
        for metric in METRICS[:6]:
            metric(subject, judged(subject, subject.x, counted))
    assert sum(asked) == 5 + 10 * 5


def test_the_recipe_behind_an_explanation():
    with subject_of(linear(), points()) as subject:
        assert recipe_of(judged(subject, subject.x, GRADIENT)) is GRADIENT


def test_what_is_found_out_once_belongs_to_a_recipe():
    with subject_of(linear(), points()) as subject:
        recipes = [vitrail.METHODS["gradient"](), vitrail.METHODS["gradient"]()]
        assert [once(subject, r, "key", lambda r=r: id(r)) for r in (*recipes, *recipes)] == [
            id(r) for r in recipes
        ] * 2
        assert once(subject, recipes[0], "other", lambda: 1) == 1
        del recipes
        assert sum(isinstance(kept, tuple) for kept in subject.memory.values()) == 3


def test_what_a_recipe_says_of_the_examples():
    net, x = linear(), points()
    with subject_of(net, x, 1) as subject:
        close(own(subject, GRADIENT), net.weight[1].detach().expand(5, 8))
        close(own(subject, lambda model, x, target: vitrail.methods.Answer(x[:, None])), x)


def test_what_a_recipe_has_said_already_is_not_asked_again():
    asked = []

    def counted(model, x, target):
        asked.append(len(x))
        return vitrail.methods.Answer(3 * x[:, None])

    with subject_of(linear(), points()) as subject:
        remember(subject, counted, counted(subject.model, subject.x, subject.target))
        close(own(subject, counted), 3 * points())
    assert asked == [5]


def test_copies_are_asked_about_the_class_of_their_original():
    """Copies on the other side, which the network says another class about."""
    net, x = linear(), points()
    predicted = net(x).argmax(1)
    assert len(predicted.unique()) == 2
    with subject_of(net, x, "predicted") as subject:
        model, copies = subject.model, torch.cat([-x, x, x + 0.1 * noise(x)])
        found = answer(model, model.pack(copies), GRADIENT, Same(subject.target, model))
    close(found, net.weight.detach()[predicted].repeat(3, 1))


def test_a_class_for_each_example_goes_with_its_copies():
    net, x = smooth(8), points()
    classes = [2, 0, 1, 1, 2]
    with subject_of(net, x, classes) as subject:
        same = Same(subject.target, subject.model)
        assert same.as_json() == subject.target.as_json()
        assert same.layers == ()
        found = answer(subject.model, subject.model.pack(x.repeat(2, 1)), GRADIENT, same)
    close(found, torch.as_tensor(vitrail.explain(vitrail.open(net), x, "gradient", classes).values).repeat(2, 1))


def test_a_question_about_a_layer_goes_with_its_copies():
    net, x = smooth(8), points()
    with subject_of(net, x, vitrail.Unit("1", 2)) as subject:
        same = Same(subject.target, subject.model)
        assert same.layers == ("1",)
        close(
            answer(subject.model, subject.model.pack(x.repeat(2, 1)), GRADIENT, same),
            own(subject, GRADIENT).repeat(2, 1),
        )

"""The leaderboard: a linear network on which the ideal answer is known, controls, masks, and what is refused."""

import numpy as np
import pytest
import torch
from torch import nn

import vitrail
from judging import WEIGHTS, linear, points
from vitrail.errors import BadInput, BadSetting, NoSuchMethod

METHODS = ["input-x-gradient", "gradient"]


@pytest.fixture(scope="module")
def model():
    return vitrail.open(linear())


@pytest.fixture(scope="module")
def answer(model):
    metrics = ["srg", "deletion", "insertion", "faithfulness-correlation", "infidelity"]
    return vitrail.compare(model, points(40), METHODS, metrics, target=0)


def column(answer, metric):
    j = answer.labels["metric"].index(metric)
    return dict(zip(answer.labels["method"], answer.values[:, j], strict=True))


def test_what_is_ideal_for_a_linear_network_wins(answer):
    assert answer.labels["method"] == ["input-x-gradient", "gradient", "random", "edge"]
    ranks = answer.arrays["rank"]
    assert (ranks[0] == 1).all()
    assert (ranks[1:] > 1).all()
    assert column(answer, "faithfulness-correlation")["input-x-gradient"] == pytest.approx(1)
    assert column(answer, "infidelity")["input-x-gradient"] == pytest.approx(0, abs=1e-20)


def test_scores_are_those_of_the_metrics_alone(answer, model):
    alone = vitrail.compare(model, points(40), ["gradient"], ["deletion"], target=0)
    np.testing.assert_allclose(alone.arrays["scores"][:, 0, 0], answer.arrays["scores"][:, 1, 1])
    np.testing.assert_allclose(answer.values, answer.arrays["scores"].mean(0))
    assert (answer.arrays["low"] <= answer.values + 1e-12).all()
    assert (answer.values <= answer.arrays["high"] + 1e-12).all()


def test_random_is_worth_nothing(answer):
    j = answer.labels["metric"].index("srg")
    low, high = (answer.arrays[name][2, j] for name in ("low", "high"))
    assert low < 0 < high


def test_the_verdict_says_so(answer):
    assert answer.labels["verdict"][0].startswith("srg: input-x-gradient is the best.")


def test_curves_begin_at_the_whole_and_end_at_nothing(answer):
    for first in ("most", "least"):
        walk = answer.arrays[f"curve/{first}"]
        assert walk.shape == (4, 65)
        np.testing.assert_allclose(walk[:, 0], float((points(40) @ WEIGHTS).mean()))
        np.testing.assert_allclose(walk[:, -1], 0, atol=1e-12)


def test_how_it_was_made_is_written_down(model):
    answer = vitrail.compare(
        model, points(4), [{"method": "integrated-gradients", "steps": 4}], ["srg"], target=1, baseline=0.5
    )
    told = answer.provenance["settings"]
    assert told["methods"][0]["steps"] == 4
    assert told["metrics"] == [{"metric": "srg", "steps": 64}]
    assert (told["baseline"], told["players"], told["fill"]) == (0.5, "auto", "baseline")
    assert answer.target["of"] == {"target": "output", "index": 1, "of": "logit"}


def test_a_method_without_scores_has_no_rank(model):
    answer = vitrail.compare(vitrail.open(linear(-60.0)), points(5), METHODS, ["irof", "srg"], target=0)
    assert np.isnan(answer.values[:, 0]).all()
    assert answer.arrays["rank"][:, 0].tolist() == [0, 0, 0, 0]
    assert (answer.arrays["rank"][:, 1] > 0).all()
    assert "no score" in answer.labels["verdict"][0]


def test_examples_without_a_score_are_left_out_of_the_mean(model):
    answer = vitrail.compare(model, points(20), METHODS, ["irof"], target=0)
    scores = answer.arrays["scores"][:, :, 0]
    gaps = np.isnan(scores[:, 0])
    assert 0 < gaps.sum() < 20  # where the target is not positive
    np.testing.assert_allclose(answer.values[:, 0], scores[~gaps].mean(0))


def test_sets_are_shared_by_all_methods(model):
    counts = []
    for methods in (["gradient"], ["gradient", "saliency", "input-x-gradient", "smoothgrad", "vargrad", "squaregrad"]):
        asked = []
        run = model.network.run

        def watched(*args, asked=asked, run=run, **kwargs):
            asked.append(len(args[0]))
            return run(*args, **kwargs)

        model.network.run = watched
        try:
            recipes = [
                {"method": m, "samples": 2} if "grad" in m and m in ("smoothgrad", "vargrad", "squaregrad") else m
                for m in methods
            ]
            vitrail.compare(
                model, points(6), recipes, ["faithfulness-correlation", "mufidelity", "infidelity"], target=0
            )
        finally:
            del model.network.run
        counts.append(sum(asked))
    assert counts[1] < 1.2 * counts[0]


def test_the_same_seed_gives_the_same_board(model):
    one, two = (vitrail.compare(model, points(10), METHODS, target=0, seed=4) for _ in range(2))
    for name in ("values", "low", "high", "rank", "scores"):
        np.testing.assert_array_equal(one.arrays[name], two.arrays[name])


def test_it_saves_and_loads(answer, tmp_path):
    back = vitrail.load(answer.save(tmp_path / "board"))
    np.testing.assert_array_equal(back.values, answer.values)
    assert back.labels["verdict"] == answer.labels["verdict"]


def test_methods_of_one_name_are_told_apart(model):
    twice = [{"method": "integrated-gradients", "steps": 4}, "integrated-gradients", "gradient", "gradient"]
    names = vitrail.compare(model, points(4), twice, target=0).labels["method"]
    assert names == [
        "integrated-gradients steps=4",
        "integrated-gradients",
        "gradient #1",
        "gradient #2",
        "random",
        "edge",
    ]


def test_the_network_is_left_alone(model):
    torch.manual_seed(1)
    before = torch.get_rng_state()
    vitrail.compare(model, points(4), METHODS, target=0)
    torch.testing.assert_close(torch.get_rng_state(), before)


def picture_model():
    torch.manual_seed(0)
    return vitrail.open(nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 3)))


def test_pictures_with_patches_and_a_map_beside_attributions():
    x = torch.rand(5, 1, 6, 6)
    methods = ["gradient", {"method": "hires-cam", "layer": "1"}, {"method": "occlusion", "patch": 2}]
    answer = vitrail.compare(picture_model(), x, methods, ["srg", "irof"], players="patches", patch=2)
    assert answer.values.shape == (5, 2)
    assert np.isfinite(answer.values[:, 0]).all()


def test_every_metric_runs_and_knows_the_ideal_from_chance():
    """The positive part of a linear network, whose largest share is where the mask is."""
    masks = np.zeros((12, 8))
    masks[:, [0, 6]] = 1
    x = points(12).abs() + 0.5
    families = ("faithfulness", "complexity", "localisation")
    metrics = [name for name, metric in vitrail.METRICS.items() if metric.family in families]
    metrics.remove("average-gain")  # of probabilities only
    metrics.remove("road")  # of pictures only
    answer = vitrail.compare(vitrail.open(linear(5.0)), x, ["input-x-gradient"], metrics, masks, target=0)
    ideal, chance = answer.values[0], answer.values[1]
    assert np.isfinite(ideal).all()
    for j, name in enumerate(metrics):
        if vitrail.METRICS[name].family in ("faithfulness", "localisation"):
            sign = 1 if answer.labels["better"][j] == "higher" else -1
            assert sign * ideal[j] >= sign * chance[j], name


def test_robustness_and_randomisation_ask_methods_again():
    torch.manual_seed(0)
    net = vitrail.open(nn.Sequential(nn.Linear(8, 12), nn.ReLU(), nn.Linear(12, 3)).double())
    again = [name for name, metric in vitrail.METRICS.items() if metric.family in ("robustness", "randomisation")]
    assert len(again) == 10
    answer = vitrail.compare(net, points(6), ["gradient", {"method": "smoothgrad", "samples": 8}], again)
    scores = dict(zip(again, answer.values.T, strict=True))
    for name in again:
        assert np.isfinite(scores[name][:2]).all(), name
    edge = answer.labels["method"].index("edge")
    assert scores["parameter-randomisation"][edge] == pytest.approx(1)  # edges do not look at the network
    assert scores["random-logit"][edge] == pytest.approx(1)
    assert scores["parameter-randomisation"][0] < 0.9


# -- what is refused -----------------------------------------------------------------------------------------


def test_one_example_is_too_few(model):
    with pytest.raises(BadInput, match="Two at least were expected"):
        vitrail.compare(model, points(1), METHODS)


@pytest.mark.parametrize(
    ("given", "kind", "words"),
    [
        ({"methods": ["gradiend"]}, NoSuchMethod, "gradiend"),
        ({"methods": []}, BadSetting, "methods=\\[\\] is no list"),
        ({"methods": "gradient"}, BadSetting, "is no list"),
        ({"metrics": ["speed"]}, BadSetting, "no metric named 'speed'"),
        ({"metrics": []}, BadSetting, "metrics=\\[\\] is no list"),
        ({"confidence": 1.0}, BadSetting, "confidence must be"),
        ({"seed": -1}, BadSetting, "seed must be"),
        ({"count": 0}, BadSetting, "count must be"),
        ({"patch": 0}, BadSetting, "patch must be"),
        ({"fill": "nonsense"}, BadSetting, "fill='nonsense' is not known"),
        ({"methods": ["layer-activation"]}, BadInput, "Leave layer-activation out"),
        ({"masks": np.ones((4, 7))}, BadInput, "masks have shape"),
        ({"metrics": ["pointing-game"]}, BadInput, "pointing-game asks whether"),
    ],
)
def test_bad_input(given, kind, words):
    net = vitrail.open(nn.Sequential(nn.Linear(8, 4), nn.ReLU(), nn.Linear(4, 2)).double())
    with pytest.raises(kind, match=words):
        vitrail.compare(net, points(4), **{"methods": METHODS, **given})


def test_a_network_that_was_not_opened():
    with pytest.raises(BadSetting, match="Open it first"):
        vitrail.compare(linear(), points(4), METHODS)

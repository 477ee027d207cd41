import pytest
import torch

import vitrail
from agreeing import digits
from judging import WEIGHTS, linear, noise, points, subject_of
from known import F64
from vitrail.inputs.players import Players
from vitrail.metrics.ffidelity import FFidelity
from vitrail.metrics.finetuned import Practice, finetuned
from vitrail.metrics.subject import judged

close = torch.testing.assert_close
METRIC = FFidelity(portion=0.4, samples=30, steps=5, rate=0.01)


def scored(values, metric=METRIC, net=None, x=None, target="predicted"):
    with subject_of(net or linear(), points(8) if x is None else x, target) as subject:
        found = metric(subject, judged(subject, values))
    assert found.dtype == F64
    return found


def taken(metric, sizes, first, players=8):
    """For each s the sets of places that are taken away, as they should be drawn: as often as asked, of the part."""
    place = torch.arange(players)[None]
    for size in sizes:
        m = max(1, min(players - 1, round(size * players)))
        yield m, (~metric.without(place, torch.tensor([players]), size, first))[0]


@pytest.mark.parametrize("first", [True, False])
def test_how_many_are_taken_away_of_which_part(first):
    metric, portion = FFidelity(portion=0.4, samples=400), 0.4
    for m, gone in taken(metric, [0.1, 0.3, 0.5, 0.9], first):
        part = range(m) if first else range(m, 8)
        expected = min(max(1, int(0.5 * len(part))), int(portion * 8))
        assert (gone.sum(1) == expected).all()
        rates = gone.double().mean(0)
        # 400 draws: the error is below 0.025
        close(
            rates,
            torch.tensor([expected / len(part) if i in part else 0 for i in range(8)], dtype=F64),
            atol=0.08,
            rtol=0,
        )


def slow(new, x, shares, said, metric):
    """The definition, one size and one draw after the other; draws as above."""
    order = shares.argsort(descending=True)
    sizes = [s / 10 for s in range(1, 10)]

    def kept(first):
        rates = []
        for _, sets in taken(metric, sizes, first):
            hits = 0
            for places in sets:
                shown = x.clone()
                shown[order[places]] = 0
                hits += int(new(shown[None]).argmax() == said)
            rates.append(hits / len(sets))
        return sum(rates) / len(rates)

    return kept(False) - kept(True)


def test_the_definition_by_loops():
    x, values = points(8), noise(points(8))
    with subject_of(linear(), x, "predicted") as subject:
        found = METRIC(subject, judged(subject, values))
        new = finetuned(subject, None, Practice(0.4, 5, 0.01, 0)).network.module
    said = linear()(x).argmax(1)
    expected = [slow(new, each, shares, c, METRIC) for each, shares, c in zip(x, values, said, strict=True)]
    assert len(set(expected)) > 3
    close(found, torch.tensor(expected, dtype=F64))


def test_the_ideal_order_is_better_than_chance_and_its_reverse_worse():
    x = points(8)
    side = linear()(x).argmax(1).sub(0.5).neg().sign()[:, None]
    ideal, worst = scored(side * WEIGHTS * x), scored(-side * WEIGHTS * x)
    chance = torch.stack([scored(noise(x, seed)) for seed in range(2, 22)])
    assert (ideal >= chance.amax(0) - 0.1).all()
    assert ideal.mean() > chance.mean() + 0.1 > worst.mean() + 0.2
    assert ideal.max() <= 1


def test_only_the_order_matters():
    values = noise(points(8))
    close(scored(values), scored(7 * values.sign() * values**2 + 3), rtol=0, atol=0)


def test_a_constant_explanation_is_one_order_for_all():
    zero, five = (scored(torch.full((8, 8), c, dtype=F64)) for c in (0.0, 5.0))
    close(zero, five, rtol=0, atol=0)


def test_it_is_about_what_the_network_says():
    values = noise(points(8))
    close(scored(values, target=0), scored(values, target=1), rtol=0, atol=0)


def test_alone_as_among_others():
    values, data = noise(points(8)), points(12, seed=4)
    metric = FFidelity(portion=0.4, samples=10, steps=3, data=data)
    whole = scored(values, metric)
    for i in range(8):
        close(scored(values[i : i + 1], metric, x=points(8)[i : i + 1]), whole[i : i + 1], rtol=0, atol=0)


def test_each_example_has_its_own_players():
    x, values = points(4), noise(points(4))
    x[1] = torch.tensor([1.0, 0, -1.2, 0, 0, 0, 0, 0])  # without the first of its players the class is another
    counts = (8, 3, 5, 1)
    at = torch.arange(8)
    labels = torch.where(at < torch.tensor(counts)[:, None], at, -1)
    metric = FFidelity(portion=0.4, samples=10, steps=1, rate=1e-12)
    with subject_of(linear(), x, "predicted") as subject:
        subject.players = Players(labels, counts, ("batch", "player"), (8,))
        found = metric(subject, judged(subject, values))
        assert found.isnan().tolist() == [False, False, False, True]
    wide = torch.where(labels[1] >= 0, values[1], 0.0)
    with subject_of(linear(), x[1:2], "predicted") as subject:
        subject.players = Players(labels[1:2, :8], (3,), ("batch", "player"), (3,))
        alone = metric(subject, judged(subject, wide[None]))
    assert alone != 0
    close(found[1:2], alone, rtol=0, atol=0)


def test_really_trained_networks_tell_methods_from_chance():
    models, x, _ = digits()
    board = vitrail.compare(
        models[0],
        x,
        ["integrated-gradients", "occlusion"],
        [{"metric": "f-fidelity", "portion": 0.3, "samples": 5, "steps": 20}],
        players="pixels",
    )
    found = dict(zip(board.labels["method"], board.values[:, 0], strict=True))
    assert min(found["integrated-gradients"], found["occlusion"]) > max(found["random"], found["edge"]) + 0.1
    assert abs(found["random"]) < 0.05

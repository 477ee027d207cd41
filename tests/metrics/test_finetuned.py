import copy

import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

import vitrail
from agreeing import digits
from judging import linear, points, subject_of
from known import normal, smooth
from vitrail.errors import BadInput, NetworkFailed
from vitrail.inputs.baselines import baseline_of
from vitrail.inputs.fills import fill_of
from vitrail.metrics.finetuned import Practice, at_most, finetuned, keeps, lessons
from vitrail.metrics.subject import Subject

close = torch.testing.assert_close
PRACTICE = Practice(0.3, 4, 0.01, 0)


def state(model):
    return copy.deepcopy(model.network.module.state_dict())


def trained(net, practice=PRACTICE, data=None, x=None, **how):
    with subject_of(net, points(8) if x is None else x, "predicted", **how) as subject:
        return state(finetuned(subject, data, practice))


def slow(net, x, practice, players):
    """The same steps by hand, with the masks that were drawn; a column is a player."""
    twin, said = copy.deepcopy(net), net(x).argmax(1)
    adam = torch.optim.Adam(twin.parameters(), practice.rate)
    for rows, here in practice.drawn(torch.full((len(x),), players)):
        shown = torch.stack([x[row] * there for row, there in zip(rows.tolist(), here, strict=True)])
        adam.zero_grad()
        nn.functional.cross_entropy(twin(shown), said[rows]).backward()
        adam.step()
    return twin.state_dict()


def test_the_steps_one_by_one():
    net = smooth(8, seed=3)
    assert len(net(points(8)).argmax(1).unique()) > 1
    found = trained(net)
    assert not torch.equal(found["0.weight"], net[0].weight)
    close(found, slow(net, points(8), PRACTICE, 8))


def test_other_examples_to_learn_from():
    net, data = smooth(8, seed=3), points(20, seed=7)
    close(trained(net, data=data), slow(net, data, PRACTICE, 8))
    with subject_of(net, points(8), "predicted") as subject:
        close(lessons(subject, data).classes, net(data).argmax(1))


def test_a_network_that_ends_in_a_softmax_learns_by_its_logits():
    net = smooth(8, seed=3)
    close(trained(nn.Sequential(net, nn.Softmax(1))), {f"0.{name}": w for name, w in trained(net).items()})


def test_as_many_go_as_may():
    practice, counts = Practice(0.35, 300, 0.1, 0), torch.tensor([10, 4, 2])
    gone = {count: [] for count in counts.tolist()}
    for rows, here in practice.drawn(counts):
        for row, there in zip(rows, here, strict=True):
            assert there[counts[row] :].all()
            gone[int(counts[row])].append((~there).nonzero()[:, 0].tolist())
    for count, most in ((10, 3), (4, 1), (2, 1)):
        numbers = torch.tensor([len(each) for each in gone[count]])
        # about 3200 draws: each number of them, and each player, at its rate, error 0.008
        rates = torch.bincount(numbers) / len(numbers)
        close(rates, torch.full((most + 1,), 1 / (most + 1)), atol=0.035, rtol=0)
        players = torch.bincount(torch.tensor([player for each in gone[count] for player in each])) / len(numbers)
        close(players, torch.full((count,), most / 2 / count), atol=0.035, rtol=0)


def test_a_share_of_players_is_rounded_down():
    close(at_most(torch.tensor([10, 9, 1, 39]), 0.3), torch.tensor([3, 2, 1, 11]))


def test_your_network_and_the_global_random_numbers_are_left_alone():
    net = nn.Sequential(nn.Linear(8, 6), nn.BatchNorm1d(6), nn.Dropout(0.5), nn.ReLU(), nn.Linear(6, 3)).double()
    net[0].weight.requires_grad_(False)
    net[1].train()
    net[0].bias.grad = torch.ones_like(net[0].bias)
    before, noise = copy.deepcopy(net.state_dict()), torch.get_rng_state()
    found, again = trained(net), trained(net)
    close(net.state_dict(), before, rtol=0, atol=0)
    close(torch.get_rng_state(), noise)
    assert [p.requires_grad for p in net.parameters()] == [False] + [True] * 5
    assert (net[0].bias.grad == 1).all()
    assert net[1].training
    close(found, again, rtol=0, atol=0)
    for name in ("0.weight", "1.weight", "4.bias"):
        assert not torch.equal(found[name], before[name])
    for name in ("1.running_mean", "1.running_var", "1.num_batches_tracked"):
        close(found[name], before[name], rtol=0, atol=0)


def test_it_is_made_once_for_each_practice():
    with subject_of(smooth(8, seed=3), points(8), "predicted") as subject:
        one = finetuned(subject, None, PRACTICE)
        assert finetuned(subject, None, Practice(0.3, 4, 0.01, 0)) is one
        for other in (Practice(0.2, 4, 0.01, 0), Practice(0.3, 4, 0.01, 1)):
            assert not torch.equal(state(finetuned(subject, None, other))["0.weight"], state(one)["0.weight"])
        assert not any(weight.requires_grad for weight in one.network.module.parameters())


def test_really_trained_networks_learn_to_do_without():
    models, x, labels = digits()
    data = torch.from_numpy(load_digits().images[:600, None] / 16)
    with subject_of(models[0], x, "predicted", players="pixels") as subject:
        new = finetuned(subject, data, Practice(0.3, 200, 0.003, 0))
        here = normal(60, 10, 64, seed=5) > -0.5244  # three in ten are away
        before, after = (keeps(subject, model, here) for model in (subject.model, new))
        right = [(model(x).argmax(1) == labels).double().mean() for model in (subject.model, new)]
    assert right[0] > 0.8
    assert right[1] >= right[0] - 0.05
    assert after.mean() > before.mean() + 0.03


def test_whether_a_class_is_kept_by_hand():
    net, x = linear(0.5), points()
    here = torch.rand(5, 6, 8, generator=torch.Generator().manual_seed(2)) > 0.4
    expected = torch.stack([(net(x[i] * here[i]).argmax(1) == net(x)[i].argmax()).double() for i in range(5)])
    assert 0.1 < expected.mean() < 0.9
    with subject_of(linear(), x, 1) as subject:
        # of what the subject's network says, whatever was asked about
        same = keeps(subject, subject.model, here)
        close(
            same,
            torch.stack([(linear()(x[i] * here[i]).argmax(1) == linear()(x)[i].argmax()).double() for i in range(5)]),
        )
    with subject_of(net, x, 1) as subject:
        close(keeps(subject, subject.model, here), expected)
        other = keeps(subject, vitrail.open(linear(-9.0)), here)
    close(
        other, torch.stack([(linear(-9.0)(x[i] * here[i]).argmax(1) == net(x)[i].argmax()).double() for i in range(5)])
    )


# -- what is refused -----------------------------------------------------------------------------------------


def test_a_loss_that_is_no_number_is_refused():
    net = smooth(8, seed=3)
    with torch.no_grad():
        net[0].weight.fill_(1e308)
    with pytest.raises(NetworkFailed, match="Choose a lower rate"):
        trained(net)


def conditional(subject: Subject):
    background = points(40, seed=3)
    subject.fill = fill_of("conditional", baseline_of(background, (8,)), subject.x, subject.model.axes)
    return subject


def test_data_that_cannot_have_the_players_are_refused():
    words = "cannot have players and a fill taken away"
    flat = nn.Sequential(nn.Flatten(), smooth(36))
    with subject_of(flat, normal(4, 1, 6, 6), "predicted") as subject, pytest.raises(BadInput, match=words):
        lessons(subject, normal(4, 1, 4, 9))
    with subject_of(smooth(8, seed=3), points(), "predicted") as subject, pytest.raises(BadInput, match=words):
        lessons(conditional(subject), points(9))
    grown = nn.Sequential(nn.Flatten(), smooth(48))
    with (
        subject_of(grown, normal(4, 3, 4, 4), "predicted", players="superpixels", count=4) as subject,
        pytest.raises(BadInput, match=words),
    ):
        lessons(subject, normal(4, 3, 4, 4))


@pytest.mark.parametrize(
    ("net", "words"),
    [(lambda x: x, "'callable'"), (nn.Linear(8, 1).double(), "no class can be read off")],
    ids=["function", "one unit"],
)
def test_networks_that_cannot_learn_classes_are_refused(net, words):
    with subject_of(net, points()) as subject, pytest.raises(BadInput, match=words):
        finetuned(subject, None, PRACTICE)


def test_tokens_are_refused():
    net = vitrail.open(nn.Sequential(nn.Embedding(9, 4), nn.Flatten(), nn.Linear(12, 2)).double())
    with (
        subject_of(net, torch.arange(12).reshape(4, 3) % 9) as subject,
        pytest.raises(BadInput, match="Fine-tuning takes parts of plain numbers away"),
    ):
        finetuned(subject, None, PRACTICE)

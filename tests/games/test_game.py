"""The game that a network plays: the worth of a coalition is what a slow loop over players and references says."""

import pytest
import torch

import vitrail
from known import normal, smooth
from vitrail.games import Played
from vitrail.inputs.fills import Replace
from vitrail.inputs.players import players_of
from vitrail.target import Output

close = torch.testing.assert_close
NET, X, BACKGROUND = smooth(5), normal(3, 5), normal(4, 5, seed=9)
COALITIONS = torch.rand(9, 5, generator=torch.Generator().manual_seed(1)) < 0.5


def play(coalitions, *, net=NET, x=X, rows=None, background=BACKGROUND, labels="columns"):
    """(worth, evaluations, the game) of these coalitions."""
    with vitrail.open(net).asking(x) as model:
        players = players_of(labels, x, model.question.packed, None, 8)
        fill = Replace(x, background[:, None].expand(-1, *x.shape))
        rows = torch.arange(len(x)) if rows is None else rows
        whole = model(x, Output(1))
        before = model.question.forwards
        game = Played(model, Output(1), players, fill, rows, whole[rows])
        return game(coalitions), model.question.forwards - before, game


def test_the_worth_is_the_mean_target_with_the_others_replaced():
    got, _, _ = play(COALITIONS)
    for k, coalition in enumerate(COALITIONS):
        for i, x in enumerate(X):
            filled = torch.stack([torch.where(coalition, x, each) for each in BACKGROUND])
            close(got[k, i], NET(filled)[:, 1].mean())


def test_everybody_is_worth_the_target_itself_and_asks_nothing():
    whole = torch.ones(1, 5, dtype=torch.bool)
    got, evaluations, _ = play(torch.cat([COALITIONS, whole, whole]))
    close(got[-2:], NET(X)[:, 1].expand(2, 3))
    asked = int((~COALITIONS.all(1)).sum())
    assert evaluations == asked * len(X) * len(BACKGROUND)


def test_examples_may_be_chosen():
    got, _, _ = play(COALITIONS, rows=torch.tensor([2, 0]))
    close(got, play(COALITIONS)[0][:, [2, 0]])


def test_players_hold_several_columns():
    labels = torch.tensor([0, 1, 1, 0, 2])
    got, _, game = play(COALITIONS[:, :3], labels=labels)
    assert game.count == 3
    close(got, play(COALITIONS[:, labels])[0])


def test_players_may_be_there_in_part():
    half = torch.full((1, 5), 0.5)
    got, _, _ = play(half, background=BACKGROUND[:1])
    close(got[0], NET((X + BACKGROUND[:1]) / 2)[:, 1])


def test_few_worths_at_once_are_the_same(monkeypatch):
    want = play(COALITIONS)[0]
    monkeypatch.setattr("vitrail.games.game.AT_ONCE", 30)
    got, evaluations, _ = play(COALITIONS)
    assert torch.equal(got, want)
    assert evaluations == play(COALITIONS)[1]


class Impatient(torch.nn.Module):
    """Somebody presses Ctrl-C when so many rows have been through."""

    def __init__(self, rows):
        super().__init__()
        self.left = rows

    def forward(self, x):
        self.left -= len(x)
        if self.left < 0:
            raise KeyboardInterrupt
        return NET(x)


@pytest.mark.parametrize("at_once", [2**22, 24])
@pytest.mark.parametrize("rows", [3 + 3 * 4 * 4, 3 + 3 * 4 * 4 + 5])
def test_ctrl_c_leaves_the_first_coalitions(rows, at_once, monkeypatch):
    monkeypatch.setattr("vitrail.model.handle.chunk_size", lambda *_: 4)
    monkeypatch.setattr("vitrail.games.game.AT_ONCE", at_once)
    some = COALITIONS[~COALITIONS.all(1)]
    # the survey runs the network beside
    survey = Impatient(10**9)
    _, evaluations, _ = play(some, net=survey)
    beside = 10**9 - survey.left - evaluations - len(X)
    got, _, game = play(some, net=Impatient(rows + beside))
    assert game.stopped
    assert len(got) == 4
    close(got, play(some)[0][:4])


def test_a_function_that_must_be_whole_is_not_stopped():
    with pytest.raises(KeyboardInterrupt):
        vitrail.explain(vitrail.open(Impatient(20)), X, "occlusion", 1)


def test_progress_is_one_count_over_all_parts(monkeypatch):
    heard = []
    monkeypatch.setattr("vitrail.games.game.AT_ONCE", 24)
    vitrail.explain(vitrail.open(NET), X, "permutation-shap", 1, budget=20, progress=lambda *at: heard.append(at))
    assert {total for _, total in heard} == {3 * 17}
    assert [done for done, _ in heard] == sorted({done for done, _ in heard})
    assert heard[-1] == (51, 51)

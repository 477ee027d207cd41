"""Which outputs a target asks about, what stands in for absent columns, and that threads make no difference."""

import gc

import numpy as np
import pytest
import torch

import vitrail
from known import random_trees, rows_for
from vitrail.errors import BadSetting, BadTarget
from vitrail.games import tree_shap as module
from vitrail.games.tree_shap import tree_interactions, tree_shap, weights_of
from vitrail.inputs.baselines import Constant, Given, Noise
from vitrail.model import Model
from vitrail.model.tree_network import TreeNetwork
from vitrail.model.trees import Columns
from vitrail.target import Custom, Difference, Output, Predicted

TREES = random_trees(4, 4, 3, outputs=3)
X = rows_for(TREES, 9)


def model(squash="", trees=TREES):
    return Model(TreeNetwork("ours", "by hand", trees, trees, Columns(trees.features), squash=squash))


def asked(target, squash="", x=X):
    with model(squash).asking(torch.tensor(x)) as bound:
        return weights_of(bound, bound.question.packed.x, target, bound.network.trees(None))


def shared(target, baseline=None, x=X, ask=tree_shap, ours=None):
    with (ours or model()).asking(torch.tensor(x)) as bound:
        return ask(bound, bound.question.packed.x, target, baseline)


def test_a_target_is_read_as_weights_of_margins():
    margins = TREES(X)
    each = margins.argmax(1)
    cases = [
        (Output(1), (np.tile([0, 1, 0], (9, 1)), 0)),
        (Output(-1), (np.tile([0, 0, 1], (9, 1)), 0)),
        (Predicted(), (np.eye(3)[each], 0)),
        (Output([0, 1, 2] * 3), (np.eye(3)[[0, 1, 2] * 3], 0)),
        (Difference(Output(2), Output(0)), (np.tile([-1, 0, 1], (9, 1)), 0)),
        (0.5 * Output(0) + 2 * Output(1), (np.tile([0.5, 2, 0], (9, 1)), 0)),
        (Custom(lambda trace: 3 * trace.logits[:, 0] + 7), (np.tile([3, 0, 0], (9, 1)), 7)),
        (Output(1, of="output"), (np.tile([0, 1, 0], (9, 1)), 0)),
    ]
    for target, (weights, rest) in cases:
        found, left = asked(target)
        np.testing.assert_allclose(found, weights, atol=1e-12)
        np.testing.assert_allclose(left, rest, atol=1e-12)


@pytest.mark.parametrize("squash", ["sigmoid", "softmax"])
def test_behind_a_squashing_only_margins_are_shared(squash):
    np.testing.assert_allclose(asked(Output(1), squash)[0], np.tile([0, 1, 0], (9, 1)))
    for of in ("probability", "output"):
        with pytest.raises(BadTarget, match="no weighted sum .* Ask that, or ask 'kernel-shap'"):
            asked(Output(1, of=of), squash)


@pytest.mark.parametrize(
    "function",
    [
        lambda trace: trace.logits[:, 0] ** 2,
        lambda trace: trace.logits[:, 0] * trace.logits[:, 1],
        lambda trace: trace.logits.amax(1),
        lambda trace: trace.input[:, 0].nan_to_num(),
        lambda trace: trace.logits[:, 0].detach(),
    ],
)
def test_what_is_no_weighted_sum_is_refused(function):
    with pytest.raises(BadTarget, match="no weighted sum"):
        asked(Custom(function))


def test_shares_of_a_sum_are_the_sum_of_shares():
    both = shared(2 * Output(0) - Output(2), Given(torch.tensor(X[:4])))
    one, other = (shared(Output(k), Given(torch.tensor(X[:4]))) for k in (0, 2))
    torch.testing.assert_close(both.values, 2 * one.values - other.values)
    torch.testing.assert_close(both.empty, 2 * one.empty - other.empty)


def test_an_output_for_each_example_is_that_output():
    mixed = shared(Output([0, 1, 2] * 3))
    for k in range(3):
        alone = shared(Output(k))
        assert torch.equal(mixed.values[k::3], alone.values[k::3])
        assert torch.equal(mixed.empty[k::3], alone.empty[k::3])


@pytest.mark.parametrize("ask", [tree_shap, tree_interactions])
@pytest.mark.parametrize("baseline", [None, Constant(0.3), Given(torch.tensor(X[:4]))])
def test_all_of_it_adds_up_to_rounding(ask, baseline):
    found = shared(Output(1), baseline, ask=ask)
    total = found.values.flatten(1).sum(1) + found.empty
    torch.testing.assert_close(total, torch.tensor(TREES(X)[:, 1]), rtol=0, atol=1e-10)
    assert found.trees == 3


@pytest.mark.parametrize("baseline", [None, Given(torch.tensor(X[:4]))])
def test_rows_of_interactions_are_the_shapley_values(baseline):
    single, paired = shared(Output(1), baseline), shared(Output(1), baseline, ask=tree_interactions)
    torch.testing.assert_close(paired.values.sum(2), single.values)
    torch.testing.assert_close(paired.values, paired.values.mT, rtol=0, atol=0)
    assert (paired.values - torch.diag_embed(paired.values.diagonal(dim1=1, dim2=2))).abs().max() > 0.05


def test_a_number_is_a_background_of_one_row():
    number, row = (
        shared(Output(0), Constant(0.3)),
        shared(Output(0), Given(torch.full((1, 4), 0.3, dtype=torch.float64))),
    )
    assert torch.equal(number.values, row.values)


def test_the_size_of_parts_and_the_number_of_threads_make_no_difference(monkeypatch):
    x = rows_for(TREES, 100)
    whole = shared(Output(0), x=x).values
    monkeypatch.setattr(module, "ROWS", 7)
    parts = shared(Output(0), x=x).values
    monkeypatch.setattr(torch, "get_num_threads", lambda: 5)
    threads = shared(Output(0), x=x).values
    assert torch.equal(whole, parts)
    assert torch.equal(whole, threads)


def test_tables_are_kept_while_there_is_room(monkeypatch):
    trees = random_trees(4, 4, 3, outputs=3)
    ours = model(trees=trees)
    made = []
    real = module.shares_of
    monkeypatch.setattr(module, "shares_of", lambda *args: made.append(args[2:4]) or real(*args))
    first = shared(Output(0), ours=ours).values
    assert torch.equal(shared(Output(0), ours=ours).values, first)
    shared(Output(0), Constant(0.3), ours=ours)
    assert not torch.equal(shared(Output(0), Constant(0.4), ours=ours).values, first)
    shared(Output(0), Constant(0.3), ours=ours)
    assert len(made) == 3
    monkeypatch.setattr(module, "KEPT", 1)
    shared(Output(1), ours=ours)
    assert torch.equal(shared(Output(0), ours=ours).values, first)
    assert len(made) == 5
    (settled,) = ours.network.ensembles
    assert len(module._kept[settled]) == 2  # the units, and the newest tables
    before = len(module._kept)
    del ours, settled
    gc.collect()
    assert len(module._kept) < before


def test_what_cannot_stand_in_for_everybody_is_refused():
    with pytest.raises(BadSetting, match="differs from example to example"):
        shared(Output(0), Noise(2), x=np.nan_to_num(X))


def test_a_network_without_trees_is_sent_elsewhere():
    x, words = torch.zeros(1, 4), "Linear is a torch network and has no trees .* 'kernel-shap'"
    with vitrail.open(torch.nn.Linear(4, 2)).asking(x) as bound, pytest.raises(BadSetting, match=words):
        tree_shap(bound, x, Output(0), None)


def test_progress_counts_rows(monkeypatch):
    told = []
    monkeypatch.setattr(module, "ROWS", 4)
    with model().asking(torch.tensor(X), progress=lambda done, total: told.append((done, total))) as bound:
        bound.said()
        tree_shap(bound, bound.question.packed.x, Output(0), None)
    assert told[-3:] == [(4, 9), (8, 9), (9, 9)]

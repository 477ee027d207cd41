"""Hierarchies of players: by place, by likeness, by correlation, or the user's own."""

import numpy as np
import pytest
import torch

import vitrail
from known import normal
from vitrail.errors import BadSetting
from vitrail.inputs.hierarchy import alike, centres, grown, halves, together
from vitrail.inputs.players import Players, players_of
from vitrail.model import Packed


def groups(merges, players):
    """The members of every group, as sets."""
    members = [{i} for i in range(players)]
    for a, b in torch.as_tensor(merges).tolist():
        members.append(members[a] | members[b])
    return [frozenset(m) for m in members[players:]]


def players_for(labels, x):
    counts = tuple((labels.flatten(1).amax(1) + 1).tolist())
    return Players(labels, counts, ("batch", "player"), (max(counts),))


def test_halves_of_a_line():
    made = groups(halves(np.arange(4.0)[:, None]), 4)
    assert set(made) == {frozenset({0, 1}), frozenset({2, 3}), frozenset(range(4))}


def test_halves_of_a_grid_cut_its_longer_side_first():
    at = np.stack(np.divmod(np.arange(8), 4), 1).astype(float)  # two rows of four
    made = groups(halves(at), 8)
    assert frozenset({0, 1, 4, 5}) in made
    assert frozenset({2, 3, 6, 7}) in made
    assert made[-1] == frozenset(range(8))


@pytest.mark.parametrize("players", [1, 2, 3, 13, 50])
def test_halves_are_a_hierarchy_that_is_as_flat_as_can_be(players):
    at = normal(players, 2).numpy()
    made = groups(halves(at), players)
    assert len(set(made)) == players - 1
    depth = max([sum(i in g for g in made) for i in range(players)])
    assert depth == int(np.ceil(np.log2(players)))


def test_players_lie_at_the_mean_place_of_their_elements():
    labels = np.array([[[0, 0, 1], [0, 2, 1]]] * 2)  # two channels, (2, 3) places
    np.testing.assert_allclose(centres(labels, 3, [1, 2]), [[1 / 3, 1 / 3], [0.5, 2], [1, 1]])
    np.testing.assert_allclose(centres(np.array([1, 0, -1, 1]), 2, []), [[1.0], [1.5]])


def test_neighbours_of_one_colour_come_together_first():
    x = np.array([[[0.0, 0.1, 5.0, 5.1, 0.05, 0.0]]])  # one channel, one row
    labels = np.arange(6).reshape(1, 1, 6)
    made = groups(alike(x, labels, 6, [1, 2]), 6)
    assert {frozenset({0, 1}), frozenset({2, 3}), frozenset({4, 5})} <= set(made)
    assert frozenset({0, 4}) not in made  # alike, but not neighbours


def test_players_of_several_elements_are_neighbours_where_they_touch():
    labels = np.array([[[0, 0, 1, 1], [2, 2, 3, 3]]])
    x = np.array([[[0.0, 0.0, 9.0, 9.0], [0.2, 0.2, 9.3, 9.3]]])
    made = groups(alike(x, labels, 4, [1, 2]), 4)
    assert set(made[:2]) == {frozenset({0, 2}), frozenset({1, 3})}


def test_islands_are_tied_to_their_neighbour_in_order():
    """Nobody plays in the middle: two parts that do not touch still make one hierarchy, without a warning."""
    labels = np.array([[0, 0, 0], [1, 1, 1], [-1, -1, -1], [2, 2, 2], [3, 3, 3]])  # five tokens of three units
    made = groups(alike(normal(5, 3).numpy(), labels, 4, [0]), 4)
    assert made[-1] == frozenset(range(4))


def test_columns_that_go_together_come_together_first_whatever_their_sign():
    a, b, c = normal(3, 40)
    background = torch.stack([a, b, -2 * a + 0.1 * c, 3 * b + 0.1 * a], 1).numpy()
    made = groups(together(background, np.arange(4), 4), 4)
    assert set(made[:2]) == {frozenset({0, 2}), frozenset({1, 3})}


def test_a_column_that_never_changes_goes_with_nobody():
    a, b = normal(2, 40)
    background = torch.stack([a, torch.ones_like(a), a + 0.1 * b, a + 0.2 * b], 1).numpy()
    made = groups(together(background, np.arange(4), 4), 4)
    assert made[-2] == frozenset({0, 2, 3})


def test_examples_of_the_same_hierarchy_are_together():
    x = torch.zeros(4, 1, 1, 4)
    labels = torch.arange(4).reshape(1, 1, 1, 4).expand(4, -1, -1, -1)
    x[1:3, ..., 2:] = 5.0
    x[0, ..., 1:], x[3, ..., 1:] = 5.0, 5.0
    x[0, ..., 3] = x[3, ..., 3] = 5.5
    axes = ("batch", "channel", "height", "width")
    found = grown("similar", players_for(labels, x), x, x[None], axes)
    assert sorted(rows.tolist() for rows, _ in found) == [[0, 3], [1, 2]]
    (one,) = grown("halves", players_for(labels, x), x, x[None], axes)
    assert one[0].tolist() == [0, 1, 2, 3]


def test_examples_with_other_numbers_of_players_are_apart():
    x = torch.zeros(3, 4)
    labels = torch.tensor([[0, 1, 2, 3], [0, 0, 1, 2], [0, 1, 2, 3]])
    found = grown("halves", players_for(labels, x), x, x[None], ("batch", "feature"))
    assert sorted((rows.tolist(), len(merges)) for rows, merges in found) == [([0, 2], 3), ([1], 2)]


def test_ones_own_and_what_scipy_makes():
    from scipy.cluster.hierarchy import linkage

    x = normal(2, 5)
    labels = torch.arange(5).expand(2, 5)
    scipys = linkage(normal(5, 3).numpy())
    for how in (scipys, scipys[:, :2].astype(int), torch.as_tensor(scipys), scipys.tolist()):
        ((rows, merges),) = grown(how, players_for(labels, x), x, x[None], ("batch", "feature"))
        assert rows.tolist() == [0, 1]
        assert torch.equal(merges, torch.as_tensor(scipys[:, :2].astype(int)))


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("halfs", "no hierarchy named 'halfs'. One of halves, similar"),
        (np.array([[0, 1], [2, 3]]), "no hierarchy of 4 players"),
        (np.array([[0, 1], [2, 3], [4, 4]]), "each is used once"),
        (np.array([[0, 1], [2, 6], [4, 5]]), "no hierarchy"),
        (np.array([[0, 5], [4, 1], [2, 3]]), "no hierarchy"),
        (np.array(["a"]), "no hierarchy"),
        (7, "no hierarchy"),
        ("similar", "has 2 references.*At least 3"),
    ],
)
def test_what_is_no_hierarchy_is_refused(how, words):
    x = normal(2, 4)
    with pytest.raises(BadSetting, match=words):
        grown(how, players_for(torch.arange(4).expand(2, 4), x), x, x.expand(2, 2, 4), ("batch", "feature"))


def test_it_is_asked_with_the_players_of_a_model():
    x = normal(2, 3, 8, 6)
    axes = ("batch", "channel", "height", "width")
    packed = Packed(x, axes, None, None, {})  # players only look at the axes
    for players in ("pixels", "patches"):
        who = players_of(players, x, packed, 2, 5)
        for how in ("halves", "similar"):
            for rows, merges in grown(how, who, x, x[None], axes):
                assert groups(merges, who.counts[int(rows[0])])[-1] == frozenset(range(who.counts[0]))
    assert vitrail.METHODS

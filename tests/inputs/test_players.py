"""Players and windows: every element has the player, and is covered by the windows, that a slow loop says."""

import itertools

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch.testing import assert_close

import vitrail
from known import normal, smooth
from vitrail.errors import BadInput, BadSetting
from vitrail.inputs.players import labels_of, players_of, windows
from vitrail.model import Packed

PICTURE = ("batch", "channel", "height", "width")
LAST = ("batch", "height", "width", "channel")
ROWS = ("batch", "feature")
TOKENS = ("batch", "token", "feature")
STEPS = ("batch", "channel", "step")


def labels(players, x, axes, patch=None, count=8):
    return labels_of(players, x, axes, patch, count)


# -- labels ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", [1, 2, 3, 4, 9])
def test_patches_are_squares(side):
    x = torch.zeros(2, 3, 7, 5)
    got = labels("patches", x, PICTURE, side)
    across = -(-5 // side)
    for row, column in itertools.product(range(7), range(5)):
        assert (got[:, :, row, column] == (row // side) * across + column // side).all()
    assert_close(labels("patches", x.movedim(1, -1), LAST, side), got.movedim(1, -1))


def test_pixels_are_patches_of_one():
    x = torch.zeros(1, 2, 3, 4)
    assert_close(labels("pixels", x, PICTURE), labels("patches", x, PICTURE, 1))
    assert labels("pixels", x, PICTURE).unique().tolist() == list(range(12))


def test_patches_are_an_eighth_of_the_shorter_side_unless_said():
    x = torch.zeros(1, 1, 33, 17)
    assert_close(labels("patches", x, PICTURE), labels("patches", x, PICTURE, 2))
    assert_close(
        labels("patches", torch.zeros(1, 1, 3, 3), PICTURE), labels("pixels", torch.zeros(1, 1, 3, 3), PICTURE)
    )


def test_columns_are_every_element():
    assert labels("columns", torch.zeros(2, 5), ROWS).tolist() == [list(range(5))] * 2
    assert labels("columns", torch.zeros(1, 2, 3), STEPS).tolist() == [[[0, 1, 2], [3, 4, 5]]]


def test_tokens_go_with_their_whole_embedding():
    assert labels("tokens", torch.zeros(1, 3, 2), TOKENS).tolist() == [[[0, 0], [1, 1], [2, 2]]]


@pytest.mark.parametrize(
    ("shape", "axes", "kind"),
    [((1, 1, 16, 16), PICTURE, "patches"), ((2, 4), ROWS, "columns"), ((1, 3, 2), TOKENS, "tokens")],
)
def test_auto_suits_x(shape, axes, kind):
    x = torch.zeros(shape)
    assert_close(labels("auto", x, axes), labels(kind, x, axes))


@pytest.mark.parametrize("kind", [list, np.array, torch.tensor])
def test_groups_of_one_hot_columns(kind):
    x = normal(3, 5, seed=1)
    groups = kind([7, 7, 2, 2, 2])  # numbered anew: 2 -> 0, 7 -> 1
    assert labels(groups, x, ROWS).tolist() == [[1, 1, 0, 0, 0]] * 3
    model, net = vitrail.open(smooth()), smooth()
    answer = vitrail.explain(model, x, "feature-ablation", 0, players=groups)
    for players in ([0, 1], [2, 3, 4]):
        gone = x.clone()
        gone[:, players] = 0
        fall = (net(x) - net(gone))[:, 0].detach().numpy()
        assert np.abs(fall).max() > 0.1
        for column in players:
            assert_allclose(answer.values[:, column], fall, rtol=1e-9)


@pytest.mark.parametrize(("axes", "shape"), [(STEPS, (2, 3, 10)), (("batch", "step", "feature"), (2, 10, 3))])
def test_windows_of_time_hold_for_all_channels(axes, shape):
    x, at = torch.zeros(shape), torch.arange(10)
    want = (at // 4).reshape([-1 if a == "step" else 1 for a in axes]).expand(shape)
    assert_close(labels("windows", x, axes, 4), want)
    assert_close(labels("auto", x, axes, 4), want)
    assert labels("windows", x, axes).unique().tolist() == list(range(10))  # an eighth of 10 steps is 1


def test_labels_of_places_hold_for_all_channels():
    x, places = torch.zeros(2, 3, 2, 2), np.array([[[0, 0], [1, 2]]])
    assert_close(labels(places, x, PICTURE), torch.tensor(places).expand(2, 3, 2, 2))


def test_superpixels_follow_the_picture_in_either_layout():
    pytest.importorskip("skimage")
    x = torch.zeros(2, 3, 12, 12, dtype=torch.float64)
    x[0, :, :, 6:], x[1, :, 6:] = 1.0, 1.0  # split left from right; split top from bottom
    got = labels("superpixels", x, PICTURE, count=4)
    assert (got[:, 0] == got[:, 1]).all()
    assert not set(got[0, 0, :, :6].unique().tolist()) & set(got[0, 0, :, 6:].unique().tolist())
    assert not set(got[1, 0, :6].unique().tolist()) & set(got[1, 0, 6:].unique().tolist())
    assert got.min() == 0
    assert_close(labels("superpixels", x.movedim(1, -1), LAST, count=4), got.movedim(1, -1))


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_superpixels_of_any_number_of_channels(channels):
    pytest.importorskip("skimage")
    x = torch.zeros(1, channels, 12, 12, dtype=torch.float64)
    x[..., 6:] = 1.0
    assert len(labels("superpixels", x, PICTURE, count=4).unique()) > 1
    assert labels("superpixels", torch.ones(1, channels, 12, 12), PICTURE, count=4).shape == (1, channels, 12, 12)


@pytest.mark.parametrize(
    ("players", "axes", "words"),
    [
        ("patchs", PICTURE, r"no players named 'patchs'"),
        ("pixels", ROWS, r"players='pixels' do not suit x"),
        ("tokens", ROWS, r"players='tokens' do not suit x"),
        ("superpixels", ROWS, "do not suit x"),
        ("windows", ROWS, r"players='windows' do not suit x"),
        ("windows", PICTURE, r"players='windows' do not suit x"),
        ([0.5, 1.0], ROWS, "are of type float64"),
        ([0, -1], ROWS, "Whole numbers from 0"),
        ([0, 1, 2], ROWS, r"players have shape \(3,\) and an example \(2,\)"),
        (["a", "b"], ROWS, "are of type <U1"),
        ([], ROWS, "players"),
        ([[0], [0, 1]], ROWS, "players"),
        (None, ROWS, "players"),
    ],
    ids=str,
)
def test_players_that_do_not_fit(players, axes, words):
    x = torch.zeros(1, 1, 4, 4) if axes == PICTURE else torch.zeros(1, 2)
    with pytest.raises(BadSetting, match=words):
        labels(players, x, axes)


# -- what only the door knows --------------------------------------------------------------------------------


def played(players, x, axes, patch=None, count=8, **known):
    packed = Packed(x, axes, None, None, {}, **known)
    return players_of(players, x, packed, patch, count)


def test_groups_are_those_of_the_table_and_auto_takes_them():
    x, groups = torch.zeros(2, 5), torch.tensor([0, 1, 1, 1, 2])
    for players in ("groups", "auto"):
        got = played(players, x, ROWS, groups=groups)
        assert got.labels.tolist() == [[0, 1, 1, 1, 2]] * 2
        assert (got.counts, got.axes) == ((3, 3), ("batch", "player"))
    assert played("columns", x, ROWS, groups=groups).counts == (5, 5)
    with pytest.raises(BadSetting, match="players='groups' join columns that belong together, and none of x do"):
        played("groups", x, ROWS)


def test_one_hot_columns_of_a_table_are_one_player_of_every_method():
    table = vitrail.Table(["a", "b"], {"b": ["x", "y", "z"]})
    model = vitrail.open(smooth(4), inputs=table)
    rows = {"a": [0.5, -1.0], "b": ["z", "x"]}
    net, x = smooth(4), torch.tensor([[0.5, 0, 0, 1], [-1, 1, 0, 0]]).double()
    gone = torch.tensor([1.0, 0, 0, 0]).double()
    fall = (net(x) - net(x * gone))[:, 1].detach().numpy()
    for players in ("auto", "groups"):
        answer = vitrail.explain(model, rows, "feature-ablation", 1, players=players)
        assert_allclose(answer.values[:, 1:], np.repeat(fall[:, None], 3, 1), rtol=1e-9)
    assert vitrail.explain(model, rows, "lime", 1).values.shape == (2, 2)
    assert vitrail.explain(model, rows, "lime", 1, players="columns").values.shape == (2, 4)


def test_sentences_are_players():
    words = [["[CLS]", "a", ".", "b", "[SEP]"], ["c", "!"]]
    held = torch.tensor([[True, False, False, False, True], [False, False, True, True, True]])
    got = played("sentences", torch.zeros(2, 5, 3), TOKENS, labels={"token": words}, held=held)
    assert got.labels[..., 0].tolist() == [[-1, 0, 0, 1, -1], [0, 0, -1, -1, -1]]
    assert got.counts == (2, 1)


def test_what_is_held_is_no_player():
    held = torch.tensor([[True, False, False, True], [True, False, True, True]])
    got = played("tokens", torch.zeros(2, 4, 3), TOKENS, held=held)
    assert got.labels[..., 0].tolist() == [[-1, 0, 1, -1], [-1, 0, -1, -1]]
    assert (got.counts, got.axes, got.sizes) == ((2, 1), ("batch", "token"), (4,))
    here = got.present(torch.tensor([0, 1]), torch.tensor([[False, True], [False, False]]))
    assert here[..., 0].tolist() == [[True, False, True, True], [True, False, True, True]]


def test_a_text_without_a_player_is_refused():
    held = torch.tensor([[False, False], [True, True]])
    with pytest.raises(BadInput, match=r"x\[1\] has no token that could play: \[CLS\] \[SEP\]\. At least one"):
        played("tokens", torch.zeros(2, 2, 3), TOKENS, held=held, labels={"token": [["a"], ["[CLS]", "[SEP]"]]})


@pytest.mark.parametrize(
    ("players", "axes", "settings", "words"),
    [
        ("patches", PICTURE, {"patch": 9}, "Take smaller patches .patch=9."),
        ("superpixels", PICTURE, {"count": 1}, "more superpixels .count=1."),
        ("windows", STEPS, {"patch": 8}, "players='windows' make a single player of"),
        (np.zeros(4, int), ROWS, {}, "single player of"),
        (np.full((1, 8, 8), 3), PICTURE, {}, "single player of"),
    ],
)
def test_settings_that_leave_a_single_player_are_refused(players, axes, settings, words):
    pytest.importorskip("skimage")
    shape = {ROWS: (2, 4), PICTURE: (2, 1, 8, 8), STEPS: (2, 3, 8)}[axes]
    with pytest.raises(BadSetting, match=words):
        played(players, normal(*shape), axes, **settings)


def test_an_example_may_be_a_single_column():
    assert played("auto", torch.zeros(2, 1), ROWS).counts == (1, 1)


# -- windows -----------------------------------------------------------------------------------------------


def covered(x, axes, patch, stride):
    """For every window the elements it covers, by a slow loop: (count, *shape) bool."""
    places = [i for i, a in enumerate(axes) if a in ("height", "width", "step", "token")] or [len(axes) - 1]
    begins = []
    for axis in places:
        begin, starts = 0, [0]
        while begin + patch < x.shape[axis]:
            begin += stride
            starts.append(begin)
        begins.append(starts)
    masks = []
    for corner in itertools.product(*begins):
        mask = np.zeros(x.shape[1:], bool)
        for index in np.ndindex(*x.shape[1:]):
            mask[index] = all(b <= index[a - 1] < b + patch for a, b in zip(places, corner, strict=True))
        masks.append(mask)
    return np.array(masks)


@pytest.mark.parametrize(
    ("shape", "axes"),
    [((2, 2, 7, 5), PICTURE), ((2, 7, 5, 2), LAST), ((2, 6), ROWS), ((2, 5, 3), TOKENS), ((2, 3, 6), STEPS)],
)
@pytest.mark.parametrize(("patch", "stride"), [(1, 1), (2, 1), (3, 2), (4, 3), (5, 5)])
def test_windows_cover_what_a_slow_loop_says(shape, axes, patch, stride):
    x = torch.zeros(shape)
    cover, expected = windows(x, axes, patch, stride), covered(x, axes, patch, stride)
    masks = cover.masks(torch.arange(cover.count)).expand(-1, *shape[1:])
    assert_close(masks, torch.tensor(expected))
    assert expected.any(0).all()
    falls = normal(2, cover.count, seed=1)
    total, times = cover.spread(falls)
    slow = torch.einsum("bk,k...->b...", falls, torch.tensor(expected).double())
    assert_close(total, slow)
    assert_close(times[0], torch.tensor(expected.sum(0)).double())


def test_windows_unless_said():
    assert (windows(torch.zeros(1, 1, 33, 40), PICTURE, None, None).patch, 4)[0] == 4
    assert windows(torch.zeros(1, 1, 33, 40), PICTURE, None, None).stride == 2
    assert windows(torch.zeros(1, 5), ROWS, None, None).count == 5
    assert windows(torch.zeros(1, 5, 3), TOKENS, None, None).count == 5
    assert windows(torch.zeros(1, 1, 3, 3), PICTURE, None, None).count == 9


@pytest.mark.parametrize(("patch", "stride"), [(8, 1), (2, 3)])
def test_windows_that_leave_gaps_or_do_not_fit(patch, stride):
    with pytest.raises(BadSetting, match=rf"patch={patch}, stride={stride} do not fit \[7, 5\] places"):
        windows(torch.zeros(1, 1, 7, 5), PICTURE, patch, stride)

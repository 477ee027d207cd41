"""The panels of a leaderboard: dots, bars, order, colours."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import vitrail
from leaderboards import HALVES, MEANS, leaderboard
from vitrail.explanation import VIEWS
from vitrail.plot.colour import solid
from vitrail.plot.drawing import NEUTRAL
from vitrail.plot.leaderboard import described, draw_leaderboard, draw_metric


def dots(axes):
    """(x, y, colour) of each dot."""
    found = [line for line in axes.lines if line.get_marker() == "o"]
    return [(*map(float, line.get_xydata()[0]), line.get_color()) for line in found]


def bars(axes):
    return [line.get_xydata() for line in axes.lines if line.get_marker() == "None" and line.get_linestyle() == "-"]


def names(axes):
    return [label.get_text() for label in axes.get_yticklabels()]


def test_it_is_the_view_of_its_kind():
    assert VIEWS["leaderboard"] is draw_leaderboard


def test_a_panel_for_each_metric_the_best_on_top():
    figure = leaderboard().plot()
    gain, loss = figure.axes
    assert [axes.get_title(loc="left") for axes in (gain, loss)] == ["gain", "loss"]
    assert names(gain) == ["good", "even", "edge", "bad", "random"]
    bottom, top = gain.get_ylim()
    assert bottom > top  # the first row is above
    assert (gain.get_xlabel(), loss.get_xlabel()) == ("higher is better →", "← lower is better")


def test_means_are_dots_and_intervals_bars():
    axes = draw_metric(leaderboard(), 0).axes[0]
    order = [0, 1, 4, 2, 3]
    means, halves = np.array(MEANS)[order, 0], np.array(HALVES)[order, 0]
    np.testing.assert_allclose([dot[:2] for dot in dots(axes)], np.stack([means, np.arange(5)], 1))
    expected = [[[m - h, i], [m + h, i]] for i, (m, h) in enumerate(zip(means, halves, strict=True))]
    np.testing.assert_allclose(bars(axes), expected)


def test_controls_are_grey_and_the_best_bold():
    axes = draw_metric(leaderboard(), 0).axes[0]
    assert [dot[2] == NEUTRAL for dot in dots(axes)] == [False, False, True, False, True]
    assert dots(axes)[0][2] == solid(-1, "signed")
    weights = [label.get_fontweight() for label in axes.get_yticklabels()]
    assert weights == ["bold", "bold", "normal", "normal", "normal"]
    assert [label.get_color() == NEUTRAL for label in axes.get_yticklabels()] == [False, False, True, False, True]


@pytest.mark.parametrize(("metric", "better_control"), [(0, 1.5), (1, 0.5)])
def test_the_dashed_line_is_the_better_control(metric, better_control):
    axes = draw_metric(leaderboard(), metric).axes[0]
    (line,) = [line for line in axes.lines if line.get_linestyle() == "--"]
    np.testing.assert_allclose(line.get_xdata(), better_control)


def test_who_has_no_score_keeps_a_row_without_a_dot():
    axes = draw_metric(leaderboard(missing={(0, 0): 4}), 0).axes[0]
    assert names(axes)[-1] == "good"
    assert np.isnan(dots(axes)[-1][0])


def test_a_metric_without_any_score_says_so():
    board = leaderboard(missing={(i, 0): 4 for i in range(5)})
    empty, other = board.plot().axes
    assert [text.get_text() for text in empty.texts] == ["no score"]
    assert list(empty.get_xticks()) == []
    assert not other.texts
    assert described(board, 0) == "gain, higher is better: good –, even –, bad –, random –, edge –"


def test_powers_of_ten_where_one_mean_is_far_out():
    means, halves = np.array(MEANS), np.array(HALVES) / 100
    assert [axes.get_xscale() for axes in leaderboard(means, halves).plot().axes] == ["log", "linear"]
    means[3, 0] = -0.01
    assert leaderboard(means, halves).plot().axes[0].get_xscale() == "linear"
    halves[3, 0], means[3, 0] = 0.02, 0.01  # the interval reaches below zero
    assert leaderboard(means, halves).plot().axes[0].get_xscale() == "linear"


def test_five_metrics_take_two_rows():
    board = leaderboard()
    table = ("values", "low", "high", "rank", "scores")
    five = {name: board.arrays[name][..., [0, 1, 0, 1, 0]] for name in table}
    labels = {**board.labels, "metric": list("abcde"), "better": ["higher"] * 5}
    figure = replace(board, arrays={**board.arrays, **five}, labels=labels).plot()
    assert [bool(axes.lines) for axes in figure.axes] == [True] * 5 + [False]
    assert not figure.axes[5].axison


def test_the_panel_in_words():
    assert described(leaderboard(), 1) == (
        "loss, lower is better: good 0.100 [0.080, 0.120], even 0.200 [0.180, 0.220], edge 0.500 [0.480, 0.520], "
        "bad 0.900 [0.880, 0.920], random 0.950 [0.930, 0.970]"
    )


def test_a_real_one_is_drawn():
    torch.manual_seed(0)
    model = vitrail.open(torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.Tanh(), torch.nn.Linear(6, 3)))
    x = torch.randn(6, 4, generator=torch.Generator().manual_seed(0))
    board = vitrail.compare(model, x, ["gradient", "input-x-gradient"], ["srg"])
    (axes,) = board.plot().axes
    assert sorted(names(axes)) == ["edge", "gradient", "input-x-gradient", "random"]
    np.testing.assert_allclose(sorted(dot[0] for dot in dots(axes)), np.sort(board.values[:, 0]))
    assert 'class="verdicts"' in str(board.show())

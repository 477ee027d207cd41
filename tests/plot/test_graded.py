"""Scores of a metric: the mean and its interval, the picture, the best and the worst examples."""

import re
from dataclasses import replace

import numpy as np
import pytest

from vitrail.errors import BadSetting
from vitrail.metrics.bootstrap import interval
from vitrail.metrics.choose import METRICS
from vitrail.plot import Section, report
from vitrail.plot.graded import asked, best_to_worst, draw_graded, ends, graded, graded_facts, mark, standing, told
from vitrail.plot.whole import head_of, is_whole, rows_shown

nan = float("nan")
FOUR = np.array([0.25, nan, -0.5, 1.0])
MANY = np.linspace(-1, 1, 41) ** 3


def scored(make, values, better="lower", metric="deletion", pictures=True, **rest):
    values = np.asarray(values, np.float64)
    seen = np.random.default_rng(0).random((len(values), 1, 6, 6))
    return make["any"](
        "score",
        values=values,
        axes=("batch",),
        arrays={"input": seen} if pictures else None,
        more_axes={"input": ("batch", "channel", "height", "width")} if pictures else None,
        batch=len(values),
        checks={"better": better, "metric": metric, "of": "saliency"},
        provenance={"method": metric},
        **rest,
    )


def numbers(html):
    return [int(found) for found in re.findall(r'<span class="number">(\d+)</span>', html)]


def test_which_scores(make):
    assert graded(scored(make, FOUR))
    assert not graded(make["score"]())
    assert not graded(make["any"]("score", values=np.ones(3), axes=("batch",), batch=3))
    assert is_whole(scored(make, FOUR))
    assert head_of(scored(make, FOUR)) == "How well each example is explained"
    assert head_of(make["score"]()) == "How usual each example is"


def test_the_mean_over_those_that_have_a_score(make):
    row = standing(scored(make, FOUR))
    assert (row.mean, row.scored, row.name) == (0.25, 3, "saliency")
    assert (row.low, row.high) == interval(FOUR, 0.95, 0)
    assert row.low < 0.25 < row.high
    assert told(scored(make, FOUR)).startswith("3 examples: mean 0.")
    assert told(scored(make, FOUR)).endswith("lower is better")


def test_best_first_whichever_way_that_is(make):
    assert best_to_worst(scored(make, FOUR)) == [2, 0, 3, 1]
    assert best_to_worst(scored(make, FOUR, "higher")) == [3, 0, 2, 1]
    assert best_to_worst(scored(make, [1.0, 1.0, 1.0])) == [0, 1, 2]


def test_the_best_and_the_worst_of_many(make):
    answer = scored(make, MANY, "higher")
    assert ends(answer, 41) == (list(range(40, -1, -1)), "")
    assert ends(answer, 5) == ([40, 39, 38, 1, 0], "The 3 best and the 2 worst of 41 examples are shown.")
    assert ends(answer, 1) == ([40], "The 1 best and the 0 worst of 41 examples are shown.")
    assert rows_shown(answer, 4)[0] == [40, 39, 1, 0]
    holes = np.where(np.arange(41) % 2, nan, MANY)
    assert ends(scored(make, holes), 4)[0] == [0, 2, 38, 40]
    assert ends(scored(make, [nan, nan, 3.0, nan]), 2)[0] == [2]
    assert len(ends(scored(make, [nan] * 4), 2)[0]) == 1


def test_a_histogram_of_many(make):
    (axes,) = scored(make, MANY).plot().axes
    heights = [patch.get_height() for patch in axes.patches if hasattr(patch, "get_height")]
    assert sum(heights[:10]) == 41
    assert axes.get_xlabel() == "← lower is better"
    assert axes.get_title(loc="left").startswith("deletion, 41 examples: mean")
    (line,) = axes.lines
    np.testing.assert_allclose(line.get_xdata(), MANY.mean(), atol=1e-12)


def test_a_dot_for_each_of_few_the_best_on_top(make):
    (axes,) = draw_graded(scored(make, FOUR, "higher")).axes
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), [1.0, 0.25, -0.5, nan])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["3", "0", "2", "1"]
    assert axes.yaxis_inverted()
    assert axes.get_xlabel() == "higher is better →"
    span = axes.patches[0].get_extents().transformed(axes.transData.inverted())
    np.testing.assert_allclose((span.x0, span.x1), interval(FOUR, 0.95, 0))


@pytest.mark.parametrize("values", [[nan] * 3, [nan] * 30, [2.0], [2.0] * 30])
def test_scores_without_an_interval_or_without_spread(make, values):
    answer = scored(make, values)
    (axes,) = answer.plot().axes
    assert [text.get_text() for text in axes.texts] == ["no score"] * bool(np.isnan(values[0]))
    html = str(answer.show())
    assert 'class="track"' not in html  # nothing to place it between
    assert ("–" in html.split("<tbody>")[1]) == bool(np.isnan(values[0]))


def test_the_page_says_which_metric_and_which_way(make):
    html = str(scored(make, FOUR).show())
    assert graded_facts(scored(make, FOUR))["method"] == "saliency"
    assert graded_facts(scored(make, FOUR))["examples"] == "4"
    assert "<h2>How well each example is explained</h2>" in html
    assert asked(scored(make, FOUR)) in html
    assert asked(scored(make, FOUR)).startswith("The mean height of the target")
    assert "The metric is defined for 3 of 4 examples" in html
    assert numbers(html) == [2, 0, 3, 1]
    assert html.count('class="map crisp"') == 4
    assert html.count('class="chart"') == 1
    assert "http" not in html
    assert "defined for" not in str(scored(make, [1.0, 2.0]).show())


def test_every_metric_says_what_it_asks(make):
    for name in METRICS:
        sentence = asked(scored(make, FOUR, metric=name))
        assert sentence.endswith(".")
        assert 20 < len(sentence) < 260
        assert "\n\n" not in sentence
    assert asked(scored(make, FOUR, metric="a-strangers")) == ""


def test_many_show_both_ends(make):
    html = str(scored(make, MANY).show(most=4))
    assert numbers(html) == [0, 1, 39, 40]
    assert "The 2 best and the 2 worst of 41 examples are shown." in html
    assert html.count('<table class="grid score">') == 2
    with pytest.raises(BadSetting, match="most must be at least 1"):
        scored(make, MANY).show(most=0)


def test_marks_lie_between_the_lowest_and_the_highest(make):
    answer = scored(make, FOUR)
    assert [re.search(r"left:([\d.]+)%", mark(answer, v)).group(1) for v in (-0.5, 0.25, 1.0)] == [
        "0.0",
        "49.0",
        "98.0",
    ]
    assert mark(answer, nan) == ""


def test_a_report_may_name_the_rows(make, tmp_path):
    sections = [Section("Deletion", "", [scored(make, FOUR)], rows=[3, 1])]
    text = report(tmp_path / "r.html", sections, title="T").read_text(encoding="utf-8")
    assert numbers(text) == [3, 1]


def test_names_are_escaped(make):
    answer = scored(make, FOUR)
    html = str(replace(answer, checks={**answer.checks, "metric": "<b>", "of": "<i>"}).show())
    assert "<b>predicted" not in html
    assert "&lt;b&gt;" in html
    assert "<i>" not in html.replace('<i style="', "")

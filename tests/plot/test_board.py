"""The page of a leaderboard."""

import re

import numpy as np

import vitrail
from leaderboards import VERDICTS, leaderboard
from vitrail.plot import Section, report
from vitrail.plot.board import missing, sentence_html


def text_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).replace("\u00a0", " ").strip()


def body_of(page):
    return str(page).split("</style>")[1]


def rows_of(html):
    """(whether it is a control, name, cells) of each method."""
    table = re.search(r'<table class="plain lined board">(.*?)</table>', html)[1]
    found = re.findall(r'<tr( class=control)?><th scope="row">(.*?)</th>(.*?)</tr>', table)
    return [(bool(control), name, re.findall(r"<td.*?</td>", cells)) for control, name, cells in found]


def test_the_verdicts_come_first_then_table_panels_curves():
    html = body_of(leaderboard().show())
    places = [html.index(part) for part in ('class="verdicts"', 'class="facts"', "lined board", "Means and", "Curves")]
    assert places == sorted(places)
    assert all(text in text_of(html).replace("gain :", "gain:").replace("loss :", "loss:") for text in VERDICTS)
    assert html.count('class="chart"') == 4
    assert "http" not in html


def test_a_verdict_begins_with_its_metric_and_is_escaped():
    assert sentence_html("a<b", "a<b: c & d are not distinguishable.") == (
        "<b>a&lt;b</b>: c &amp; d are not distinguishable."
    )
    assert sentence_html("a", "a has no score.") == "<b>a</b> has no score."


def test_each_method_has_its_row():
    rows = rows_of(body_of(leaderboard().show()))
    assert [name for _, name, _ in rows] == ["good", "even", "bad", "random", "edge"]
    assert [control for control, _, _ in rows] == [False, False, False, True, True]
    cells = [text_of(cell) for cell in rows[1][2]]
    assert cells == ["2.90 1 [2.65, 3.15]", "0.200 2 [0.180, 0.220]", "0.25", "1 000"]


def test_the_best_rank_is_bold():
    rows = rows_of(body_of(leaderboard().show()))
    bold = [[("<b>" in cell) for cell in cells[:2]] for _, _, cells in rows]
    assert bold == [[True, True], [True, False], [False, False], [False, False], [False, False]]


def test_heads_say_which_direction_is_better():
    html = text_of(body_of(leaderboard().show()))
    assert "method gain higher is better loss lower is better seconds evaluations" in html
    assert "examples 4 confidence 95 % evaluations 10 000 seconds 2.5" in html


def test_a_missing_score_is_a_dash_with_a_note():
    board = leaderboard(missing={(0, 0): 4, (1, 0): 3, (2, 1): 1})
    html = body_of(board.show())
    cells = [text_of(cells[0]) for _, _, cells in rows_of(html)]
    assert cells[:2] == ["–", "2.9"]
    assert "nan" not in html
    assert list(missing(board)) == [
        "–: gain is defined for no example with good.",
        "gain is defined for 1 of 4 examples with even.",
        "loss is defined for 3 of 4 examples with bad.",
    ]
    assert all(text in html for text in missing(board))
    assert list(missing(leaderboard())) == []


def test_methods_of_one_count_share_a_sentence():
    assert list(missing(leaderboard(missing={(0, 0): 1, (2, 0): 1}))) == [
        "gain is defined for 3 of 4 examples with good, bad."
    ]


def test_without_curves_there_is_no_heading_for_them():
    html = body_of(leaderboard(curves=False).show())
    assert "Curves" not in html
    assert html.count('class="chart"') == 2


def test_names_are_escaped():
    html = body_of(leaderboard(methods=("a<b>", "$x$", "c", "random", "edge"), metric=["<i>", "loss"]).show())
    assert "a&lt;b&gt;" in html
    assert "<i>" not in html.replace('<i class="', "")


def test_it_stands_in_a_report_and_survives_the_disk(tmp_path):
    saved = leaderboard().save(tmp_path / "board")
    again = vitrail.load(saved)
    np.testing.assert_array_equal(again.values, leaderboard().values)
    page = report(tmp_path / "r.html", [Section("Net", "", [again])], title="T").read_text(encoding="utf-8")
    assert page.count('class="plain lined board"') == 1
    assert "What was measured" not in page

"""The page of leaderboards: what its script writes of a board, and that the page holds a row of every method."""

import importlib.util
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from leaderboards import METHODS, VERDICTS, leaderboard

DOCS = Path(__file__).resolve().parents[1] / "docs"
RANKED = r"\*\*[-0-9.e+]+\*\* \([-0-9.e+]+ to [-0-9.e+]+\), \d+(st|nd|rd|th)"


@pytest.fixture(scope="module")
def script():
    """docs/leaderboards.py as a module."""
    spec = importlib.util.spec_from_file_location("docs_leaderboards", DOCS / "leaderboards.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for what their annotations mean
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def test_a_table_has_a_row_for_every_method_and_a_column_for_every_metric(script):
    head, rule, *rows = script.table(leaderboard()).splitlines()
    assert head == "| method | `gain`, higher is better | `loss`, lower is better |"
    assert rule == "| --- | --- | --- |"
    assert [row.split(" | ")[0] for row in rows] == [f"| {name}" for name in METHODS]
    assert rows[0] == "| good | **3** (2.5 to 3.5), 1st | **0.1** (0.08 to 0.12), 1st |"


def test_a_cell_without_a_score_is_a_dash(script):
    board = leaderboard(missing={(1, 0): 4})
    assert script.cell(board, 1, 0) == "-"
    assert script.cell(board, 1, 1) == "**0.2** (0.18 to 0.22), 2nd"


@pytest.mark.parametrize(
    ("rank", "word"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (21, "21st")]
)
def test_ranks_are_said_in_order(script, rank, word):
    assert script.ordinal(rank) == word


def test_a_section_is_facts_table_and_verdicts(script):
    text = script.section(leaderboard(), "Ten grids.")
    assert text.startswith("Ten grids. Python ")
    assert script.table(leaderboard()) in text
    assert text.endswith("\n".join(f"- {sentence}" for sentence in VERDICTS))


def test_what_is_measured_goes_between_its_marks_and_nowhere_else(script):
    page = (
        "a\n<!-- measured grids -->\nold\n<!-- /measured grids -->\n<!-- measured digits -->\n<!-- /measured digits -->"
    )
    once = script.placed(page, "grids", "new")
    assert once == page.replace("\nold\n", "\nnew\n")
    assert script.placed(once, "digits", "too").endswith("<!-- measured digits -->\ntoo\n<!-- /measured digits -->")


def test_every_photograph_and_every_corner_is_asked_about_equally_often(script):
    made = script.grids(32)
    assert {name: made.targets.count(name) for name in script.CELLS} == dict.fromkeys(script.CELLS, 4)
    assert made.masks.sum((1, 2)).tolist() == [script.SIDE**2] * 32
    corners = made.masks[:, :: script.SIDE, :: script.SIDE].reshape(32, 4)
    assert corners.sum(0).tolist() == [8] * 4
    parts = script.cells()
    for picture, mask, name in zip(made.x, made.masks, made.targets, strict=True):
        cell = picture[:, np.asarray(mask)].reshape(3, script.SIDE, script.SIDE)
        assert (cell == parts[list(script.CELLS).index(name)]).all()


@pytest.mark.parametrize("name", ["grids", "digits"])
def test_the_page_holds_what_was_measured(script, name):
    page = (DOCS / "leaderboards.md").read_text(encoding="utf-8")
    text = re.search(rf"<!-- measured {name} -->\n(.*?)<!-- /measured {name} -->", page, re.DOTALL)[1]
    methods = [m if isinstance(m, str) else m["method"] for m in script.METHODS] + ["occlusion", "random", "edge"]
    for method in methods:
        (row,) = re.findall(rf"^\| {method} \|.*$", text, re.MULTILINE)
        assert len(re.findall(RANKED, row)) == 4, row

"""Signatures, flows and scores stand on a page as a whole."""

import re

import numpy as np
import pytest

from vitrail.errors import BadSetting
from vitrail.plot import Section, report
from vitrail.plot.cell import Look
from vitrail.plot.whole import HEADS, is_whole, rows_shown, whole_html


@pytest.mark.parametrize("form", ["signature", "flow", "score"])
def test_which_kinds(make, form):
    answer = make[form]()
    assert is_whole(answer)
    assert answer.kind in HEADS
    assert whole_html(answer, [0], Look()) in str(answer.show(most=1)) or form == "score"


@pytest.mark.parametrize("form", ["picture", "shares", "series"])
def test_other_kinds_stand_beside_each_other(make, form):
    assert not is_whole(make[form]())


def test_only_scores_have_rows(make):
    assert rows_shown(make["signature"](), 3) == ([], "")
    assert rows_shown(make["score"](), 3) == ([0, 1, 2], "")
    assert rows_shown(make["score"](), 1) == ([1], "The 1 most unusual of 3 examples are shown.")


def page(tmp_path, *sections):
    return report(tmp_path / "r.html", sections, title="T", overwrite=True).read_text(encoding="utf-8")


def test_a_report_holds_them_beside_other_answers(make, tmp_path):
    text = page(tmp_path, Section("Paths", "Words.", [make["signature"](), make["picture"]()]))
    assert text.count("<svg") == 1
    assert text.count('class="grid wide"') == 1
    assert text.index("<svg") < text.index('class="grid wide"')
    assert "What was measured (2 rows)" in text
    assert "signatures</b>" in text


def test_a_section_of_wholes_has_no_grid(make, tmp_path):
    text = page(tmp_path, Section("Paths", "", [make["flow"](), make["signature"](np.zeros((3, 4), int))]))
    assert text.count("<svg") == 2
    assert "What was measured" not in text


def test_the_rows_of_scores_can_be_named(make, tmp_path):
    text = page(tmp_path, Section("Trust", "", [make["score"]()], rows=[2, 0]))
    assert re.findall(r'<span class="number">(\d)</span>', text) == ["2", "0"]
    with pytest.raises(BadSetting, match="asks for example 3"):
        page(tmp_path, Section("Trust", "", [make["score"]()], rows=[3]))

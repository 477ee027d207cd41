import re

import numpy as np

from vitrail.plot.caption import NOT_MEASURED, NOT_PROMISED
from vitrail.plot.measures import made, measures

PROMISED = {"completeness": "promised", "completeness_gap_relative": np.array([0.012, 1e-9]), "evaluations": 64}


def numbers(html):
    return re.findall(r'<td class="number">(.*?)</td>', html)


def test_gap_evaluations_and_seconds(make):
    html = measures([make["picture"](checks=PROMISED, provenance={"seconds": 0.25})], [0, 1])
    assert numbers(html) == ["1.20\u00a0%", "64", "0.25", "&lt;\u00a00.01\u00a0%", "64", "0.25"]
    assert "<sup>" not in html


def test_evaluations_are_those_of_all_examples(make):
    html = measures([make["picture"](checks={**PROMISED, "evaluations": np.array([3, 5])})], [1])
    assert numbers(html)[1] == "8"
    assert "of all 2 examples together" in html


def test_a_dash_has_a_footnote_that_says_why(make):
    measured = make["picture"](checks={**PROMISED, "completeness": "measured only"})
    html = measures([make["picture"](checks=PROMISED), measured, make["picture"]()], [0])
    assert [number for number in numbers(html) if "sup" in number] == ["–&nbsp;<sup>1</sup>", "–&nbsp;<sup>2</sup>"]
    assert f"<sup>1</sup> {NOT_PROMISED}." in html
    assert f"<sup>2</sup> {NOT_MEASURED}." in html


def test_each_example_is_named_once_for_all_its_methods(make):
    html = measures([make["picture"](method=method) for method in ("lrp", "saliency")], [0, 1])
    assert re.findall(r'<th scope="rowgroup" rowspan="2">(\d)</th>', html) == ["0", "1"]
    assert html.count("<td>lrp</td>") == html.count("<td>saliency</td>") == 2


def test_a_long_table_is_folded(make):
    answer = make["picture"](batch=25, values=np.ones((25, 1, 8, 8)))
    assert "<details>" in measures([answer], range(25))
    assert "<details open>" in measures([answer], range(3))


def test_how_it_was_made_names_everything_once(make):
    facts = {"model": {"name": "LeNet", "weights": "sha256:3f"}, "versions": {"torch": "2.9"}, "seed": 7}
    answers = [make["picture"](method=m, provenance={**facts, "settings": {"steps": 8}}) for m in ("lrp", "<b>")]
    html = made(answers)
    assert html.count("sha256:3f") == html.count("LeNet") == 1
    assert html.count("<code>8</code>") == html.count("seed <code>7</code>") == 2
    assert "<b>&lt;b&gt;</b>" in html
    assert made([]) == ""


def test_a_method_without_settings_says_so(make):
    assert "no settings" in made([make["picture"]()])

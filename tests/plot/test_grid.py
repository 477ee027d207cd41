import re

import numpy as np
import pytest

from vitrail.errors import BadInput
from vitrail.plot.cell import Look
from vitrail.plot.grid import grid, names_of, refuse_strangers, side_for

LOOK = Look(side=96)


def said(*names):
    return {"prediction": [{"index": 0, "name": name, "probability": None} for name in names]}


def test_a_row_for_each_example_and_a_column_for_each_method(make):
    answers = [make["picture"](method=method) for method in ("lrp", "deeplift", "saliency")]
    html = grid(answers, [1, 0], LOOK)
    assert re.findall(r'<th scope="col">([^<]+)</th>', html) == ["Example", "lrp", "deeplift", "saliency"]
    assert re.findall(r'<span class="number">(\d)</span>', html) == ["1", "0"]
    assert html.count("<img") == 2 * (1 + 3)


def test_each_cell_shows_its_own_example(make):
    html = grid([make["picture"]()], [0, 1], LOOK)
    sources = re.findall(r'src="([^"]+)" alt="gradient', html)
    assert len(set(sources)) == 2


def test_predictions_and_gaps_stand_beside_the_pictures(make):
    checks = {"completeness": "promised", "completeness_gap_relative": np.array([0.01, 0.02])}
    html = grid([make["picture"](checks=checks, provenance=said("<b>", "dog"))], [0, 1], LOOK)
    assert "predicted <b>&lt;b&gt;</b>" in html
    assert "gap 2.00\u00a0%" in html


def test_one_question_stands_at_the_example_and_several_in_the_cells(make):
    alike = grid([make["picture"](target={"label": "cat"})] * 2, [0], LOOK)
    assert alike.count("asked about <b>cat</b>") == 1
    differ = grid([make["picture"](target={"label": "cat"}), make["picture"](target={"label": "dog"})], [0], LOOK)
    assert "asked about <b>" not in differ
    assert "asked about cat</p>" in differ
    assert "asked about dog</p>" in differ


def test_methods_of_one_name_differ_by_their_settings(make):
    few, many = (make["picture"](provenance={"settings": {"steps": n, "seed": 0}}) for n in (8, 64))
    assert names_of([few, many]) == ["gradient steps=8", "gradient steps=64"]
    assert names_of([few]) == ["gradient"]


def test_answers_about_other_examples_are_refused(make):
    other = make["picture"]()
    seen = {**other.arrays, "picture": other.arrays["picture"][:, ::-1, ::-1]}
    turned = make["any"](
        values=other.values, axes=other.axes["values"], arrays=seen, more_axes=other.axes, provenance={"method": "lrp"}
    )
    with pytest.raises(BadInput, match=r"section 'Digits' .* \(gradient: 2, lrp: 2\)"):
        refuse_strangers("Digits", [make["picture"](), turned])
    with pytest.raises(BadInput, match="different examples"):
        refuse_strangers("Digits", [make["picture"](), make["picture"](batch=3, values=np.ones((3, 1, 8, 8)))])
    refuse_strangers("Digits", [make["picture"](), make["picture"](method="lrp"), make["map"]()])


def test_many_pictures_are_smaller_than_few():
    assert side_for(1) == 480
    assert side_for(10_000) == 96
    assert 72 * side_for(72) ** 2 < 2.5e6

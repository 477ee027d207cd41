"""The worst examples on a page."""

import numpy as np

from evaluations import labels, residues, three, two
from vitrail.plot.mistakes import mistakes_html
from vitrail.train.evaluation import evaluation
from vitrail.train.worst import with_worst


def test_pictures_stand_over_what_was_said_and_what_is_true():
    page = mistakes_html(three(pictures=True))
    assert page.count("<img") == 3
    assert "The surest mistakes" in page
    assert "<b>bee &lt;b&gt;</b> 80.0\u00a0%<br>true: ant" in page
    assert "bee <b>" not in page


def test_numbers_stand_in_a_row_with_the_number_of_the_example():
    page = mistakes_html(three())
    assert "<img" not in page
    for words in ("feature 0 = 4", "feature 1 = 5", '<th scope="row">2</th>', "80.0\u00a0%"):
        assert words in page


def test_the_largest_residual_comes_first():
    answer = residues()
    page = mistakes_html(answer)
    place = int(np.abs(answer.values[:, 0]).argmax())
    assert page.index(f'<th scope="row">{place}</th>') == page.index('<th scope="row">')
    assert f"{answer.values[place, 0]:.4g}" in page
    assert "feature 5" in page
    assert "feature 6" not in page


def test_labels_are_listed():
    data = type("Lessons", (), {"x": np.zeros((4, 3)), "modality": None})()
    page = mistakes_html(with_worst(labels(), data, np.arange(4)))
    assert "<td>sun, rain</td><td>sun</td>" in page


def test_without_examples_nothing_is_shown_and_without_mistakes_that_is_said():
    assert mistakes_html(two()) == ""
    perfect = evaluation(np.array([0, 1]), np.array([[0.1], [0.9]]), "binary", ("no", "yes"))
    data = type("Lessons", (), {"x": np.zeros((2, 3)), "modality": None})()
    assert "There is not one" in mistakes_html(with_worst(perfect, data, np.arange(2)))


def test_columns_and_categories_have_their_names():
    answer = three()
    answer.labels.update(column=["age", "pet"], category={"pet": [f"pet {i}" for i in range(16)]})
    assert "age = 4, pet = pet 5" in mistakes_html(answer)

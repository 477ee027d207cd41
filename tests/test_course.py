"""The course: what its page prints, and, slowly, what it promises of all digits."""

import re
from pathlib import Path

import numpy as np
import pytest

from vitrail.train.gates import combinations
from vitrail.train.perceptron import perceptron
from vitrail.train.recipes.mlp_classifier import MLPClassifier
from vitrail.train.verb import train

ROOT = Path(__file__).resolve().parents[1]


def test_the_page_shows_the_updates_that_are_printed():
    text = (ROOT / "docs/course.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"^```text\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    printed = str(perceptron(combinations(2), [0, 0, 0, 1])).splitlines()
    before, after = (part.strip("\n").splitlines() for part in shown.split("...\n"))
    assert printed[: len(before)] == before
    assert printed[-len(after) :] == after
    assert len(before) + len(after) > 5


def test_its_pictures_are_there():
    text = (ROOT / "docs/course.md").read_text(encoding="utf-8")
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", text)
    assert len(pictures) == 3
    for picture in pictures:
        assert f'"{Path(picture).name}"' in text  # the page draws it itself
        assert 10_000 < (ROOT / "docs" / picture).stat().st_size < 100_000


@pytest.mark.slow
def test_all_digits_reach_what_the_page_says(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import school

    recipe = MLPClassifier(hidden=(300, 100), epochs=6, batch=64, dropout=0.2, schedule="cosine")
    run = train(recipe, school.flat(school.digits()), folder=tmp_path)
    assert run.evaluation.checks["accuracy"] >= 0.975
    x, y = school.flat(school.digits()).part("test")
    said = np.asarray(run.model(x[:2000])).argmax(1)
    assert (said == y[:2000]).mean() > 0.96

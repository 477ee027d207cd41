"""The table of the demo: what is read, learnt, and shown."""

import numpy as np
import torch

from vitrail.cli.columns import biopsies, chosen, column_chapters, learnt, only, split
from vitrail.cli.demo import lines_of, rows, shown
from vitrail.cli.tour import Effort
from vitrail.plot.caption import predicted


def test_the_table_is_whole():
    frame, kinds = biopsies()
    assert (len(frame), len(kinds)) == (30, 569)
    assert {len(column) for column in frame.values()} == {569}
    assert frame["worst area"].min() > 100  # in its own units
    taught, held = split(569)
    assert sorted([*taught, *held]) == list(range(569))
    assert len(held) == 190
    np.testing.assert_array_equal(only(frame, held)["worst area"], frame["worst area"][held])


def test_learning_leaves_random_numbers_alone_and_is_always_the_same():
    x, kinds = np.random.default_rng(0).normal(size=(50, 4)), np.arange(50) % 2
    x[:, 0] += 3 * kinds
    before = torch.get_rng_state()
    one, other = learnt(x, kinds, 60), learnt(x, kinds, 60)
    assert bool((torch.get_rng_state() == before).all())
    given = torch.tensor(x, dtype=torch.float32)
    torch.testing.assert_close(one(given), other(given), rtol=0, atol=0)
    assert (one(given).argmax(1).numpy() == kinds).mean() > 0.9
    assert (learnt(x, kinds, 0)(given).argmax(1).numpy() == kinds).mean() < 0.8


def test_the_surest_of_each_kind_and_the_least_sure():
    chance = np.array([0.2, 0.01, 0.55, 0.9, 0.99, 0.999])
    assert chosen(chance, np.array([0, 0, 1, 1, 1, 0])) == [1, 4, 2]


def test_the_chapter_shows_three_rows_and_all_of_them_in_pictures():
    (chapter,) = column_chapters(Effort(rounds=60, background=3, budget=60))
    (answer,) = chapter.section.answers
    assert answer.values.shape == (190, 30)
    assert answer.labels["player"][:2] == ["mean radius", "mean texture"]
    assert answer.checks["completeness_gap"].max() < 1e-3
    assert np.abs(answer.values).max() > 0.1
    assert chapter.section.styles == ("beeswarm", "dependence")
    assert shown(chapter) == chapter.section.rows
    assert [row["example"] for row in rows([chapter])] == list(chapter.names)
    lines = lines_of(answer, "name", chapter.names, shown(chapter))
    assert [line[0] for line in lines] == list(chapter.names)
    assert [line[1] for line in lines] == [predicted(answer, i) for i in chapter.section.rows]
    assert [line[1] for line in lines] != [predicted(answer, i) for i in range(3)]
    assert [bool(line[-1]) for line in lines] == [True, False, False]
    assert "of which it reads 9" in chapter.section.text

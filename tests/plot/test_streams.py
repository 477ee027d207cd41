"""What a flow shows: nodes, links, classes drawn together."""

from collections import Counter

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from vitrail.errors import BadInput
from vitrail.plot import streams
from vitrail.plot.colour import CLASSES, OTHER, UNKNOWN
from vitrail.plot.streams import NOBODY_KNOWS, TOGETHER, coded, frequent, grouped, majority, streams_of

RNG = np.random.default_rng


def random_paths(seed=0, examples=400, classes=5, clusters=4, layers=2):
    rng = RNG(seed)
    label = rng.integers(0, classes, examples)
    between = (label[:, None] + rng.integers(0, 2, (examples, layers))) % clusters
    return np.column_stack([label, between, np.where(rng.random(examples) < 0.8, label, 0)])


def links_by_name(found):
    """(column, node, next node, class) in the words of the picture -> examples."""
    columns = found.columns
    return {
        (columns[c].title, columns[c].names[here], columns[c + 1].names[there], found.classes[kind]): count
        for c, here, there, kind, count in found.links.tolist()
    }


def test_ten_examples_by_pencil(make):
    found = streams_of(make["signature"]())
    assert [c.title for c in found.columns] == ["input class", "conv", "dense", "predicted class"]
    assert [c.names for c in found.columns] == [["zero", "one"], ["0", "1"], ["0", "1", "2"], ["zero", "one"]]
    assert [c.counts.tolist() for c in found.columns] == [[4, 6], [4, 6], [4, 4, 2], [4, 6]]
    assert_allclose(found.columns[1].purity, [3 / 4, 5 / 6])
    assert_allclose(found.columns[2].purity, [3 / 4, 1, 1 / 2])
    assert found.columns[1].major == ["zero", "one"]
    assert found.examples == 10
    assert links_by_name(found) == {
        ("input class", "zero", "0", "zero"): 3,
        ("input class", "zero", "1", "zero"): 1,
        ("input class", "one", "0", "one"): 1,
        ("input class", "one", "1", "one"): 5,
        ("conv", "0", "0", "zero"): 3,
        ("conv", "0", "0", "one"): 1,
        ("conv", "1", "1", "one"): 4,
        ("conv", "1", "2", "zero"): 1,
        ("conv", "1", "2", "one"): 1,
        ("dense", "0", "zero", "zero"): 3,
        ("dense", "0", "zero", "one"): 1,
        ("dense", "1", "one", "one"): 4,
        ("dense", "2", "one", "zero"): 1,
        ("dense", "2", "one", "one"): 1,
    }
    assert found.notes == ["Colours are those of the input class."]


@pytest.mark.parametrize("seed", range(3))
def test_links_add_up_to_their_nodes(make, seed):
    found = streams_of(make["signature"](random_paths(seed), names="abcde"))
    assert {int(column.counts.sum()) for column in found.columns} == {400}
    for place, column in enumerate(found.columns):
        for side, at in ((1, place), (2, place - 1)):
            own = found.links[found.links[:, 0] == at]
            sums = np.bincount(own[:, side], own[:, 4], len(column.counts))
            assert not len(own) or sums.tolist() == column.counts.tolist()


@pytest.mark.parametrize("seed", range(3))
def test_a_signature_and_its_flow_are_drawn_alike(make, seed):
    """Two routes: counted here, and counted by loops in the flow."""
    paths = random_paths(seed)
    one, other = (streams_of(make[kind](paths, names="abcde")) for kind in ("signature", "flow"))
    assert links_by_name(one) == links_by_name(other)
    assert one.shades == other.shades
    for mine, its in zip(one.columns, other.columns, strict=True):
        assert mine.counts.tolist() == its.counts.tolist()
        assert mine.major == its.major
        assert_allclose(mine.purity, its.purity)


@pytest.mark.parametrize(
    ("view", "titles"),
    [
        ("all", ["input class", "conv", "dense", "predicted class"]),
        ("input", ["input class", "conv", "dense"]),
        ("output", ["conv", "dense", "predicted class"]),
        ("signature", ["conv", "dense"]),
    ],
)
def test_only_the_columns_of_the_view(make, view, titles):
    found, whole = streams_of(make["flow"](view=view)), streams_of(make["flow"]())
    assert [column.title for column in found.columns] == titles
    assert links_by_name(found).items() <= links_by_name(whole).items()
    assert sum(links_by_name(found).values()) == 10 * (len(titles) - 1)
    assert found.classes == ["zero", "one"]
    assert_allclose(found.columns[titles.index("dense")].purity, [3 / 4, 1, 1 / 2])


def test_a_flow_of_one_column(make):
    found = streams_of(make["flow"]([(0, 0, 0), (1, 2, 1), (1, 2, 1)], "signature", layers=["conv"]))
    assert [column.counts.tolist() for column in found.columns] == [[1, 2]]
    assert found.links.shape == (0, 5)
    assert found.notes == []


def test_without_labels_the_predicted_class_gives_the_colours(make):
    paths = random_paths()
    known = streams_of(make["signature"](np.column_stack([paths[:, -1], paths[:, 1:]])))
    paths[:, 0] = -1
    found = streams_of(make["signature"](paths))
    assert [column.title for column in found.columns] == ["conv", "dense", "predicted class"]
    assert links_by_name(found) == {k: n for k, n in links_by_name(known).items() if k[0] != "input class"}
    assert found.notes == ["Colours are those of the predicted class."]
    assert links_by_name(streams_of(make["flow"](paths))) == links_by_name(found)


def test_some_unknown_labels_are_a_node_of_their_own(make):
    paths = random_paths()
    paths[:7, 0] = -1
    found = streams_of(make["signature"](paths))
    assert found.columns[0].names[-1] == found.classes[-1] == "unknown"
    assert found.columns[0].counts[-1] == 7
    assert found.shades[-1] == UNKNOWN
    counted = Counter(paths[7:, 1].tolist())
    for key, purity in zip(found.columns[1].keys, found.columns[1].purity, strict=True):
        own = Counter(paths[7:][paths[7:, 1] == key, 0].tolist())
        assert_allclose(purity, max(own.values()) / counted[key])


def test_of_a_thousand_classes_most_are_drawn_together(make):
    rng = RNG(0)
    label = np.concatenate([np.arange(1000), np.repeat(np.arange(500, 512), 50)])
    paths = np.column_stack([label, rng.integers(0, 40, (len(label), 2)), label])
    answer = make["signature"](paths, names=[f"class {i}" for i in range(1000)])
    found = streams_of(answer)
    first = found.columns[0]
    assert first.names == [*(f"class {i}" for i in range(500, 512)), "other"]
    assert first.counts.tolist() == [51] * 12 + [988]
    assert found.shades[-1] == OTHER
    assert found.shades[:12] == ["#" + colour for colour in CLASSES]
    assert len(found.columns[1].counts) == 31
    assert all(column.counts.sum() == len(label) for column in found.columns)
    assert "12 most frequent of 1\u202f000 classes" in found.notes[1]
    assert "the 30 largest clusters" in found.notes[2]
    assert found.columns[1].major[0].startswith("class ")  # purity is that of the classes themselves


def test_a_class_keeps_its_colour_from_picture_to_picture(make):
    few = streams_of(make["signature"]([(1, 0, 0, 1), (3, 1, 1, 3)], names="abcd"))
    assert few.shades == ["#" + CLASSES[1], "#" + CLASSES[3]]
    assert few.node_shade(0, 1) == few.node_shade(3, 1) == "#" + CLASSES[3]
    assert few.node_shade(1, 0) == ""


def test_a_class_that_is_only_predicted_has_a_colour(make):
    found = streams_of(make["signature"]([(0, 0, 0, 2)], names="abc"))
    assert found.classes == ["a", "c"]
    assert found.node_shade(3, 0) == "#" + CLASSES[2]


@pytest.mark.parametrize("form", ["signature", "flow"])
def test_no_examples_are_refused(make, form):
    answer = make[form]()
    arrays = {name: array[:0] for name, array in answer.arrays.items()}
    with pytest.raises(BadInput, match=r"holds no examples\. At least one was expected\."):
        streams_of(type(answer)(**{**vars(answer), "arrays": arrays}))


def test_one_layer_one_class_one_example(make):
    found = streams_of(make["signature"]([(0, 0, 0)], names=["a"], layers=["only"]))
    assert [column.counts.tolist() for column in found.columns] == [[1], [1], [1]]
    assert found.links.tolist() == [[0, 0, 0, 0, 1], [1, 0, 0, 0, 1]]


def test_what_has_no_name_has_a_number(make):
    found = streams_of(make["signature"](names=[], layers=[]))
    assert found.classes == ["0", "1"]
    assert [column.title for column in found.columns[1:3]] == ["layer 1", "layer 2"]


def test_a_layer_called_by_a_number_is_not_taken_for_a_cluster(make):
    found = streams_of(make["signature"](layers=["0.3", "net.5"]))
    assert [column.title for column in found.columns[1:3]] == ["layer 0.3", "net.5"]


@pytest.mark.parametrize("dense", [1, 2**22])
def test_equal_rows_are_added_up(monkeypatch, dense):
    monkeypatch.setattr(streams, "DENSE", dense)
    rows, weights = RNG(1).integers(-1, 3, (200, 3)), RNG(2).integers(0, 9, 200)
    kinds, counts = grouped(rows, weights)
    slow = Counter()
    for row, weight in zip(rows.tolist(), weights.tolist(), strict=True):
        slow[tuple(row)] += weight
    assert {tuple(kind): n for kind, n in zip(kinds.tolist(), counts.tolist(), strict=True)} == dict(slow)
    assert kinds.tolist() == sorted(kinds.tolist())


def test_the_most_frequent_and_the_rest():
    keys, weights = np.array([5, 5, 1, 2, 3, -1]), np.array([1, 1, 9, 3, 1, 99])
    assert frequent(keys, weights, 2).tolist() == [1, 2]
    assert frequent(keys, weights, 3).tolist() == [1, 2, 3, 5]  # a single one is not hidden behind a word
    assert frequent(keys[5:], weights[5:], 3).tolist() == []
    assert_array_equal(coded(keys, np.array([1, 2])), [TOGETHER, TOGETHER, 1, 2, TOGETHER, NOBODY_KNOWS])


def test_a_node_of_unknown_classes_has_no_purity():
    major, purity = majority(np.array([0, 1]), np.array([0, 0, 1]), np.array([4, -1, -1]), np.array([2, 3, 5]))
    assert major.tolist() == [4, -1]
    assert_allclose(purity, [1, np.nan])

"""Where nodes and bands lie: heights, stacking, order."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from vitrail.plot.sankey import arrange, by_neighbours, crossed, crossings, lay, matrix, stacked

#: ten examples over three columns: (column, node, next node, class, examples)
LINKS = np.array(
    [
        (0, 0, 0, 0, 3),
        (0, 0, 1, 0, 1),
        (0, 1, 0, 1, 2),
        (0, 1, 1, 1, 4),
        (1, 0, 0, 0, 3),
        (1, 0, 0, 1, 2),
        (1, 1, 1, 0, 1),
        (1, 1, 1, 1, 4),
    ]
)
COUNTS = [np.array([4, 6]), np.array([5, 5]), np.array([5, 5])]
RNG = np.random.default_rng


def random_flow(seed, sizes=(4, 6, 5, 3), examples=300, classes=4):
    """Links and counts of random paths."""
    paths = RNG(seed).integers(0, sizes, (examples, len(sizes)))
    kinds = RNG(seed + 1).integers(0, classes, examples)
    found = {}
    for path, kind in zip(paths.tolist(), kinds.tolist(), strict=True):
        for c in range(len(sizes) - 1):
            key = (c, path[c], path[c + 1], kind)
            found[key] = found.get(key, 0) + 1
    links = np.array([(*key, count) for key, count in sorted(found.items())])
    return links, [np.bincount(paths[:, c], minlength=size) for c, size in enumerate(sizes)]


def test_heights_by_pencil():
    layout = lay(COUNTS, LINKS, [True] * 3, 110, 10)
    assert_allclose(layout.heights[0], [40, 60])  # 110 less one gap, over ten examples
    assert_allclose(layout.tops[0], [0, 50])
    assert_allclose(layout.tops[1], [0, 60])
    assert_allclose(layout.bands[0], [0, 0, 30])
    assert_allclose(layout.bands[1], [30, 60, 10])  # second out of the first node, first into the second
    assert_allclose(layout.bands[2], [50, 30, 20])
    assert_allclose(layout.bands[5], [30, 30, 20])  # the second class of one link lies under the first


def test_a_shorter_column_stands_in_the_middle():
    assert_allclose(stacked(np.array([10.0, 20.0]), np.array([1, 0]), 5, 55), [35, 10])


@pytest.mark.parametrize("seed", range(5))
def test_heights_are_in_proportion_and_nothing_overlaps(seed):
    links, counts = random_flow(seed)
    layout = lay(counts, links, [True, False, False, True], 300, 12)
    scale = layout.heights[0][0] / counts[0][0]
    for count, order, tops, heights in zip(counts, layout.orders, layout.tops, layout.heights, strict=True):
        assert_allclose(heights, scale * count)
        assert sorted(order) == list(range(len(count)))
        ends = (tops + heights)[order]
        assert_allclose(tops[order][1:] - ends[:-1], 12)
        assert tops.min() >= -1e-9
        assert ends.max() <= 300 + 1e-9
    fullest = max(range(4), key=lambda c: len(counts[c]))
    assert_allclose((layout.tops[fullest] + layout.heights[fullest]).max(), 300)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("side", [0, 1])
def test_bands_fill_their_nodes_without_overlap(seed, side):
    links, counts = random_flow(seed)
    layout = lay(counts, links, [True, False, False, True], 300, 12)
    assert_allclose(layout.bands[:, 2], links[:, 4] * layout.heights[0][0] / counts[0][0])
    for column in range(3):
        for node in range(len(counts[column + side])):
            own = np.flatnonzero((links[:, 0] == column) & (links[:, 1 + side] == node))
            own = own[np.argsort(layout.bands[own, side])]
            start, thick = layout.bands[own, side], layout.bands[own, 2]
            assert_allclose(start[0], layout.tops[column + side][node])
            assert_allclose(start[1:], (start + thick)[:-1])
            bottom = layout.tops[column + side][node] + layout.heights[column + side][node]
            assert_allclose(start[-1] + thick[-1], bottom)
            others = [np.flatnonzero(layout.orders[column + 1 - side] == links[i, 2 - side])[0] for i in own]
            assert others == sorted(others)


def slow_crossings(flow):
    """The definition: pairs of examples, one by one."""
    found = 0
    for (i, k), (j, m) in itertools.product(np.ndindex(flow.shape), repeat=2):
        if i < j and k > m:
            found += flow[i, k] * flow[j, m]
    return found


@pytest.mark.parametrize("shape", [(3, 4), (1, 5), (5, 1), (6, 6)])
def test_crossings_are_counted_by_their_definition(shape):
    flow = RNG(0).integers(0, 9, shape).astype(float)
    assert_allclose(crossed(flow), slow_crossings(flow))
    assert min(shape) == 1 or crossed(flow) > 0


def test_two_bands_that_cross():
    assert crossed(np.array([[0.0, 3.0], [5.0, 0.0]])) == 15
    assert crossed(np.array([[3.0, 0.0], [0.0, 5.0]])) == 0


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("fixed", [(False,) * 4, (True, False, False, True)])
def test_the_order_never_crosses_more_than_the_natural_one(seed, fixed):
    links, counts = random_flow(seed, examples=40)
    flows = [matrix(counts, links, c) for c in range(3)]
    natural = [np.arange(len(count)) for count in counts]
    orders = arrange(flows, [len(c) for c in counts], fixed)
    assert crossings(flows, orders) <= crossings(flows, natural)
    for order, still in zip(orders, fixed, strict=True):
        assert not still or list(order) == list(range(len(order)))


@pytest.mark.parametrize("seed", [57, 126, 182])
def test_sweeps_that_make_it_worse_are_not_kept(seed):
    """Of 400 flows of twelve examples these are three whose last order crosses more than the natural one."""
    paths = RNG(seed).integers(0, (4, 6, 5, 3), (12, 4))
    flows = [np.zeros(shape) for shape in ((4, 6), (6, 5), (5, 3))]
    for path in paths:
        for c in range(3):
            flows[c][path[c], path[c + 1]] += 1
    orders = arrange(flows, [4, 6, 5, 3], [True, False, False, True])
    assert 0 < crossings(flows, orders) <= crossings(flows, [np.arange(size) for size in (4, 6, 5, 3)])


def test_clusters_that_are_numbered_anyhow_are_put_in_order():
    turned = np.eye(5)[[3, 0, 4, 1, 2]]
    flows = [turned, turned[::-1] @ turned]
    orders = arrange(flows, [5, 5, 5], [True, False, False])
    assert crossings(flows, [np.arange(5)] * 3) > 0
    assert crossings(flows, orders) == 0


def test_the_sweep_from_the_right_counts_too():
    flows = [np.ones((1, 3)), np.eye(3)[[2, 0, 1]]]
    orders = arrange(flows, [1, 3, 3], [True, False, True])
    assert crossings(flows, orders) == 0
    assert_array_equal(by_neighbours(1, flows, [np.arange(1), np.arange(3), np.arange(3)], back=True), [1, 2, 0])
    assert_array_equal(by_neighbours(1, flows, [np.arange(1), np.arange(3), np.arange(3)], back=False), [0, 1, 2])


def test_one_column_has_no_bands():
    layout = lay([np.array([3, 1])], np.zeros((0, 5), np.int64), [False], 50, 10)
    assert_allclose(layout.heights[0], [30, 10])
    assert layout.bands.shape == (0, 3)


def test_gaps_take_half_of_the_height_at_most():
    layout = lay([np.ones(101)], np.zeros((0, 5), np.int64), [False], 100, 15)
    assert_allclose(layout.heights[0].sum(), 50)

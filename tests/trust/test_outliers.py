import sys

import numpy as np
import pytest

from vitrail.trust import outliers
from vitrail.trust.outliers import (
    PICTURES,
    SERIES,
    TABLES,
    Made,
    blend,
    crossed,
    exchanged,
    far,
    halves,
    mirrored,
    negative,
    noise,
    on_grid,
    pieces,
    scattered,
    shaken,
    turned,
    upside_down,
)

PICTURE = ("batch", "channel", "height", "width")


def made(count=40, shape=(8, 6, 2), seed=0):
    chance = np.random.default_rng(seed)
    x = chance.normal(size=(count, *shape))
    return Made(x, np.roll(x, -1, 0), x, np.random.default_rng(1))


@pytest.mark.parametrize(
    ("shape", "axes"),
    [
        ((30, 3, 8, 8), PICTURE),
        ((30, 8, 6, 3), ("batch", "height", "width", "channel")),
        ((30, 12, 5), ("batch", "step", "feature")),
        ((30, 5, 12), ("batch", "channel", "step")),
        ((30, 7), ("batch", "feature")),
        ((1, 7), ("batch", "feature")),
        ((3, 1, 4, 4), PICTURE),
    ],
)
def test_they_look_like_x_and_are_not_x(shape, axes):
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    before = x.copy()
    found = outliers(x, axes, 0)
    assert found.shape == x.shape
    assert found.dtype == x.dtype
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(x, before)
    if len(x) > 3:
        assert all(not np.array_equal(a, b) for a, b in zip(found, x, strict=True))


def test_the_seed_decides():
    x = np.random.default_rng(0).normal(size=(20, 1, 6, 6))
    np.testing.assert_array_equal(outliers(x, PICTURE, 3), outliers(x, PICTURE, 3))
    assert not np.array_equal(outliers(x, PICTURE, 3), outliers(x, PICTURE, 4))


def test_the_layout_does_not_matter():
    x = np.random.default_rng(0).normal(size=(20, 3, 6, 6))
    last = outliers(np.moveaxis(x, 1, 3), ("batch", "height", "width", "channel"), 0)
    # noise is drawn in the same order of axes only when channels come last in both
    np.testing.assert_allclose(np.moveaxis(last, 3, 1), outliers(x, PICTURE, 0))


@pytest.mark.parametrize(
    ("axes", "shape", "kinds"),
    [
        (PICTURE, (2, 4, 4), PICTURES),
        (("batch", "step", "feature"), (9, 2), SERIES),
        (("batch", "feature"), (5,), TABLES),
    ],
)
def test_every_kind_is_made_of_some(axes, shape, kinds, monkeypatch):
    called = []
    watched = tuple(lambda some, kind=kind: called.append((kind, len(some.x))) or kind(some) for kind in kinds)
    name = {len(PICTURES): "PICTURES", len(SERIES): "SERIES", len(TABLES): "TABLES"}[len(kinds)]
    monkeypatch.setattr(sys.modules["vitrail.trust.outliers"], name, watched)
    outliers(np.random.default_rng(0).normal(size=(3 * len(kinds), *shape)), axes, 0)
    assert [kind for kind, _ in called] == list(kinds)
    assert {count for _, count in called} == {3}


def test_one_row_of_pixels_is_a_series():
    front, _ = on_grid(np.zeros((2, 1, 1, 9)), PICTURE)
    assert front.shape == (2, 1, 9, 1)


def test_a_blend_is_between_two():
    some = made()
    share = (blend(some) - some.other) / (some.x - some.other)
    flat = share.reshape(len(share), -1)
    np.testing.assert_allclose(flat, flat[:, :1].repeat(flat.shape[1], 1), atol=1e-6)
    assert 0.4 <= flat.min() < 0.45
    assert 0.55 < flat.max() <= 0.6


def test_the_negative_is_turned_round_in_its_own_range():
    some = made()
    found = negative(some)
    np.testing.assert_allclose(found.max((1, 2, 3)), some.x.max((1, 2, 3)))
    np.testing.assert_allclose(negative(Made(found, found, found, some.random)), some.x)


def test_noise_is_a_third_of_the_range_and_stays_inside():
    flat = np.zeros((50, 10, 10, 1))
    flat[0] = 1
    some = Made(np.full((50, 10, 10, 1), 0.5), flat, flat, np.random.default_rng(0))
    found = noise(some)
    assert found.min() >= 0
    assert found.max() <= 1
    inside = np.abs(found - 0.5) < 0.3  # within one standard deviation: 68 %
    assert inside.mean() == pytest.approx(0.683, abs=0.02)


def test_halves_are_of_two_side_by_side_or_one_above_the_other():
    some = made()
    found = halves(some)
    ways = 0
    for mine, one, two in zip(found, some.x, some.other, strict=True):
        across = bool((mine == np.concatenate([one[:, :3], two[:, 3:]], 1)).all())
        above = bool((mine == np.concatenate([one[:4], two[4:]])).all())
        assert across != above
        ways += across
    assert 8 < ways < 32


def test_a_series_has_no_upper_half():
    some = made(shape=(1, 6, 2))
    np.testing.assert_array_equal(halves(some)[:, :, :3], some.x[:, :, :3])


@pytest.mark.parametrize("count", [2, 4, 2**30])
def test_pieces_are_moved_whole(count):
    x = np.arange(8 * 8.0).reshape(1, 8, 8, 1).repeat(30, 0)
    found = pieces(count)(Made(x, x, x, np.random.default_rng(0)))
    size = max(8 // count, 1)

    def cut(picture):
        return sorted(
            picture[i : i + size, j : j + size].tobytes() for i in range(0, 8, size) for j in range(0, 8, size)
        )

    assert all(cut(one) == cut(x[0]) for one in found)
    assert not any((one[:size, :size] == x[0, :size, :size]).any() for one in found)  # no piece stays where it was
    assert len({one.tobytes() for one in found}) >= 6


def test_what_is_left_over_of_pieces_stays():
    some = made(shape=(5, 7, 1))
    found = pieces(2)(some)
    np.testing.assert_array_equal(found[:, 4:], some.x[:, 4:])
    np.testing.assert_array_equal(found[:, :, 6:], some.x[:, :, 6:])
    assert not np.array_equal(found, some.x)


def test_mirrors_and_turns():
    some, square = made(), made(shape=(4, 4, 1))
    np.testing.assert_array_equal(upside_down(some)[:, 0], some.x[:, -1])
    np.testing.assert_array_equal(mirrored(some)[:, :, 0], some.x[:, :, -1])
    np.testing.assert_array_equal(turned(some), some.x[:, ::-1, ::-1])
    np.testing.assert_array_equal(turned(square)[:, 0, 0], square.x[:, 0, 3])  # the upper right corner
    np.testing.assert_array_equal(turned(square)[:, 3, 0], square.x[:, 0, 0])


def test_columns_of_tables():
    some = made(200, (1, 1, 5))
    two = crossed(some)
    mine = two == some.x
    np.testing.assert_array_equal(two[~mine], some.other[~mine])
    assert mine.mean() == pytest.approx(0.5, abs=0.06)
    np.testing.assert_allclose(np.sort(exchanged(some)), np.sort(some.x))
    assert not np.array_equal(exchanged(some), some.x)
    assert all(set(scattered(some)[:, 0, 0, i]) <= set(some.x[:, 0, 0, i]) for i in range(5))
    correlated = np.random.default_rng(0).normal(size=(500, 1, 1, 1)).repeat(2, 3)
    apart = scattered(Made(correlated, correlated, correlated, some.random))[:, 0, 0]
    assert abs(np.corrcoef(apart.T)[0, 1]) < 0.2


def test_far_and_shaken_go_by_the_spread_of_a_column():
    chance = np.random.default_rng(0)
    x = chance.normal(size=(5000, 1, 1, 2)) * np.array([1.0, 100]) + 7
    some = Made(x, x, x, chance)
    np.testing.assert_allclose(far(some).std(0), 3 * x.std(0))
    np.testing.assert_allclose(far(some).mean(0), x.mean(0))
    np.testing.assert_allclose((shaken(some) - x).std(0), 2 * x.std(0), rtol=0.05)

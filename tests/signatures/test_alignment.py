import numpy as np
import pytest

from vitrail.signatures.alignment import Products, Range, aligned, middled, of_few

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 6))
Y = np.tanh(X @ RANDOM.normal(size=(6, 9))) + 0.3 * RANDOM.normal(size=(40, 9))
Z = RANDOM.normal(size=(40, 70))  # more units than examples


def centring(n):
    return np.eye(n) - np.ones((n, n)) / n


def slow_hsic(k, m):
    """tr(K H L H) / (n - 1)^2: Gretton et al. 2005, eq. 9."""
    h = centring(len(k))
    return np.trace(k @ h @ m @ h) / (len(k) - 1) ** 2


def slow_unbiased(k, m):
    """Song et al. 2012, eq. 5, out of the Gram matrices without their diagonals; nothing is centred."""
    n = len(k)
    k, m, ones = k - np.diag(np.diag(k)), m - np.diag(np.diag(m)), np.ones(n)
    parts = np.trace(k @ m) + (ones @ k @ ones) * (ones @ m @ ones) / ((n - 1) * (n - 2))
    return (parts - 2 / (n - 2) * ones @ k @ m @ ones) / (n * (n - 3))


def slow(x, y, debiased):
    hsic = slow_unbiased if debiased else slow_hsic
    k, m = x @ x.T, y @ y.T
    return hsic(k, m) / np.sqrt(hsic(k, k) * hsic(m, m))


def quick(*layers, debiased=True, size=7, shift=0.0):
    """By features, in batches, through the ranges."""
    layers = [x + shift for x in layers] if shift else layers
    ranges = [Range() for _ in layers]
    for x, seen in zip(layers, ranges, strict=True):
        for start in range(0, len(x), size):
            seen.add(x[start : start + size])
    products = Products(len(layers), [(i, j) for i in range(len(layers)) for j in range(i, len(layers))])
    for start in range(0, len(layers[0]), size):
        products.add([s.centred(x[start : start + size]) for x, s in zip(layers, ranges, strict=True)])
    return products.similarity(debiased)


@pytest.mark.parametrize("debiased", [True, False])
def test_by_features_it_is_the_definition_by_gram_matrices(debiased):
    expected = [[slow(one, other, debiased) for other in (X, Y, Z)] for one in (X, Y, Z)]
    assert 0.1 < expected[0][1] < 0.9
    np.testing.assert_allclose(quick(X, Y, Z, debiased=debiased), expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(of_few([middled(x) for x in (X, Y, Z)], debiased), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("size", [1, 13, 40])
def test_batches_are_all_at_once(size):
    np.testing.assert_allclose(quick(X, Y, size=size), quick(X, Y, size=40), rtol=1e-12)


@pytest.mark.parametrize("debiased", [True, False])
def test_rotations_scales_and_shifts_do_not_matter(debiased):
    rotation = np.linalg.qr(RANDOM.normal(size=(6, 6)))[0]
    as_it_is = quick(X, Y, debiased=debiased)[0, 1]
    assert quick(X @ rotation, Y, debiased=debiased)[0, 1] == pytest.approx(as_it_is, rel=1e-10)
    assert quick(-1e-3 * X, 5e4 * Y, debiased=debiased)[0, 1] == pytest.approx(as_it_is, rel=1e-10)
    assert quick(X, Y, debiased=debiased, shift=30.0)[0, 1] == pytest.approx(as_it_is, rel=1e-9)
    assert quick(X, X @ rotation * 3 + 1, debiased=debiased)[0, 1] == pytest.approx(1, rel=1e-10)


def test_other_linear_maps_do_matter():
    squeezed = X @ np.diag([1.0, 1.0, 1.0, 1.0, 1.0, 50.0])
    assert quick(X, squeezed)[0, 1] < 0.6


def test_what_has_nothing_in_common_is_around_zero_however_wide():
    drawn = [np.random.default_rng(seed).normal(size=(60, 300)) for seed in range(20)]
    debiased, plain = of_few([middled(x) for x in drawn]), of_few([middled(x) for x in drawn], False)
    other = ~np.eye(20, dtype=bool)
    assert np.abs(debiased[other]).max() < 0.15
    assert abs(debiased[other].mean()) < 0.01  # 190 pairs, each with a deviation of about 0.025
    assert plain[other].min() > 0.7


def test_nothing_varies_or_too_few():
    constant = quick(X, np.full((40, 3), 0.1))
    assert np.isnan(constant[[0, 1, 1], [1, 0, 1]]).all()
    assert constant[0, 0] == pytest.approx(1)
    assert np.isnan(aligned(np.ones((2, 2)), np.ones(2), np.ones((2, 2)), 3, True)).all()


def test_pairs_that_nobody_asked_for_are_not_known():
    products = Products(3, [(0, 0), (1, 1), (2, 2), (0, 2), (0, 2)])
    products.add([middled(X), middled(Y), middled(Z)])
    similar = products.similarity()
    np.testing.assert_array_equal(np.isnan(similar), [[False, True, False], [True, False, True], [False, True, False]])
    assert similar[0, 2] == similar[2, 0] == pytest.approx(slow(X, Z, True))


# -- ranges --------------------------------------------------------------------------------------------------


def test_ranges_of_batches():
    seen = Range()
    for some in np.split(X.astype(np.float32), [1, 20]):
        seen.add(some)
    assert seen.count == 40
    np.testing.assert_array_equal(seen.low, X.astype(np.float32).min(0))
    np.testing.assert_array_equal(seen.high, X.astype(np.float32).max(0))
    np.testing.assert_allclose(seen.mean, X.mean(0), atol=1e-7)


def test_constant_up_to_rounding():
    third = np.float32(1 / 3)
    units = np.array([[0, 5, third, -7, 1e-20], [0, 5, np.nextafter(third, np.float32(1)), -7.001, 0]], np.float32)
    seen = Range()
    seen.add(units)
    np.testing.assert_array_equal(seen.constant, [True, True, True, False, False])
    centred = seen.centred(units)
    assert centred.dtype == np.float32
    np.testing.assert_array_equal(centred[:, :3], 0)
    assert centred[0, 3] == pytest.approx(0.5, rel=1e-3)


def test_codes_and_huge_numbers_are_reckoned_with():
    codes = RANDOM.integers(0, 8, (40, 5)).astype(np.uint8)
    np.testing.assert_allclose(quick(codes, Y), quick(codes.astype(float), Y), rtol=1e-5)
    huge = (X * 1e25).astype(np.float32)  # its square is no float32
    np.testing.assert_allclose(quick(huge, Y), quick(X, Y), rtol=1e-4)

"""Occlusion by loops over windows, edges and several baselines included."""

import pytest
import torch

import vitrail
from known import Flattened, explained, linear, normal, product, seeded, smooth, values

close = torch.testing.assert_close


def by_loops(net, index, x, baselines, patch, stride):
    """Every window from every start that is needed to cover all places; cut off at the far edges."""
    score = lambda z: net(z)[:, index].detach()  # noqa: E731
    total, times = torch.zeros_like(x), torch.zeros_like(x)

    def starts(side):
        found = [0]
        while found[-1] + patch < side:
            found.append(found[-1] + stride)
        return found

    for top in starts(x.shape[2]):
        for left in starts(x.shape[3]):
            box = (slice(None), slice(None), slice(top, top + patch), slice(left, left + patch))
            fall = torch.zeros(len(x), dtype=x.dtype)
            for b in baselines:
                covered = x.clone()
                covered[box] = b.expand_as(x)[box]
                fall += (score(x) - score(covered)) / len(baselines)
            total[box] += fall.view(-1, 1, 1, 1)
            times[box] += 1
    return total / times


@pytest.mark.parametrize(("patch", "stride"), [(1, 1), (2, 1), (2, 2), (3, 2), (4, 3), (5, 5), (6, 1)])
def test_by_loops(patch, stride):
    net, x = seeded(Flattened(), 2), normal(2, 2, 6, 6, seed=12)
    got = values(net, x, "occlusion", 1, patch=patch, stride=stride, baseline=0.5)
    close(got, by_loops(net, 1, x, [torch.tensor(0.5)], patch, stride))


@pytest.mark.parametrize(("height", "width"), [(5, 7), (7, 4), (9, 9)])
def test_by_loops_where_windows_do_not_fit(height, width):
    net, x = linear(normal(1, height, width, seed=3)), normal(2, 1, height, width)
    for patch, stride in ((3, 2), (4, 4)):
        got = explained(net, x, "occlusion", patch=patch, stride=stride)
        close(torch.as_tensor(got.values), by_loops(net, 0, x, [torch.tensor(0.0)], patch, stride))


def test_several_baselines_are_averaged():
    net, x, several = seeded(Flattened(), 2), normal(2, 2, 6, 6, seed=12), normal(3, 2, 6, 6, seed=5)
    got = values(net, x, "occlusion", 1, patch=3, stride=2, baseline=several.numpy())
    close(got, by_loops(net, 1, x, list(several), 3, 2))


def test_one_pixel_of_a_linear_function_is_weight_times_the_step():
    x, w = normal(3, 1, 4, 5), normal(1, 4, 5, seed=1)
    close(values(linear(w, 2.0), x, "occlusion", patch=1, baseline=0.5), (x - 0.5) * w)


def test_columns_are_taken_one_by_one_by_default():
    x, w = normal(3, 5), normal(5, seed=1)
    got = explained(linear(w), x, "occlusion", baseline=0.5)
    close(torch.as_tensor(got.values), (x - 0.5) * w)
    assert got.checks["windows"] == 5
    assert got.checks["evaluations"] == 3 * (5 + 1)  # the windows, and x


def test_rows_of_columns_overlap():
    x, w = normal(3, 4), normal(4, seed=1)
    a, b, c = ((x * w)[:, i : i + 2].sum(1) for i in range(3))
    expected = torch.stack([a, (a + b) / 2, (b + c) / 2, c], 1)
    close(values(linear(w), x, "occlusion", patch=2, stride=1), expected)


def test_either_factor_of_a_product_takes_all_of_it():
    x = normal(3, 2)
    close(values(product(), x, "occlusion"), x.prod(1, keepdim=True).expand(3, 2))


def test_overlapping_falls_are_not_added_up():
    answer = explained(smooth(), normal(2, 5), "occlusion", patch=2, stride=1)
    assert torch.as_tensor(answer.checks["completeness_gap"]).isnan().all()


@pytest.mark.parametrize("settings", [{"patch": 0}, {"patch": 2, "stride": 3}, {"patch": 9}, {"stride": 0}])
def test_windows_that_leave_gaps_are_refused(settings):
    with pytest.raises(vitrail.VitrailError, match="(patch|stride)=") as error:
        explained(smooth(), normal(2, 5), "occlusion", **settings)
    assert error.value.code == "bad-setting"

"""A linear operation and what stands behind it, as one call; rules on groups are in test_lrp.py."""

import pytest
import torch
import torch.nn.functional as F

from known import normal
from vitrail.rules.call import Call
from vitrail.rules.group import Group, Tail, grouped
from vitrail.rules.linear import linear_of

close = torch.testing.assert_close
X, WEIGHT, BIAS = normal(2, 3, 4, 4), normal(5, 3, 2, 2, seed=1), normal(5, seed=2)


def tail():
    args = (X, WEIGHT, BIAS)
    call = Call("conv2d", "place", F.conv2d, args, {}, [X])
    return Tail(call, [X], linear_of("conv2d", F.conv2d, args, {}, X), "the rule")


def scaled(h):
    return h * normal(5, 1, 1, seed=3) - 2


def test_an_affine_operation_becomes_a_part_of_it():
    y = tail().call.output
    group = Group(tail().folded(lambda h: scaled(h), (y,), {}, y), scaled(y))
    close(group(X), scaled(y))
    close(group.output, scaled(y))
    up = normal(*y.shape, seed=4)
    leaf = X.clone().requires_grad_()
    close(group.gradient(up), list(torch.autograd.grad(scaled(F.conv2d(leaf, WEIGHT, BIAS)), leaf, up)))
    assert (group.name, group.place, group.record) == ("conv2d", "place", None)
    assert group.inputs is not None


def test_it_is_found_through_permutations():
    y = tail().call.output
    moved = tail().moved(torch.permute, (y, (0, 2, 3, 1)), {}, y)
    z = y.permute(0, 2, 3, 1)
    behind = moved.folded(lambda h: h * normal(5, seed=3) + 1, (z,), {}, z)
    group = Group(behind, z * normal(5, seed=3) + 1)
    close(group(X), y * normal(5, 1, 1, seed=3) + 1)
    close(group.output, y * normal(5, 1, 1, seed=3) + 1)
    close(group.back(z), y)
    told = []
    grouped(lambda call, inputs, relevance: told.append((call, relevance)))(group, [X], z)
    assert told[0][0] is group
    close(told[0][1], y)


@pytest.mark.parametrize(
    "constant",
    [normal(4, 4), normal(2, 1, 1, 1), normal(2, 5, 3, 3)[:, :, :3, :3]],
    ids=["places", "rows", "everything"],
)
def test_constants_that_differ_from_place_to_place_are_no_part_of_it(constant):
    y = tail().call.output
    constant = constant[..., :3, :3] if constant.shape[-1] == 4 else constant
    assert tail().folded(lambda h: h + constant, (y,), {}, y) is None


def test_trying_an_operation_writes_over_nothing():
    y = tail().call.output
    before = y.clone()
    tail().folded(lambda h: h.clone().mul_(2), (y,), {}, y)
    close(y, before)


def test_what_is_preserved_outlives_what_is_written_over():
    y = tail().call.output
    made = scaled(y)
    group = Group(tail().folded(lambda h: scaled(h), (y,), {}, y), made)
    assert group.storages() == {made.untyped_storage().data_ptr()}
    group.preserve()
    made.zero_()
    close(group.output, scaled(y))

"""Parts of changes: what each operation makes of them adds up, and has the sign that it says."""

import pytest
import torch
import torch.nn.functional as F

from known import F64, normal
from vitrail.rules.asked import Asked
from vitrail.rules.parts import PARTS, Step, apart, split, split_by

close = torch.testing.assert_close
RAISED, LOWERED, R = normal(3, 8, seed=1).abs(), -normal(3, 8, seed=2).abs(), normal(3, 8, seed=3)


def step(func, name, *rest, **more):
    """One operation whose input was raised and lowered from R."""
    x = (R + RAISED + LOWERED).requires_grad_()
    asked = Asked(func, (name, 1), (x, *rest), more, [x], None, False)
    with torch.no_grad():
        made, before = func(x, *rest, **more), func(R, *rest, **more)
    return Step(asked, made, [(RAISED, LOWERED)], ([R], before))


WEIGHT = normal(4, 8, seed=5)
CASES = {
    "relu": step(torch.relu, "relu"),
    "a function that falls": step(lambda x: torch.exp(-x), "exp"),
    "linear": step(F.linear, "linear", WEIGHT, normal(4)),
    "tensordot": step(torch.tensordot, "tensordot", WEIGHT.T, 1),
    "scale": step(torch.mul, "mul", torch.linspace(-1, 1, 8, dtype=F64)),
    "shift": step(torch.add, "add", 3.0),
    "neg": step(torch.neg, "neg"),
    "sub": step(torch.rsub, "rsub", 3.0),
    "mean": step(torch.mean, "mean", 1),
    "largest": step(torch.amax, "amax", 1),
    "smallest": step(torch.amin, "amin", 1),
    "moved": step(torch.flip, "flip", (1,)),
    "log beyond its domain": step(lambda x: torch.log(x - (R + LOWERED + RAISED).min() + 0.1), "log"),
}


@pytest.mark.parametrize("name", CASES)
def test_parts_add_up_to_the_change_and_have_their_sign(name):
    one = CASES[name]
    ((up, down),) = PARTS[one.asked.key](one)
    if "log" not in name:
        close(up + down, one.made - one.before[1], rtol=1e-12, atol=1e-12)
        assert up.min() >= 0
        assert down.max() <= 0
        assert up.max() > 0
        assert down.min() < 0
    assert up.isfinite().all()
    assert down.isfinite().all()


def test_pushed_is_the_derivative_times_a_change():
    one = step(torch.sin, "sin")
    close(one.pushed([RAISED])[0], torch.cos(R + RAISED + LOWERED) * RAISED)
    close(one.pushed([RAISED], [R])[0], torch.cos(R) * RAISED)


def test_split():
    parts = torch.tensor([5.0, 0.0, 4.0, 1.0]), torch.tensor([-3.0, -3.0, -2.0, -1.0])
    up, down = split(parts, torch.tensor([2.0, -3.0, 0.0, -1e-9]))
    close(up, torch.tensor([2.0, 0.0, 1.0, 0.0]))
    close(down, torch.tensor([0.0, -3.0, 1.0, 0.0]))
    kept, changed = split_by(torch.tensor([2.0, -1.0]), torch.tensor([3.0, 3.0]))
    close(kept, torch.tensor([6.0, 0.0]))
    close(changed, torch.tensor([0.0, -3.0]))


def test_apart_leaves_what_would_be_written_over():
    x = torch.ones(3)
    close(apart(Asked(torch.neg_, ("neg", 1), (x,), {}, [x], x, False), (x,), {}), -torch.ones(3))
    asked = Asked(torch.Tensor.__setitem__, ("setitem", 1), (x, 0, 2.0), {}, [x], x, False)
    close(apart(asked, (x, 0, 2.0), {}), torch.tensor([2.0, 1.0, 1.0]))
    close(x, torch.ones(3))

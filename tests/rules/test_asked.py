import pytest
import torch
import torch.nn.functional as F

from vitrail.rules.asked import Asked

close = torch.testing.assert_close


def asked(func, *args, name="relu", target=None, **kwargs):
    inputs = [t for t in args if isinstance(t, torch.Tensor) and t.requires_grad]
    return Asked(func, (name, 1), args, kwargs, inputs, target, False)


@pytest.fixture
def x():
    return torch.tensor([1.0, -2.0], requires_grad=True) * 1


def test_what_is_written_over_is_copied_before(x):
    one = asked(torch.Tensor.relu_, x, target=x)
    assert one.sources[0] is not x
    assert one.sources is one.sources
    one.run()
    close(one.sources[0].detach(), torch.tensor([1.0, -2.0]))
    close(x.detach(), torch.tensor([1.0, 0.0]))


def test_what_is_only_read_is_not_copied(x):
    one = asked(torch.relu, x)
    assert one.sources[0] is x
    assert one.pure is torch.relu
    assert one.positions == {id(x): 0}


def test_the_result_apart_leaves_the_tensor_alone(x):
    close(asked(torch.Tensor.relu_, x, target=x).apart().detach(), torch.tensor([1.0, 0.0]))
    close(x.detach(), torch.tensor([1.0, -2.0]))


@pytest.mark.parametrize(
    ("name", "both", "key"),
    [("mul", True, "product"), ("mul", False, "scale"), ("add", False, "shift"), ("add", True, "add")]
    + [("div", True, "quotient"), ("div", False, "scale"), ("matmul", True, "product"), ("matmul", False, "matmul")],
)
def test_it_is_looked_up_by_what_it_reads(x, name, both, key):
    other = x if both else torch.ones(2)
    assert asked(getattr(torch, name), x, other, name=name).key == key


def test_a_weight_that_asks_for_gradients_is_no_activation(x):
    weight = torch.nn.Parameter(torch.ones(3, 2))
    assert Asked(F.linear, ("linear", 1), (x, weight), {}, [x], None, True).key == "linear"


@pytest.mark.parametrize(("training", "key"), [(False, "batch_norm"), (True, "batch_statistics")])
def test_batch_norms_are_told_apart(training, key):
    x, counted = torch.ones(2, 3, requires_grad=True) * 2, torch.ones(3)
    assert asked(F.batch_norm, x, counted, counted, None, None, training, name="batch_norm").key == key
    args = (x, None, None, counted, counted, training, 0.1, 1e-5, False)
    assert asked(torch.batch_norm, *args, name="batch_norm").key == key
    assert asked(F.batch_norm, x, None, None, name="batch_norm").key == "batch_statistics"

import torch
from torch import nn

from judging import subject_of
from vitrail.metrics.controls import Edge, Random


def asked(control, x):
    with subject_of(nn.Sequential(nn.Flatten(), nn.Linear(x[0].numel(), 2)).double(), x) as subject:
        return control(subject.model, subject.x, subject.target)


def test_random_is_normal_and_by_its_seed():
    x = torch.zeros(4, 1, 50, 50, dtype=torch.float64)
    one = asked(Random(3), x)
    torch.testing.assert_close(one, asked(Random(3), x))
    assert (one != asked(Random(4), x)).all()
    assert abs(float(one.mean())) < 0.04
    assert abs(float(one.std()) - 1) < 0.03


def test_random_is_not_what_x_was_drawn_with():
    x = torch.randn(30, 1, 8, 8, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    drawn = asked(Random(0), x)
    assert abs(float(torch.corrcoef(torch.stack([x.flatten(), drawn.flatten()]))[0, 1])) < 0.1


def test_the_edge_of_a_ramp_is_its_slope():
    ramp = 3.0 * torch.arange(6.0, dtype=torch.float64).expand(1, 1, 5, 6) + 4.0 * torch.arange(5.0)[:, None]
    torch.testing.assert_close(asked(Edge(), ramp), torch.full_like(ramp, 5.0))


def test_a_flat_picture_has_no_edge():
    assert asked(Edge(), torch.full((1, 1, 4, 4), 7.0, dtype=torch.float64)).abs().max() == 0


def test_of_a_table_the_size_counts():
    x = torch.tensor([[1.0, -2.0, 0.0]], dtype=torch.float64)
    assert asked(Edge(), x).tolist() == [[1.0, 2.0, 0.0]]

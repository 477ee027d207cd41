"""Small networks in float64 that several tests here look at."""

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Picture(nn.Module):
    """A convolution with batch norm, a functional ReLU in a block, a ReLU that is used twice, a head."""

    def __init__(self) -> None:
        super().__init__()
        self.block = nn.Sequential(nn.Conv2d(2, 3, 3, padding=1), nn.BatchNorm2d(3))
        self.act = nn.ReLU()
        self.mix = nn.Conv2d(3, 4, 1)
        self.fc = nn.Linear(4, 5)
        nn.init.uniform_(self.mix.bias, 0.5, 1)  # no ReLU is dead

    def forward(self, x: Tensor) -> Tensor:
        h = self.act(self.block(x))
        h = self.act(self.mix(h))
        return self.fc(F.softplus(h).mean((2, 3)))


def warmed(network: nn.Module) -> nn.Module:
    """In float64, in evaluation, its batch norms no longer as they began."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d) and module.running_mean is not None:
            module.running_mean.uniform_(-1, 1)
            module.running_var.uniform_(0.5, 2)
            if module.affine:
                nn.init.uniform_(module.weight, 0.5, 2)
                nn.init.uniform_(module.bias, -1, 1)
    return network.double().eval()


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(20)


@pytest.fixture
def picture() -> nn.Module:
    return warmed(Picture())


@pytest.fixture
def pixels() -> Tensor:
    return torch.randn(3, 2, 5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def same():
    """To the last bit."""

    def compare(actual: Tensor, expected: Tensor) -> None:
        torch.testing.assert_close(actual, expected, rtol=0, atol=0)

    return compare

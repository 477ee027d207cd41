"""Networks and data whose signatures are known."""

import numpy as np
import torch
from torch import nn

#: XOR: (0, 0) and (1, 1) are of class 0, the others of class 1; each as often as said here
CORNERS = {(0.0, 0.0): 5, (1.0, 1.0): 3, (0.0, 1.0): 4, (1.0, 0.0): 2}


def xor() -> nn.Sequential:
    """h = (relu(a + b), relu(a + b - 1)), class 1 where h_0 - 2 h_1 > 1/2: (0, 0), (1, 0) twice and (2, 1)."""
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 2)).double()
    with torch.no_grad():
        net[0].weight.copy_(torch.ones(2, 2))
        net[0].bias.copy_(torch.tensor([0.0, -1.0]))
        net[2].weight.copy_(torch.tensor([[0.0, 0.0], [1.0, -2.0]]))
        net[2].bias.copy_(torch.tensor([0.5, 0.0]))
    return net


def blobs(count: int, units: int = 6, seed: int = 0, classes: int = 3):
    """(count, units) points around as many corners of a cube as there are classes, and (count,) which one."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count)
    return 4.0 * np.eye(classes, units)[labels] + rng.normal(0, 0.3, (count, units)), labels


def layered(units: int = 6, classes: int = 3, seed: int = 0) -> nn.Sequential:
    """Two hidden layers that keep the blobs apart, and a head that tells them."""
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(units, 8), nn.ReLU(), nn.Linear(8, 5), nn.Tanh(), nn.Linear(5, classes)).double()
    x, labels = blobs(300, units, 99, classes)
    points, wanted = torch.tensor(x), torch.tensor(labels)
    optimizer = torch.optim.Adam(net.parameters(), 0.02)
    for _ in range(120):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(points), wanted).backward()
        optimizer.step()
    return net.eval()

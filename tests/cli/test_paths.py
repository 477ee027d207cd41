import numpy as np
import pytest
import torch
from torch import nn

import vitrail
from vitrail.cli.paths import letter, listed, mirrored, path_chapters, strange
from vitrail.cli.tour import Effort


@pytest.fixture(scope="module")
def digits():
    """(x (60, 28, 28, 1), y): three made-up kinds, squares in different places."""
    random = np.random.default_rng(0)
    y = np.arange(300) % 3
    x = 0.2 * random.random((300, 28, 28, 1), np.float32)
    for i, kind in enumerate(y):
        x[i, 4 + 6 * kind : 10 + 6 * kind, 8:20] += 0.8
    return x, y


@pytest.fixture(scope="module")
def model(digits):
    """A network that reads them."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 8), nn.ReLU(), nn.Linear(8, 3))
    steps = torch.optim.Adam(network.parameters(), 0.01)
    for _ in range(30):
        steps.zero_grad()
        nn.functional.cross_entropy(network(torch.tensor(digits[0])), torch.tensor(digits[1])).backward()
        steps.step()
    return vitrail.open(network.eval(), classes=["0", "1", "2"])


def test_two_chapters_about_paths(model, digits):
    x, y = digits
    flow, trust = path_chapters(model, (x[:200], y[:200]), x[200:], Effort(clusters=3, asked=5))
    (known,) = flow.section.answers
    assert known.kind == "signature"
    assert "200 digits" in flow.section.text
    assert "3 clusters" in flow.section.text
    assert "100% at " in flow.section.text
    (judged,) = trust.section.answers
    assert (judged.kind, len(judged), len(trust.names)) == ("score", 12, 12)
    assert judged.checks["calibrated_on"] == "given"
    p = np.asarray(judged.values)
    assert f"{(p[5:] <= 0.05).sum()} of the 7 other pictures" in trust.section.text
    assert "the letter K" in trust.section.text


def test_strange_pictures_are_pictures_and_differ(digits):
    others = strange(digits[0])
    assert all(
        picture.shape == (28, 28, 1) and 0 <= picture.min() < picture.max() <= 1.1 for picture in others.values()
    )
    assert len({picture.tobytes() for picture in others.values()}) == len(others) == 7


def test_a_letter_stands_in_the_middle():
    drawn = letter("W")[..., 0]
    assert 0.05 < drawn.mean() < 0.4
    rows, columns = np.nonzero(drawn > 0.5)
    for places in (rows, columns):
        assert abs((places.min() + places.max()) / 2 - 13.5) < 3


def test_a_mirror_image():
    digit = np.arange(28 * 28, dtype=np.float32).reshape(28, 28, 1)
    np.testing.assert_array_equal(mirrored(digit), mirrored(digit)[:, ::-1])
    np.testing.assert_array_equal(mirrored(digit)[:, :14], digit[:, :14])


def test_words_in_a_row():
    assert listed(["a", "b", "c"]) == "a, b and c"

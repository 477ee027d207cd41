import numpy as np
import pytest

import vitrail
from blobs import CORNERS, blobs, layered, xor


@pytest.fixture
def corners():
    """(14, 2) the corners, and (14,) their classes."""
    x = np.array([point for point, times in CORNERS.items() for _ in range(times)])
    return x, (x[:, 0] != x[:, 1]).astype(int)


@pytest.fixture
def xor_model():
    return vitrail.open(xor())


@pytest.fixture(scope="session")
def layered_model():
    return vitrail.open(layered(), classes=["ant", "bee", "cat"])


@pytest.fixture(scope="session")
def fitted(layered_model):
    """Signatures of 400 blobs, with trust."""
    x, labels = blobs(400)
    return vitrail.signatures(layered_model, x, labels, clusters=3, held_out=0.4)

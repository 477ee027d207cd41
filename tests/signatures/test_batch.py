from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from vitrail.signatures.batch import Batch


def test_a_batch_is_a_record():
    batch = Batch(np.arange(2), {}, np.zeros(2), np.zeros(2), np.zeros((2, 1)), np.zeros(2))
    with pytest.raises(FrozenInstanceError):
        batch.label = np.ones(2)

import random

import numpy as np
import pytest
import torch

from vitrail.model.undisturbed import undisturbed


def draws():
    return float(torch.rand(1)), np.random.rand(), random.random()  # noqa: NPY002


@pytest.mark.parametrize("failing", [False, True])
def test_global_random_numbers_go_on_as_before(failing):
    torch.manual_seed(1), np.random.seed(1), random.seed(1)  # noqa: NPY002
    expected = draws()
    torch.manual_seed(1), np.random.seed(1), random.seed(1)  # noqa: NPY002
    try:
        with undisturbed():
            assert draws() == expected
            if failing:
                raise ZeroDivisionError
    except ZeroDivisionError:
        assert failing
    assert draws() == expected


def test_inference_mode_is_left_and_taken_up_again():
    with torch.inference_mode():
        with undisturbed():
            assert not torch.is_inference_mode_enabled()
            assert not torch.ones(1).is_inference()
        assert torch.is_inference_mode_enabled()

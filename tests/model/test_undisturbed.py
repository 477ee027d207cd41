"""Global random numbers as found, and no inference mode inside."""

import random

import numpy as np
import pytest
import torch

from vitrail.model.undisturbed import undisturbed


def draws():
    return torch.rand(1).item(), np.random.random(), random.random()  # noqa: NPY002


def test_random_numbers_go_on_as_if_nothing_had_happened():
    torch.manual_seed(5), np.random.seed(5), random.seed(5)  # noqa: NPY002
    expected = draws()
    torch.manual_seed(5), np.random.seed(5), random.seed(5)  # noqa: NPY002
    with undisturbed():
        draws()
    assert draws() == expected


@undisturbed()
def careless():
    draws()
    raise KeyError


def test_also_after_a_mistake():
    torch.manual_seed(5), np.random.seed(5), random.seed(5)  # noqa: NPY002
    expected = draws()
    torch.manual_seed(5), np.random.seed(5), random.seed(5)  # noqa: NPY002
    with pytest.raises(KeyError):
        careless()
    assert draws() == expected


def test_tensors_made_inside_can_ask_for_gradients():
    with torch.inference_mode():
        with undisturbed():
            x = torch.ones(2).requires_grad_()
        assert torch.is_inference_mode_enabled()
    assert not x.is_inference()

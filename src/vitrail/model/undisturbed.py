"""What an explanation leaves as it found it."""

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def undisturbed() -> Iterator[None]:
    """Global random numbers (torch, CUDA, numpy, Python) as found, also after an exception; inference mode is left."""
    states = torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002  it is kept, not used
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []  # type: ignore[no-untyped-call]
    try:
        with torch.inference_mode(False):
            yield
    finally:
        torch.set_rng_state(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        random.setstate(states[2])
        if cuda:
            torch.cuda.set_rng_state_all(cuda)

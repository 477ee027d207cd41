"""Which weights a network has: a cheap key to notice a change, and a hash to write down."""

import hashlib
from typing import Any

import torch
from torch import Tensor

from vitrail.model.network import Network


class Fingerprint:
    """The hash of a network's weights, computed again only when the weights have changed."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._key: Any = None
        self._digest = ""

    def key(self) -> Any:
        """Changes whenever a weight does, also by `parameter.data`, which no version counter sees."""
        with torch.no_grad():
            return tuple((w.data_ptr(), w._version, w.sum().item()) for w in self._network.tensors())

    def digest(self) -> str:
        """sha256 over names, types, shapes and bytes; the first 16 hexadecimal digits."""
        key = self.key()
        if key != self._key or not self._digest:
            self._digest = digest(self._network.weights())
            self._key = key
        return self._digest


def digest(weights: dict[str, Tensor] | Any) -> str:
    state = hashlib.sha256()
    for name, weight in sorted(weights.items()):
        state.update(f"{name} {weight.dtype} {tuple(weight.shape)}".encode())
        state.update(weight.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
    return state.hexdigest()[:16]

"""Operations that nobody sees: TorchScript, autograd functions of one's own, recomputation outside of the run.

What they do is not in the hands of a table, and would go back by its gradient in silence. They leave a trace: nodes
in autograd's graph that no operation under the table has made.
"""

from collections.abc import Iterator
from typing import Any

from torch import Tensor

#: Nodes that only move values: whoever made them, the gradient carries relevance to where it came from.
MOVING_NODES = frozenset(
    "Alias AsStrided Cat Clone CopyBackwards CopySlices Detach Expand Index Narrow Permute Repeat ReshapeAlias Select "
    "Slice Split SplitWithSizes Squeeze Stack SwapDims T ToCopy Transpose Unbind UnsafeView Unsqueeze View Where "
    "AccumulateGrad".split()
)
SEEN = "vitrail"


def see(tensor: Tensor) -> None:
    """Remember that an operation under the table made it."""
    node: Any = tensor.grad_fn
    if node is not None:
        node.metadata[SEEN] = True


def hidden_in(tensor: Tensor) -> str:
    """The node that changed values on the way to a tensor, past the table; "" where there is none."""
    return next((name for name in _unseen(tensor.grad_fn) if name not in MOVING_NODES), "")


def _unseen(node: Any) -> Iterator[str]:
    """The names of the nodes behind a node, itself first, up to those that were seen."""
    waiting, met = [node], set()
    while waiting:
        node = waiting.pop()
        if node is None or SEEN in node.metadata or node in met:
            continue
        met.add(node)
        yield node.name().split("::")[-1].split("Backward")[0] or node.name()
        waiting += [before for before, _ in node.next_functions]

"""Many points per example, run in chunks that fit memory."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from vitrail.errors import OutOfMemory

#: glibc hands blocks above 32 MiB back to the system at once, so that every pass pays for fresh pages:
#: on a CPU a chunk is kept so small that its largest tensor stays below.
LARGEST_TENSOR = 30 * 2**20
SHORT = 64  #: rows of the first chunk of a sweep that may be stopped
CPU_BUDGET = 2**30  #: bytes that a chunk may hold for the way back


@dataclass(frozen=True, eq=False)
class Sweep:
    """`count` points for each of `examples`, made when they are needed.

    point    (rows (m,), steps (m,)) -> (m, ...): the points for these pairs of example and step
    weights  (count,) or (examples, count): what each answer counts; their plain mean if None
    factor   (rows, steps) -> (m, ...): what each answer is multiplied by, element by element; nothing if None
    prefix   step by step through all examples, so that Ctrl-C leaves whole answers to the first steps; else example by
             example
    """

    examples: int
    count: int
    point: Callable[[Tensor, Tensor], Tensor]
    weights: Tensor | None = None
    factor: Callable[[Tensor, Tensor], Tensor] | None = None
    prefix: bool = False

    def pairs(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """(rows, steps) of flat indices."""
        if self.prefix:
            return indices % self.examples, indices // self.examples
        return indices // self.count, indices % self.count

    def weight(self, rows: Tensor, steps: Tensor, like: Tensor) -> Tensor:
        """(m,) what these pairs count."""
        if self.weights is None:
            return like.new_full((len(rows),), 1 / self.count)
        weights = self.weights.to(like)
        return weights[steps] if weights.ndim == 1 else weights[rows, steps]


def chunk_size(largest: int, saved: int | None, device: torch.device) -> int:
    """How many rows fit: largest, saved: bytes of the largest tensor and of all kept tensors of one row."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return max(1, int(free * 0.5) // max(saved or 8 * largest, 1))
    return max(1, min(LARGEST_TENSOR // max(largest, 1), CPU_BUDGET // max(saved or 4 * largest, 1)))


def chunks(
    total: int, size: int, device: torch.device, run: Callable[[Tensor], None], first: int | None = None
) -> None:
    """Call `run` with consecutive flat indices, at most `size` at a time; halve that when memory runs out.

    first    how many to begin with, doubled from chunk to chunk: a network that turns out slow can be stopped early
    """
    start, growing = 0, first or size
    while start < total:
        most = min(size, growing)
        even = -(-(total - start) // -(-(total - start) // most))  # the rest in chunks of equal size
        indices = torch.arange(start, start + even, device=device)
        try:
            run(indices)
        except (RuntimeError, MemoryError) as error:
            if not ran_out(error):
                raise
            size = halved(even, error)
            continue
        start, growing = start + even, 2 * growing


def ran_out(error: BaseException) -> bool:
    """Whether an error means that memory ran out (the CPU allocator raises a plain RuntimeError)."""
    words = str(error)
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in words


def halved(size: int, error: BaseException) -> int:
    if size == 1:
        raise OutOfMemory(
            "not even one example at a time fits into memory. "
            "The network needs more than this machine has free. Use a smaller input, a smaller layer, or a "
            "larger machine."
        ) from error
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return size // 2

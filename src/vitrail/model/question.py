"""What is known and counted while one question is answered."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor

from vitrail.model.ops import Handler, Site
from vitrail.model.packed import Packed
from vitrail.model.trace import Trace

Progress = Callable[[int, int], None]  #: (points done, points in all)


class Asks(Protocol):
    """A target, as far as the handle is concerned: one number per row, read off a trace."""

    @property
    def layers(self) -> tuple[str, ...]: ...
    def __call__(self, trace: Trace, /) -> Tensor: ...


class Spent(Exception):
    """More passes were asked for than a question may use."""


class Question:
    """The state of one `explain`: x, the network's answer to it, the tally, the plan.

    speed     "auto": long sweeps use a faster plan once it has been checked; "plain": never; "fast": always try
    plans     "forward" or "gradient" -> handlers of the plan in use for such passes; none for the plain path
    speedups  what was used and how it was checked, for the provenance
    stopped   whether Ctrl-C ended a sweep whose first answers are enough
    limit     how many passes, forwards and gradients of one example, may be used; None for any number
    """

    def __init__(self, packed: Packed, progress: Progress | None = None, speed: str = "auto") -> None:
        self.packed = packed
        self.progress = progress
        self.speed = speed
        self.output: Tensor | None = None
        self.logits: Tensor | None = None
        self.forwards = 0
        self.backwards = 0
        self.limit: int | None = None
        self.prepared = set[str]()
        self.stopped = False
        self.plans: dict[str, Mapping[Site, Handler] | None] = {}
        self.speedups: dict[str, Any] = {}
        self._heard = torch.zeros(len(packed.x), dtype=torch.bool, device=packed.x.device)
        self._depth = 0

    def remember(self, x: Tensor, rows: Tensor, output: Tensor, logits: Tensor) -> None:
        """What the network said about x itself; a method that runs x anyway saves a pass."""
        if self.heard_all() or not self._is_own(x, rows):
            return
        whole = len(self.packed.x)
        if self.output is None or self.logits is None:
            self.output = output.new_empty(whole, *output.shape[1:])
            self.logits = self.output if logits is output else logits.new_empty(whole, *logits.shape[1:])
        self.output[rows], self.logits[rows] = output.detach(), logits.detach()
        self._heard[rows] = True

    def heard_all(self) -> bool:
        return bool(self._heard.all())

    def _is_own(self, x: Tensor, rows: Tensor) -> bool:
        """Whether a tensor is these rows of the question's own x: the same memory, not only the same numbers."""
        own = self.packed.x
        if x.untyped_storage().data_ptr() != own.untyped_storage().data_ptr() or x.shape[1:] != own.shape[1:]:
            return False
        return x.storage_offset() == own.storage_offset() + int(rows[0]) * own.stride(0) and x.stride() == own.stride()

    @property
    def used(self) -> int:
        """Passes so far."""
        return self.forwards + self.backwards

    def spend(self, forwards: int = 0, backwards: int = 0) -> None:
        """Count passes. Raises Spent beyond the limit."""
        self.forwards += forwards
        self.backwards += backwards
        if self.limit is not None and self.used > self.limit:
            raise Spent(f"{self.used} passes of {self.limit}")

    @contextmanager
    def charged(self, payer: "Question | None") -> Iterator[None]:
        """What this question uses counts for another one, too, and is bound by what that one has left."""
        if payer is None:
            yield
            return
        self.limit = None if payer.limit is None else payer.limit - payer.used
        try:
            yield
        finally:
            payer.forwards += self.forwards
            payer.backwards += self.backwards

    @contextmanager
    def uncounted(self) -> Iterator[None]:
        """Passes that check a plan are no evaluations of the method."""
        before = self.forwards, self.backwards
        yield
        self.forwards, self.backwards = before

    @contextmanager
    def working(self, total: int) -> Iterator[Callable[[int], None]]:
        """Counts points done; only the outermost of nested sweeps reports."""
        done = 0

        def advance(count: int) -> None:
            nonlocal done
            done += count
            if self.progress is not None and self._depth == 1:
                self.progress(done, total)

        self._depth += 1
        try:
            yield advance
        finally:
            self._depth -= 1

    @contextmanager
    def together(self, total: int, sweeps: int) -> Iterator[Callable[[int], None]]:
        """Several sweeps as one count of points; a single one counts for itself."""
        if sweeps < 2:
            yield lambda count: None
            return
        with self.working(total) as advance:
            yield advance

    @contextmanager
    def stoppable(self, may: bool) -> Iterator[None]:
        """Ctrl-C ends a sweep that may be stopped, and is noted."""
        try:
            yield
        except KeyboardInterrupt:
            if not may:
                raise
            self.stopped = True

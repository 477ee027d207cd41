"""What all recipes share: how a network is fitted, and the protocol behind the list."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol

from vitrail.methods.settings import Count, Portion, Seed, Share
from vitrail.train.data import Data

Task = Literal["binary", "multiclass", "multilabel", "regression"]
Optimizer = Literal["adam", "sgd"]
Schedule = Literal["constant", "cosine", "exponential", "plateau"]


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """How a network is fitted; every recipe has these settings.

    epochs     passes over the training examples at most
    batch      examples for each step
    rate       learning rate at the start
    optimizer  "adam" (Kingma, Ba, 2015) or "sgd" with Nesterov's momentum
    momentum   of sgd
    schedule   of the rate: "constant"; "cosine" down to 0; "exponential", a tenth at the end; "plateau": halved when
               the validation loss has not fallen for half of `patience` epochs
    patience   epochs without a better validation loss after which training stops; None: never. The best weights of all
               phases are kept
    balance    whether classes count alike, however rare they are
    seed       of the weights, the order of examples, dropout and augmentation
    """

    epochs: Count = 20
    batch: Count = 32
    rate: Share = 1e-3
    optimizer: Optimizer = "adam"
    momentum: Portion = 0.9
    schedule: Schedule = "constant"
    patience: Count | None = 10
    balance: bool = False
    seed: Seed = 0

    @property
    def fitting(self) -> "Fitting":
        return self


@dataclass(frozen=True)
class Phase:
    """A part of the training with its own weights to learn, see `transfer`.

    name     in the history
    epochs   at most
    rate     at its start
    prepare  says which layers learn, before anything else; None: all do
    """

    name: str
    epochs: int
    rate: float
    prepare: Callable[[Any], None] | None = None


class Recipe(Protocol):
    """A frozen dataclass whose fields are its settings, those of Fitting among them; see `recipes`.

    name    in kebab-case
    tasks   what it can learn
    reads   the kind of x: "table", "pictures", "texts"; several where it takes several

    build   a keras network for the data, not compiled
    phases  one after the other; most recipes have one
    """

    name: ClassVar[str]
    tasks: ClassVar[tuple[Task, ...]]
    reads: ClassVar[tuple[str, ...]]

    @property
    def fitting(self) -> Fitting: ...

    def build(self, keras: Any, data: Data, /) -> Any: ...

    def phases(self, network: Any, /) -> Sequence[Phase]: ...

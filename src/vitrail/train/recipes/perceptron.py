"""Rosenblatt's perceptron: a linear model that learns from its mistakes alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from vitrail.explanation import Array
from vitrail.methods.settings import Count, Seed, Share
from vitrail.train.data import Data
from vitrail.train.heads import head
from vitrail.train.recipe import Fitting, Phase, Task


@dataclass(frozen=True, kw_only=True)
class Perceptron:
    """The perceptron, by scikit-learn; one of them for each class against the rest where there are several   [1].

        answer = 1 if w x + b > 0, else -1;   where it is wrong: (w, b) += rate * t * (x, 1),   t = 1 or -1

    What comes out is a network of one dense layer with these weights. So that it can be opened and explained as all
    others, a sigmoid or softmax stands behind w x + b; the answers are the same, since 0 is where a sigmoid is 1/2.
    `vitrail.train.perceptron` learns step by step, with Heaviside's step or the sign, and keeps every update.

    Settings    epochs    passes over the training examples at most; it stops when all of them are right
                rate      changes the size of the weights alone, and no answer
                patience  epochs without fewer mistakes in the validation part after which it stops; None: never. The
                          weights with the fewest are kept, the later ones where several have as few
                balance   whether classes count alike, however rare they are
                seed      of the order of the examples
    Beware      probabilities say which class, and nothing of how sure it is

    [1] Rosenblatt, "The perceptron: a probabilistic model for information storage and organization in the brain", 1958
    """

    name: ClassVar[str] = "perceptron"
    tasks: ClassVar[tuple[Task, ...]] = ("binary", "multiclass")
    reads: ClassVar[tuple[str, ...]] = ("table", "pictures")
    epochs: Count = 100
    rate: Share = 1.0
    patience: Count | None = 10
    balance: bool = False
    seed: Seed = 0

    @property
    def fitting(self) -> Fitting:
        return Fitting(epochs=self.epochs, rate=self.rate, patience=self.patience, balance=self.balance, seed=self.seed)

    def build(self, keras: Any, data: Data) -> Any:
        flat = [keras.Input(data.x.shape[1:]), keras.layers.Flatten()]
        return keras.Sequential([*flat, head(keras, data)], name="perceptron")

    def phases(self, network: Any) -> Sequence[Phase]:
        return [Phase("all", self.epochs, self.rate)]

    def learn(self, network: Any, data: Data) -> list[dict[str, Any]]:
        """The network with the weights that made the fewest mistakes, and a row for each epoch."""
        history, best, waited = [], np.inf, 0
        for row, kernel, bias in self.rows(data):
            history.append(row)
            waited = 0 if row["val_loss"] < best else waited + 1
            if row["val_loss"] <= best:
                best = row["val_loss"]
                network.get_layer("output").set_weights([kernel, bias])
            if self.patience is not None and waited >= self.patience:
                break
        return history

    def rows(self, data: Data) -> Iterator[tuple[dict[str, Any], Array, Array]]:
        """After each epoch: how it went, kernel (inputs, units), bias (units,). The loss is the share of mistakes."""
        from sklearn.linear_model import Perceptron as Rosenblatt

        (x, y), (x_held, y_held) = (labelled(*data.part(part)) for part in ("train", "validation"))
        counts = data.weights() if self.balance else None
        units = Rosenblatt(eta0=self.rate, shuffle=False, class_weight=counts)
        for epoch in range(1, self.epochs + 1):
            order = np.random.default_rng((self.seed, epoch)).permutation(len(x))
            units.partial_fit(x[order], y[order], classes=np.arange(max(len(data.classes), 2)))
            right, held = units.score(x, y), units.score(x_held, y_held)
            row = {"loss": 1 - right, "accuracy": right, "val_loss": 1 - held, "val_accuracy": held}
            yield (
                {"phase": "all", "epoch": epoch, "rate": self.rate, **row},
                units.coef_.T.copy(),
                units.intercept_.copy(),
            )
            if right == 1:
                return


def labelled(x: Array, y: Array) -> tuple[Array, Array]:
    """(n, inputs) and (n,) whole numbers of classes."""
    return x.reshape(len(x), -1).astype(np.float64), y.reshape(-1).astype(np.int64)

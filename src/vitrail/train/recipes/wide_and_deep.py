"""Wide and deep: some columns go straight to the output, some through hidden layers, and both learn together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from vitrail.errors import BadSetting, near
from vitrail.inputs.table import Table
from vitrail.methods.settings import Count, Portion
from vitrail.train.data import Data
from vitrail.train.dense import Activation, hidden
from vitrail.train.heads import head
from vitrail.train.recipe import Fitting, Phase, Task

Columns = Sequence[int | str] | None


@dataclass(frozen=True)
class WideAndDeep(Fitting):
    """A linear model and a deep network under one output   [1].

        y = output(W_wide x_wide + W h_n + b),   h_0 = x_deep,   h_k = activation(W_k h_{k-1} + b_k)

    The wide part remembers simple rules, the deep part finds the rest.

    Settings    wide        columns that go straight to the output, by name or number; None: all
                deep        columns that go through the hidden layers; None: all
                hidden      units of each hidden layer
                activation  of the hidden layers
                dropout     the share of units that is left out at every step
    The others  how it is fitted, see Fitting. The paper fits the wide part by FTRL and the deep one by AdaGrad; here
                one optimizer fits both, as the course does
    Beware      a number counts what the network reads: a column of three categories is three of them. A name means
                the whole column

    [1] Cheng et al., "Wide & Deep Learning for Recommender Systems", 2016, equation 3
    """

    name: ClassVar[str] = "wide-and-deep"
    tasks: ClassVar[tuple[Task, ...]] = ("binary", "multiclass", "multilabel", "regression")
    reads: ClassVar[tuple[str, ...]] = ("table",)
    wide: Columns = None
    deep: Columns = None
    hidden: Sequence[Count] = (30, 30)
    activation: Activation = "relu"
    dropout: Portion = 0.0

    def build(self, keras: Any, data: Data) -> Any:
        x = keras.Input(data.x.shape[1:])
        flat = keras.layers.Flatten()(x)
        wide, h = (part(keras, flat, data, name, getattr(self, name)) for name in ("wide", "deep"))
        for layer in hidden(keras, self.hidden, self.activation, self.dropout):
            h = layer(h)
        both = keras.layers.Concatenate(name="both")([wide, h])
        return keras.Model(x, head(keras, data)(both), name="wide_and_deep")

    def phases(self, network: Any) -> Sequence[Phase]:
        return [Phase("all", self.epochs, self.rate)]


def part(keras: Any, x: Any, data: Data, setting: str, columns: Columns) -> Any:
    """(batch, columns): those of x that are asked for."""
    return x if columns is None else keras.ops.take(x, places(data, setting, columns), axis=1)


def places(data: Data, setting: str, columns: Sequence[int | str]) -> list[int]:
    """Where columns stand in what the network reads; raises BadSetting for one that is not there, or twice."""
    found = [place for column in columns for place in places_of(data, setting, column)]
    if not found or len(set(found)) < len(found):
        raise BadSetting(
            f"{setting}={list(columns)!r} names no column, or one twice. Columns, each of them once, were expected. "
            "Leave it out for all of them.",
            setting=setting,
        )
    return found


def places_of(data: Data, setting: str, column: int | str) -> list[int]:
    count = data.x[0].size
    table = data.modality if isinstance(data.modality, Table) else None
    names = [] if table is None else list(table.columns)
    if isinstance(column, int) and -count <= column < count:
        return [column % count]
    if table is not None and column in names:
        return [place for place, group in enumerate(table.groups) if names[group] == column]
    raise BadSetting(
        f"{setting} names {column!r}, and there is no such column. {near(str(column), names)}A number from 0 to "
        f"{count - 1}{' or a name out of ' + ', '.join(names) if names else ''} was expected. Correct it.",
        setting=setting,
    )

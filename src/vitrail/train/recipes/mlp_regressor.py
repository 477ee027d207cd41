"""A multilayer perceptron that says one number or several: any, positive ones, or between bounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from vitrail.methods.settings import Count, Portion
from vitrail.train.data import Data
from vitrail.train.dense import Activation, hidden
from vitrail.train.recipe import Fitting, Phase, Task
from vitrail.train.units import Bounds, Output, numbers


@dataclass(frozen=True)
class MLPRegressor(Fitting):
    """A multilayer perceptron for numbers   [1].

        h_0 = x,   h_k = activation(W_k h_{k-1} + b_k),   y = scale * output(W h + b) + offset

    What the course's table says, and where it stands here: one input for each feature; 1 to 5 hidden layers of 10 to
    100 units with ReLU or SELU; one output for each number, without activation, with softplus for positive ones, with
    a sigmoid for bounded ones; squared error, or absolute error and Huber's where some targets lie far out.

    The last layer, which is not learnt, leads back to the units of the targets: scale and offset are their standard
    deviation and mean in the training part, (mean, 0) for positive and (high - low, low) for bounded ones. The loss
    counts in standard deviations, `mae` and the network in the units of the targets.

    Settings    hidden      units of each hidden layer
                activation  of the hidden layers
                dropout     the share of units that is left out at every step
                output      "free", "positive" or "bounded"
                bounds      (low, high) of a bounded output; None: the least and largest target of the training part
                loss        "mse", "mae", or "huber": squared up to one standard deviation, absolute beyond
    The others  how it is fitted, see Fitting
    Beware      a bounded output never quite says its bounds; a positive one never quite 0

    [1] Geron, "Hands-On Machine Learning with Scikit-Learn, Keras, and TensorFlow", 2nd edition, 2019, table 10-1
    """

    name: ClassVar[str] = "mlp-regressor"
    tasks: ClassVar[tuple[Task, ...]] = ("regression",)
    reads: ClassVar[tuple[str, ...]] = ("table", "pictures")
    hidden: Sequence[Count] = (100, 50)
    activation: Activation = "relu"
    dropout: Portion = 0.0
    output: Output = "free"
    bounds: Bounds = None
    loss: Literal["mse", "mae", "huber"] = "mse"

    def build(self, keras: Any, data: Data) -> Any:
        flat = [keras.Input(data.x.shape[1:]), keras.layers.Flatten()]
        deep = hidden(keras, self.hidden, self.activation, self.dropout)
        end = numbers(keras, data, "output", self.output, self.bounds)
        return keras.Sequential([*flat, *deep, end], name="mlp_regressor")

    def phases(self, network: Any) -> Sequence[Phase]:
        return [Phase("all", self.epochs, self.rate)]

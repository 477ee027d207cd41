"""A multilayer perceptron that says yes or no, one of several classes, or several labels at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from vitrail.methods.settings import Count, Portion
from vitrail.train.data import Data
from vitrail.train.dense import Activation, hidden
from vitrail.train.heads import head
from vitrail.train.recipe import Fitting, Phase, Task


@dataclass(frozen=True)
class MLPClassifier(Fitting):
    """A multilayer perceptron for classes   [1].

        h_0 = x,   h_k = activation(W_k h_{k-1} + b_k),   y = sigmoid or softmax of (W h + b)

    What the course's table says, and where it stands here: one input for each feature; 1 to 5 hidden layers of 10 to
    100 units with ReLU or SELU; one unit with a sigmoid for yes or no, one for each of several labels, softmax over
    the classes else; cross-entropy for all three.

    Settings    hidden      units of each hidden layer
                activation  of the hidden layers
                dropout     the share of units that is left out at every step
    The others  how it is fitted, see Fitting
    Beware      numbers of very different size: standardise the columns

    [1] Geron, "Hands-On Machine Learning with Scikit-Learn, Keras, and TensorFlow", 2nd edition, 2019, table 10-2
    """

    name: ClassVar[str] = "mlp-classifier"
    tasks: ClassVar[tuple[Task, ...]] = ("binary", "multiclass", "multilabel")
    reads: ClassVar[tuple[str, ...]] = ("table", "pictures")
    hidden: Sequence[Count] = (100, 50)
    activation: Activation = "relu"
    dropout: Portion = 0.0

    def build(self, keras: Any, data: Data) -> Any:
        flat = [keras.Input(data.x.shape[1:]), keras.layers.Flatten()]
        deep = hidden(keras, self.hidden, self.activation, self.dropout)
        return keras.Sequential([*flat, *deep, head(keras, data)], name="mlp_classifier")

    def phases(self, network: Any) -> Sequence[Phase]:
        return [Phase("all", self.epochs, self.rate)]

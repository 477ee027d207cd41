"""What the task says about the end of a network: activation, loss, and what is measured while it learns."""

from typing import Any

from vitrail.errors import BadSetting
from vitrail.train.data import Data
from vitrail.train.units import numbers

ACTIVATIONS = {"binary": "sigmoid", "multilabel": "sigmoid", "multiclass": "softmax", "regression": "linear"}
LOSSES = {
    "binary": "binary_crossentropy",
    "multilabel": "binary_crossentropy",
    "multiclass": "sparse_categorical_crossentropy",
    "regression": "mse",
}
MEASURES = {
    "binary": ["accuracy"],
    "multilabel": ["binary_accuracy"],
    "multiclass": ["accuracy"],
    "regression": ["mae"],
}


def head(keras: Any, data: Data, name: str = "output") -> Any:
    """The last layer for a task: sigmoid for yes or no, softmax for one of several; numbers in their own units."""
    if data.task == "regression":
        return numbers(keras, data, name)
    return keras.layers.Dense(data.outputs, activation=ACTIVATIONS[data.task], name=name)


def refuse_task(recipe: Any, data: Data) -> None:
    """Raise BadSetting for data that a recipe cannot learn."""
    if data.task not in recipe.tasks:
        raise BadSetting(
            f"{recipe.name} does not learn {data.task} tasks. It learns {', '.join(recipe.tasks)}. Choose another "
            "recipe, or say task=.",
            task=data.task,
        )
    if data.reads not in recipe.reads:
        raise BadSetting(
            f"{recipe.name} reads {' or '.join(recipe.reads)}; the data are {data.reads} with examples of shape "
            f"{data.x.shape[1:]}. Choose a recipe for {data.reads}.",
            reads=data.reads,
        )

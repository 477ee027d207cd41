"""THE LIST of recipes: name -> class. Each is one file that reads from top to bottom."""

from vitrail.train.recipe import Recipe
from vitrail.train.recipes.cnn import CNN
from vitrail.train.recipes.mlp_classifier import MLPClassifier
from vitrail.train.recipes.mlp_regressor import MLPRegressor
from vitrail.train.recipes.perceptron import Perceptron
from vitrail.train.recipes.text_classifier import TextClassifier
from vitrail.train.recipes.transfer import Transfer
from vitrail.train.recipes.vit import ViT
from vitrail.train.recipes.wide_and_deep import WideAndDeep

LIST: tuple[type[Recipe], ...] = (
    Perceptron,
    MLPClassifier,
    MLPRegressor,
    WideAndDeep,
    CNN,
    Transfer,
    ViT,
    TextClassifier,
)
RECIPES: dict[str, type[Recipe]] = {recipe.name: recipe for recipe in LIST}

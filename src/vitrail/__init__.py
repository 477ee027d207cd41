"""Vitrail: see what happens inside a neural network.

Open a Model. Run it: a Trace. Ask a Target. A Method answers with an Explanation. At scale, that is a Job.
"""

from vitrail import plot, rules
from vitrail.auto import Auto
from vitrail.choose import choose, variants
from vitrail.compare import compare
from vitrail.errors import VitrailError
from vitrail.explain import explain
from vitrail.explanation import Explanation, load
from vitrail.inputs import Images, Table, Text, open
from vitrail.methods import METHODS, Answer, Method
from vitrail.methods.activations.layer_activation import LayerActivation
from vitrail.methods.activations.layer_conductance import LayerConductance
from vitrail.methods.attention.attention import Attention
from vitrail.methods.attention.attention_flow import AttentionFlow
from vitrail.methods.attention.attention_relevance import AttentionRelevance
from vitrail.methods.attention.attention_rollout import AttentionRollout
from vitrail.methods.attention.legrad import LeGrad
from vitrail.methods.attribution.attn_lrp import AttnLRP
from vitrail.methods.attribution.deconvnet import Deconvnet
from vitrail.methods.attribution.deep_shap import DeepSHAP
from vitrail.methods.attribution.deeplift import DeepLIFT
from vitrail.methods.attribution.eigen_cam import EigenCAM
from vitrail.methods.attribution.exact_shapley import ExactShapley
from vitrail.methods.attribution.expected_gradients import ExpectedGradients
from vitrail.methods.attribution.feature_ablation import FeatureAblation
from vitrail.methods.attribution.forgrad import FORGrad
from vitrail.methods.attribution.fullgrad import FullGrad
from vitrail.methods.attribution.grad_cam import GradCAM
from vitrail.methods.attribution.grad_cam_plus_plus import GradCAMPlusPlus
from vitrail.methods.attribution.gradient import Gradient
from vitrail.methods.attribution.guided_backprop import GuidedBackprop
from vitrail.methods.attribution.guided_grad_cam import GuidedGradCAM
from vitrail.methods.attribution.hires_cam import HiResCAM
from vitrail.methods.attribution.hsic import HSIC
from vitrail.methods.attribution.idgi import IDGI
from vitrail.methods.attribution.input_x_gradient import InputXGradient
from vitrail.methods.attribution.integrated_gradients import IntegratedGradients
from vitrail.methods.attribution.kernel_shap import KernelSHAP
from vitrail.methods.attribution.layer_cam import LayerCAM
from vitrail.methods.attribution.libragrad import LibraGrad
from vitrail.methods.attribution.lime import LIME
from vitrail.methods.attribution.lrp import LRP
from vitrail.methods.attribution.occlusion import Occlusion
from vitrail.methods.attribution.odd_shap import OddSHAP
from vitrail.methods.attribution.partition_shap import PartitionSHAP
from vitrail.methods.attribution.permutation_shap import PermutationSHAP
from vitrail.methods.attribution.regression_msr import RegressionMSR
from vitrail.methods.attribution.rise import RISE
from vitrail.methods.attribution.saliency import Saliency
from vitrail.methods.attribution.shapley_interactions import ShapleyInteractions
from vitrail.methods.attribution.smoothgrad import SmoothGrad
from vitrail.methods.attribution.sobol import Sobol
from vitrail.methods.attribution.squaregrad import SquareGrad
from vitrail.methods.attribution.tree_interactions import TreeInteractions
from vitrail.methods.attribution.tree_shap import TreeSHAP
from vitrail.methods.attribution.vargrad import VarGrad
from vitrail.metrics.choose import METRICS, Metric
from vitrail.metrics.measure import measure
from vitrail.model import Layer, Layers, Model, Sweep, Trace
from vitrail.signatures import Bins, cka, signatures
from vitrail.target import Difference, Output, Predicted, Target, Total, Unit
from vitrail.train.analysis import analysis as analyse
from vitrail.train.data import Data
from vitrail.train.estimator import estimator
from vitrail.train.evaluate import evaluate
from vitrail.train.folds import cross_validate
from vitrail.train.range_test import range_test
from vitrail.train.recipes import RECIPES
from vitrail.train.run import Run
from vitrail.train.sources import data_of as data
from vitrail.train.tune import tune
from vitrail.train.verb import train

__version__ = "0.1.0"

__all__ = [
    "Auto", "Bins", "METRICS", "Metric", "choose", "cka", "compare", "measure", "signatures", "variants",
    "Data", "RECIPES", "Run", "analyse", "data", "evaluate", "train", "cross_validate", "estimator",
    "range_test", "tune",
    "IDGI", "LRP", "METHODS", "Answer", "AttnLRP", "Deconvnet", "FullGrad", "GuidedBackprop", "GuidedGradCAM",
    "LibraGrad", "LeGrad", "Attention", "AttentionFlow", "AttentionRelevance", "AttentionRollout",
    "DeepLIFT", "DeepSHAP", "Difference", "EigenCAM", "ExpectedGradients", "Explanation", "FORGrad",
    "FeatureAblation", "GradCAM", "GradCAMPlusPlus", "Gradient", "HiResCAM", "Images", "InputXGradient",
    "IntegratedGradients", "Layer", "LayerActivation", "LayerCAM", "LayerConductance", "Layers", "Method", "Model",
    "Occlusion", "Output", "Predicted", "Saliency", "SmoothGrad", "SquareGrad", "Sweep", "Table", "Target", "Text",
    "Total", "Trace", "Unit", "VarGrad", "VitrailError", "explain", "load", "open", "plot", "rules",
    "ExactShapley", "HSIC", "KernelSHAP", "LIME", "OddSHAP", "PartitionSHAP", "PermutationSHAP",
    "RISE", "RegressionMSR", "ShapleyInteractions", "Sobol", "TreeInteractions", "TreeSHAP",
]  # fmt: skip

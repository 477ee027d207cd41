"""The list of methods: name -> class. The name is what every caller uses, for ever."""

from vitrail.methods.activations.layer_activation import LayerActivation
from vitrail.methods.activations.layer_conductance import LayerConductance
from vitrail.methods.answer import Answer, Method
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

METHODS: dict[str, type] = {
    # which inputs matter
    "gradient": Gradient,
    "saliency": Saliency,
    "input-x-gradient": InputXGradient,
    "integrated-gradients": IntegratedGradients,
    "expected-gradients": ExpectedGradients,
    "smoothgrad": SmoothGrad,
    "vargrad": VarGrad,
    "squaregrad": SquareGrad,
    "forgrad": FORGrad,
    "idgi": IDGI,
    "guided-backprop": GuidedBackprop,
    "deconvnet": Deconvnet,
    "deeplift": DeepLIFT,
    "deep-shap": DeepSHAP,
    "lrp": LRP,
    "attn-lrp": AttnLRP,
    "libragrad": LibraGrad,
    "occlusion": Occlusion,
    "feature-ablation": FeatureAblation,
    "lime": LIME,
    "rise": RISE,
    "sobol": Sobol,
    "hsic": HSIC,
    # what each player adds: Shapley values and other games of coalitions
    "odd-shap": OddSHAP,
    "permutation-shap": PermutationSHAP,
    "exact-shapley": ExactShapley,
    "kernel-shap": KernelSHAP,
    "regression-msr": RegressionMSR,
    "partition-shap": PartitionSHAP,
    "shapley-interactions": ShapleyInteractions,
    # the same of trees, exactly
    "tree-shap": TreeSHAP,
    "tree-interactions": TreeInteractions,
    # which places matter, seen at a layer
    "grad-cam": GradCAM,
    "grad-cam-plus-plus": GradCAMPlusPlus,
    "layer-cam": LayerCAM,
    "hires-cam": HiResCAM,
    "eigen-cam": EigenCAM,
    "guided-grad-cam": GuidedGradCAM,
    "fullgrad": FullGrad,
    # which tokens were looked at, and reached the answer through attention
    "attention": Attention,
    "attention-rollout": AttentionRollout,
    "attention-flow": AttentionFlow,
    "attention-relevance": AttentionRelevance,
    "legrad": LeGrad,
    # what goes on inside
    "layer-activation": LayerActivation,
    "layer-conductance": LayerConductance,
}

NAMES = {cls: name for name, cls in METHODS.items()}

__all__ = ["METHODS", "NAMES", "Answer", "Method"]

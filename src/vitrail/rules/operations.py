"""Operations by what they do to relevance, under the plain names that `model/ops.py` gives them."""

from typing import Any

import torch
import torch.nn.functional as F

#: Values go elsewhere, or are copied: the gradient carries relevance to where it came from, unchanged in sum.
MOVING = frozenset(
    "view reshape squeeze unsqueeze flatten unflatten contiguous clone to float double type type_as identity alias "
    "dropout alpha_dropout feature_dropout dropout1d dropout2d dropout3d positive requires_grad permute transpose t "
    "movedim moveaxis swapaxes swapdims T mT get getitem setitem narrow select chunk split tensor_split unbind "
    "index_select gather take_along_dim take expand expand_as broadcast_to broadcast_tensors repeat "
    "repeat_interleave tile cat concat concatenate stack hstack vstack dstack column_stack pad constant_pad_nd flip "
    "roll rot90 unfold fold im2col col2im pixel_shuffle pixel_unshuffle channel_shuffle view_as reshape_as "
    "ravel swapdims diagonal movedim where masked_fill masked_select copy tril triu sort topk atleast_1d atleast_2d "
    "atleast_3d as_strided split_with_sizes hsplit vsplit dsplit tensor_split detach cpu cuda meshgrid iter "
    "reversed".split()
)
#: One number in, one number out.
ACTIVATIONS = frozenset(
    "relu relu6 leaky_relu prelu rrelu elu selu celu gelu silu mish hardtanh hardswish hardsigmoid softplus softsign "
    "tanh sigmoid logsigmoid clamp clip clamp_min clamp_max hardshrink softshrink tanhshrink threshold".split()
)
ELEMENTWISE = ACTIVATIONS | frozenset(
    "exp expm1 exp2 log log1p log2 log10 sqrt rsqrt square reciprocal abs erf erfc sin cos tan atan asinh sinh cosh "
    "pow rpow rdiv".split()
)
CONVOLUTIONS = frozenset("conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d".split())
DENSE = frozenset("linear matmul mm mv bmm einsum addmm baddbmm tensordot rmatmul".split())
#: Their first argument is added to the product of the two others.
ADDED = frozenset(("addmm", "baddbmm"))
#: Sums with fixed weights that were not learnt.
AVERAGES = frozenset(
    "mean sum nanmean avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d "
    "interpolate upsample cumsum grid_sample lerp".split()
)
SUMS = frozenset("add sub rsub neg".split())
SCALINGS = frozenset("mul div".split())
#: Products: of one activation and a weight, or, with two activations, the operation named "product".
BILINEAR = DENSE | SCALINGS
#: The largest takes all.
LARGEST = frozenset(
    "max amax min amin maximum minimum max_pool1d max_pool2d max_pool3d adaptive_max_pool1d adaptive_max_pool2d "
    "adaptive_max_pool3d".split()
)
NORMS = frozenset("layer_norm rms_norm group_norm instance_norm local_response_norm normalize".split())
SOFTMAX = frozenset("softmax softmin log_softmax logsumexp".split())
ATTENTION = frozenset("scaled_dot_product_attention multi_head_attention_forward".split())
#: Names for operations told apart by what they read.
READING = {
    "product": "a product of two activations",
    "quotient": "a division by an activation",
    "shift": "adding a constant",
    "scale": "multiplying with a constant",
    "batch_norm": "batch normalisation with counted means",
    "batch_statistics": "batch normalisation with the means of the batch itself, which mixes examples",
}
KNOWN = (
    MOVING | ELEMENTWISE | CONVOLUTIONS | DENSE | AVERAGES | SUMS | SCALINGS | LARGEST | NORMS | SOFTMAX | ATTENTION
) | READING.keys()


def exists(name: str) -> bool:
    """Whether there is an operation of this name."""
    return name in KNOWN or any(callable(getattr(home, name, None)) for home in (torch, F, torch.Tensor))


def factors(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The arguments that an operation multiplies; a bias is none of them."""
    if name in CONVOLUTIONS or name == "linear":
        return [*args[:2], *(kwargs.get(key) for key in ("input", "weight"))]
    return args[1:3] if name in ADDED else (args, kwargs)


#: Operations that are told apart by what they read.
TOLD_APART = BILINEAR | CONVOLUTIONS | {"add", "sub", "rsub"}


def meaning(name: str, carrying: int, quotient: bool) -> str:
    """The name a rule is looked up under: `carrying` of the factors depend on x; in a quotient, the lower does."""
    if name == "div" and quotient:
        return "quotient"
    if carrying > 1 and name in TOLD_APART - SUMS:
        return "product"
    if name in ("add", "sub", "rsub") and carrying == 1:
        return "shift"
    return "scale" if name in SCALINGS else name

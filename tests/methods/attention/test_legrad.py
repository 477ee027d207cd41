"""LeGrad: every layer by a pass of its own, scaling by hand, masks."""

import pytest
import torch

import vitrail
from known import Glimpse, explained, followed, normal, seeded
from vitrail.methods.attention.legrad import scaled

close = torch.testing.assert_close
X = normal(2, 2, 8, 6, seed=13)


def slowly(net, x, index):
    """Equations of the paper, a separate way back for every layer and head."""
    maps, _, answers = followed(net, x)
    total = torch.zeros(len(x), maps[0].shape[-1], dtype=x.dtype)
    for a, said in zip(maps, answers, strict=True):
        (gradient,) = torch.autograd.grad(said[:, index].sum(), a, retain_graph=True)
        heads, queries = a.shape[1:3]
        for h in range(heads):
            for i in range(queries):
                total += gradient[:, h, i].clamp(min=0) / (heads * queries)
    return total


@pytest.mark.parametrize("read", [(0,), (0, 13), ()])
@pytest.mark.parametrize("way", ["eager", "sdpa"])
def test_it_is_what_separate_passes_give(read, way):
    net = seeded(Glimpse(depth=3, back=1, read=read, way=way), 3)
    patches = slowly(net, X, 1)[:, 1:13]
    low, high = patches.amin(1, keepdim=True), patches.amax(1, keepdim=True)
    answer = explained(net, X, "legrad", 1)
    close(torch.as_tensor(answer.arrays["layer_map"]).flatten(1), (patches - low) / (high - low))
    assert answer.checks["gradients"] == 3 * len(X)


def test_intermediate_layers_count():
    deep = explained(seeded(Glimpse(depth=2), 3), X, "legrad", 1).values
    net = seeded(Glimpse(depth=2), 3)
    maps, _, answers = followed(net, X)
    (gradient,) = torch.autograd.grad(answers[-1][:, 1].sum(), maps[-1])
    only = scaled(gradient.relu().mean((1, 2)), torch.arange(13) > 0)[:, 1:].reshape(2, 4, 3)
    coarse = torch.nn.functional.interpolate(only[:, None], size=(8, 6), mode="bilinear")[:, 0]
    assert (torch.as_tensor(deep) - coarse).abs().max() > 0.05


def test_scaled_by_hand():
    formed = torch.tensor([[9.0, 2.0, 4.0, 3.0, 0.0], [9.0, 2.0, 4.0, 3.0, 0.0], [9.0, 5.0, 5.0, 5.0, 5.0]])
    wanted = torch.ones(3, 5, dtype=torch.bool)
    wanted[:, 0], wanted[0, 4] = False, False
    expected = torch.tensor([[0, 0, 1, 0.5, 0], [0, 0.5, 1, 0.75, 0], [0, 0, 0, 0, 0]])
    close(scaled(formed, wanted), expected)


def test_what_a_mask_forbids_is_no_connection():
    class Causal(Glimpse):
        def forward(self, x):
            q = self.blocks[0].norm(self.patch(x).flatten(2).mT)[:, None]
            seen = torch.nn.functional.scaled_dot_product_attention(q, q, q, is_causal=True)
            return self.head(seen[:, 0, 4])

    coarse = explained(seeded(Causal(), 3), X, "legrad", 1).arrays["layer_map"].reshape(2, 12)
    assert (coarse[:, 5:] == 0).all()
    assert (coarse[:, :5] > 0).sum() >= 2


def test_a_vit_is_asked_after_every_block(a_vit, photographs):
    answer = vitrail.explain(vitrail.open(a_vit), photographs, "legrad", 1)
    total = torch.zeros(2, 13, dtype=photographs.dtype)
    for layer in range(3):
        states, maps = [], []
        block = a_vit.vit.layers[layer]

        def keep(_, __, out, states=states):
            states.append(out)

        handle = block.register_forward_hook(keep)
        with vitrail.open(a_vit).asking(photographs) as model:
            name = f"vit.layers.{layer}.attention/attention#1"
            trace = model.trace(photographs.clone().requires_grad_(), (name,))
            maps.append(trace.layers[name])
        handle.remove()
        state = states[-1][0] if isinstance(states[-1], tuple) else states[-1]
        score = a_vit.classifier(a_vit.vit.layernorm(state)[:, 0])[:, 1].sum()
        total += torch.autograd.grad(score, maps[0])[0].relu().mean((1, 2)).double()
    patches = total[:, 1:]
    low, high = patches.amin(1, keepdim=True), patches.amax(1, keepdim=True)
    coarse = torch.as_tensor(answer.arrays["layer_map"]).flatten(1)
    close(coarse, (patches - low) / (high - low), rtol=1e-4, atol=1e-5)

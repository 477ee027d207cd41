"""DeepLIFT as a method: references, transformers from libraries, classifiers, what it costs."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import vitrail
from known import F64, Function, explained, linear, normal, picture_nets, seeded, smooth, two_relus, values
from vitrail.errors import BadSetting, NetworkFailed

close = torch.testing.assert_close
MINILM = Path(__file__).resolve().parents[3] / ".data/minilm/model"
TEXTS = ["a truly wonderful film", "dull", "I would not see this long and tedious film again, whatever they pay"]
RULES = ["rescale", "reveal-cancel"]


# -- by pencil --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_a_linear_network_gives_weight_times_change(rule):
    weight, x, r = normal(4, seed=1), normal(3, 4, seed=2), normal(4, seed=3)
    close(values(linear(weight, 3.0), x, "deeplift", baseline=r, rule=rule), weight * (x - r))


@pytest.mark.parametrize("rule", RULES)
def test_each_of_two_relus_gets_its_own_change(rule):
    x = torch.tensor([[2.0, 3.0], [-2.0, 3.0], [2.0, -3.0]], dtype=F64)
    expected = torch.tensor([[2.0, -3.0], [0.0, -3.0], [2.0, 0.0]], dtype=F64)
    close(values(two_relus(), x, "deeplift", rule=rule), expected)


@pytest.mark.parametrize("rule", RULES)
def test_a_unit_past_its_threshold_is_not_blind(rule):
    """The paper's first example, figure 1: y = relu(10) - relu(10 - i1 - i2) stays 10, and its gradient is zero."""
    net = Function(lambda x: 10 - F.relu(10 - x[:, 0] - x[:, 1]))
    x = torch.tensor([[6.0, 10.0]], dtype=F64)
    close(values(net, x, "deeplift", rule=rule), torch.tensor([[10 * 6 / 16, 10 * 10 / 16]], dtype=F64))
    assert values(net, x, "gradient").abs().max() == 0


@pytest.mark.parametrize("rule", RULES)
def test_a_threshold_makes_no_jump(rule):
    """The paper's second example, figure 2: y = relu(x - 10), where gradient times input jumps from 0 to 10."""
    net = Function(lambda x: F.relu(x[:, 0] - 10))
    x = torch.tensor([[9.999], [10.0], [10.001]], dtype=F64)
    close(
        values(net, x, "deeplift", rule=rule), torch.tensor([[0.0], [0.0], [0.001]], dtype=F64), rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize(("rule", "each"), [("rescale", [1.0, 0.0]), ("reveal-cancel", [0.5, 0.5])])
def test_the_smaller_of_two(rule, each):
    net = Function(lambda x: x[:, 0] - F.relu(x[:, 0] - x[:, 1]))
    close(values(net, torch.tensor([[1.0, 3.0]], dtype=F64), "deeplift", rule=rule), torch.tensor([each], dtype=F64))


# -- references -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES)
def test_several_references_are_averaged(rule):
    net, x, references = smooth(), normal(4, 5, seed=1), normal(3, 5, seed=2)
    each = [values(net, x, "deeplift", 1, baseline=r, rule=rule) for r in references]
    together = explained(net, x, "deeplift", 1, baseline=references, rule=rule)
    close(torch.as_tensor(together.values), torch.stack(each).mean(0))
    assert together.checks["completeness_gap"].max() < 1e-12
    assert together.checks["evaluations"] == 2 * 3 * 4
    assert together.checks["gradients"] == 3 * 4


def test_one_reference_costs_two_forwards_and_one_way_back():
    answer = explained(smooth(), normal(4, 5, seed=1), "deeplift", 1)
    assert (answer.checks["evaluations"], answer.checks["gradients"]) == (8, 4)
    assert answer.checks["completeness"] == "promised"


def test_the_network_runs_on_x_only_once():
    """What it says of x is remembered from the pass of the method itself."""

    class Counted(nn.Module):
        def __init__(self):
            super().__init__()
            self.rows = []

        def forward(self, x):
            self.rows += [tuple(row.tolist()) for row in x]
            return torch.tanh(x)

    net, x = Counted(), normal(3, 2, seed=4)
    model = vitrail.open(net)
    vitrail.explain(model, x, "deeplift", 0)
    net.rows.clear()
    vitrail.explain(model, x, "deeplift", 0)
    assert [net.rows.count(tuple(row.tolist())) for row in x] == [1, 1, 1]
    assert len(net.rows) == 6  # and on the reference once, for the method and for the completeness check


@pytest.mark.parametrize("shape", [(4,), (2, 4), (6,)])
def test_a_reference_of_another_shape_is_refused(shape):
    with pytest.raises(BadSetting, match="baseline has shape"):
        explained(smooth(), normal(3, 5), "deeplift", baseline=normal(*shape))


def test_a_reference_that_is_no_number_is_refused():
    with pytest.raises(BadSetting, match="NaN or infinity"):
        explained(smooth(), normal(3, 5), "deeplift", baseline=normal(5) * torch.nan)
    with pytest.raises(NetworkFailed, match="NaN at the baseline"):
        explained(smooth(), normal(3, 5), "deeplift", baseline=lambda x, axes: x[None] * torch.nan)


@pytest.mark.parametrize("rule", ["rescaled", "reveal_cancel", 1, None])
def test_an_unknown_rule_is_refused(rule):
    with pytest.raises(BadSetting, match="rule=.*'rescale' or 'reveal-cancel'"):
        explained(smooth(), normal(3, 5), "deeplift", rule=rule)


def test_a_difference_of_targets_is_a_difference_of_values():
    net, x = smooth(), normal(3, 5)
    both = values(net, x, "deeplift", vitrail.Output(1) - 2 * vitrail.Output(0))
    close(both, values(net, x, "deeplift", 1) - 2 * values(net, x, "deeplift", 0))


# -- classifiers ------------------------------------------------------------------------------------------


class Digits(nn.Module):
    """The network for digits of a hundred tutorials: max-pool, dropout, log_softmax."""

    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 4, 5), nn.MaxPool2d(2), nn.ReLU(), nn.Conv2d(4, 6, 5), nn.Dropout(), nn.MaxPool2d(2), nn.ReLU()
        )
        self.dense = nn.Sequential(nn.Linear(96, 12), nn.ReLU(), nn.Dropout(), nn.Linear(12, 10))

    def forward(self, x):
        return F.log_softmax(self.dense(self.layers(x).flatten(1)), 1)


class Soft(Digits):
    def forward(self, x):
        return super().forward(x).exp()


@pytest.mark.parametrize("kind", [Digits, Soft])
@pytest.mark.parametrize("background", [1, 4])
def test_a_classifier_of_digits_is_shared_out(kind, background):
    net, x, references = seeded(kind(), 3), normal(3, 1, 28, 28, seed=4), normal(background, 1, 28, 28, seed=5)
    answer = explained(net.train(), x, "deeplift", 2, baseline=references)
    assert answer.checks["completeness_gap_relative"].max() < 1e-9
    assert abs(answer.values.sum((1, 2, 3))).min() > 1e-4


def test_a_probability_inside_the_network_is_shared_out():
    """A softmax that is not the end of the network, so that its change itself is shared out."""
    net = seeded(nn.Sequential(nn.Linear(5, 4), nn.Softmax(1), nn.Linear(4, 3), nn.Softmax(1), nn.Linear(3, 2)))
    answer = explained(net, normal(4, 5), "deeplift", 1, baseline=0.4)
    assert answer.checks["completeness_gap_relative"].max() < 1e-11


@pytest.mark.parametrize("name", picture_nets())
@pytest.mark.parametrize("rule", RULES)
def test_picture_networks_are_shared_out(name, rule):
    net, x = picture_nets()[name]
    answer = explained(net, x, "deeplift", 1, baseline="blur", rule=rule)
    assert answer.checks["completeness_gap_relative"].max() < 1e-9


# -- transformers from libraries --------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["eager", "sdpa"])
def a_vit(request):
    import transformers

    torch.manual_seed(5)
    sizes = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "intermediate_size": 32}
    way = {"initializer_range": 0.4, "attn_implementation": request.param}
    config = transformers.ViTConfig(**sizes, **way, image_size=(32, 24), patch_size=8)
    return transformers.ViTForImageClassification(config).double().eval()


def test_a_vision_transformer_is_shared_out(a_vit):
    answer = explained(a_vit, normal(2, 3, 32, 24, seed=6), "deeplift", 1, baseline=normal(2, 3, 32, 24, seed=7))
    eager = a_vit.config._attn_implementation == "eager"  # its softmax is in single precision whatever the network's is
    assert answer.checks["completeness_gap_relative"].max() < (1e-6 if eager else 1e-9)
    assert abs(answer.values).max() > 1e-3


class Judge(nn.Module):
    """A text encoder under a small head: the mean over the real tokens."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder, self.head = encoder, nn.Linear(encoder.config.hidden_size, 2)

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        states = self.encoder(input_ids, attention_mask, token_type_ids).last_hidden_state
        mask = attention_mask[..., None].to(states)
        return self.head((states * mask).sum(1) / mask.sum(1))


def test_a_real_text_encoder_is_shared_out():
    if not MINILM.is_dir():
        pytest.skip("run tests/data/fetch.py first")
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(MINILM)
    net = Judge(transformers.AutoModel.from_pretrained(MINILM)).double().eval()
    net.head.weight.data = normal(*net.head.weight.shape)
    model = vitrail.open(net, tokenizer=tokenizer, classes=["bad", "good"])
    answer = vitrail.explain(model, TEXTS, "deeplift", "good")
    assert answer.checks["completeness_gap_relative"].max() < 1e-9
    alone = vitrail.explain(model, TEXTS[1:2], "deeplift", "good").values
    width = alone.shape[1]
    np.testing.assert_allclose(answer.values[1:2, :width], alone, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(answer.values[1:2, width:], 0, atol=1e-12)

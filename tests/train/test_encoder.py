"""Fine-tuning of an encoder: it learns, opens as what transformers saved, and goes on after a kill."""

import itertools

import numpy as np
import pytest
import torch

import vitrail
from vitrail.errors import BadSetting, CannotOpen
from vitrail.train import encoder, watch
from vitrail.train.encoder import AdamW, Encoder, Weight, headed, height, tune
from vitrail.train.recipe import Fitting
from vitrail.train.sources import data_of
from vitrail.train.verb import train

TEXTS = [f"a {('bad', 'good')[i % 2]} film" + " of all" * (i % 3) for i in range(60)]
LABELS = ["ab"[i % 2] for i in range(60)]
FITTING = Fitting(epochs=3, batch=16, rate=0.01, patience=None)
RATES = (0.003, 0.01)


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A BERT of a few numbers, saved with a tokenizer taught on the texts."""
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("base")
    tokenizer = data_of((TEXTS, LABELS), vocabulary=60).modality.tokenizer
    torch.manual_seed(0)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
    BertModel(BertConfig(vocab_size=len(tokenizer), max_position_embeddings=20, **sizes)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def data(base):
    return data_of((TEXTS, LABELS), tokenizer=base)


@pytest.fixture(scope="module")
def run(base, data, tmp_path_factory):
    settings = {"base": base, "epochs": 12, "batch": 8, "rate": 0.02, "fine_rate": 0.01}
    return train("text-classifier", data, folder=tmp_path_factory.mktemp("runs"), **settings)


def network(base, data):
    torch.manual_seed(0)
    return Encoder(headed(base, data), data, RATES)


def weights(encoder):
    return [np.array(variable) for variable in encoder.variables]


def test_it_learns_and_opens_with_its_words(run):
    assert run.evaluation.checks["accuracy"] == 1.0
    model = vitrail.open(run.folder)
    assert (model.network.framework, model.classes) == ("huggingface", ("a", "b"))
    answer = vitrail.explain(model, ["a good film", "a bad film"], "integrated-gradients")
    assert [each["name"] for each in answer.provenance["prediction"]] == ["b", "a"]
    assert "good" in answer.labels["token"][0][int(answer.values[0].argmax())]


def test_what_was_evaluated_is_what_the_opened_network_says(run, data):
    again = vitrail.evaluate(run.model, data)
    for name in ("accuracy", "log_loss", "auc"):
        assert again.checks[name] == pytest.approx(run.evaluation.checks[name], rel=1e-4)


def test_nothing_is_printed(base, data, tmp_path, capfd):
    encoder.save(network(base, data), tmp_path)
    assert capfd.readouterr() == ("", "")


def test_its_folder_is_one_of_transformers(run):
    model = vitrail.open(run.folder / "model")
    assert model.classes == ("b",)
    assert model(["a good film"]).shape == (1, 1)
    assert sorted(p.name for p in run.folder.iterdir()) == [
        "evaluation.safetensors", "history.csv", "model", "run.json", "tokenizer",
    ]  # fmt: skip


@pytest.mark.parametrize("writes", [1, 2, 3, 4])
def test_after_a_kill_it_goes_on_as_if_there_had_been_none(base, data, tmp_path, monkeypatch, writes):
    for name in "ab":
        (tmp_path / name).mkdir()
    whole, told = tune(base, RATES, FITTING, data, tmp_path / "a")
    count, write = itertools.count(1), watch.write

    def dying(*args):
        write(*args)
        if next(count) == writes:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(watch, "write", dying)
        with pytest.raises(KeyboardInterrupt):
            tune(base, RATES, FITTING, data, tmp_path / "b")
    again, retold = tune(base, RATES, FITTING, data, tmp_path / "b")
    for one, other in zip(weights(whole), weights(again), strict=True):
        np.testing.assert_array_equal(one, other)
    assert told.history == retold.history
    assert len(told.history) == 3


def test_the_best_weights_are_kept_and_patience_ends_it(base, data, tmp_path):
    wild = Fitting(epochs=9, batch=16, patience=2)
    encoder, state = tune(base, (0.5, 0.5), wild, data, tmp_path)
    losses = [row["val_loss"] for row in state.history]
    assert len(losses) == losses.index(min(losses)) + 3 < 9
    assert encoder.judged(data)["val_loss"] == pytest.approx(min(losses), rel=1e-5)


def test_a_text_may_count_more(base, data):
    """Dropout left out, the loss is the mean of the losses, each times what its text counts."""
    x, y = data.numbers(np.array([0, 1])), data.answers(np.array([0, 1]))
    encoder = network(base, data)
    for part in encoder.module.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    each = encoder.wrong(encoder.logits(x), y)[0].tolist()
    assert each[0] != pytest.approx(each[1])
    assert encoder.learn(x, y, np.array([1.5, 0.5], np.float32), 0.0)[0] == pytest.approx(
        (1.5 * each[0] + 0.5 * each[1]) / 2, rel=1e-5
    )


def test_the_rate_rises_and_falls_in_straight_lines():
    assert [height(share) for share in (0.0, 0.05, 0.1, 0.55, 1.0)] == pytest.approx([0, 0.5, 1, 0.5, 0])


def test_encoder_and_head_have_their_own_rates(base, data):
    """The first step of Adam moves each weight by its rate, whatever the gradient; decay takes a hundredth of that."""
    encoder = network(base, data)
    before = {name: value.clone() for name, value in encoder.module.named_parameters()}
    encoder.learn(data.numbers(np.arange(16)), data.answers(np.arange(16)), height=0.5)
    moved = {name: (value - before[name]).abs().max().item() for name, value in encoder.module.named_parameters()}
    assert moved["classifier.weight"] == pytest.approx(0.5 * RATES[1], rel=0.05)
    assert moved["bert.encoder.layer.0.output.dense.weight"] == pytest.approx(0.5 * RATES[0], rel=0.05)
    assert encoder.optimizer.learning_rate == 0.5 * RATES[0]


def test_only_matrices_decay(base, data):
    module = network(base, data).module
    decays = {
        id(w): group["weight_decay"] for group in AdamW(module, RATES).torch.param_groups for w in group["params"]
    }
    for name, weight in module.named_parameters():
        assert decays[id(weight)] == (0.0 if name.endswith("bias") or "LayerNorm" in name else 0.01)
    assert len(decays) > 10


def test_padding_is_neither_read_nor_attended_to(base, data):
    encoder = network(base, data)
    encoder.module.eval()
    with torch.no_grad():
        for name, weight in encoder.module.named_parameters():
            if "LayerNorm" not in name:
                weight.normal_(std=0.5)  # as it is drawn, a network this small hardly says anything
    row = int((data.x != 0).sum(1).argmin())
    ids = data.x[row : row + 1]
    assert (ids == 0).any()
    alone, beside = encoder.logits(ids), encoder.logits(np.concatenate([ids, data.x]))[:1]
    torch.testing.assert_close(alone, beside)
    real = torch.from_numpy(ids[ids != 0])[None]
    torch.testing.assert_close(alone, encoder.module(input_ids=real).logits)
    everything = encoder.module(input_ids=torch.from_numpy(ids)).logits
    assert (alone - everything).abs().max() > 0.01


def test_several_classes_have_an_output_each(base):
    three = data_of((TEXTS, ["abc"[i % 3] for i in range(60)]), tokenizer=base)
    encoder = network(base, three)
    chances = encoder.predict_on_batch(three.x[:7])
    assert chances.shape == (7, 3)
    np.testing.assert_allclose(chances.sum(1), 1, rtol=1e-5)
    losses, right = encoder.wrong(torch.log(torch.from_numpy(chances)), three.y[:7])
    np.testing.assert_allclose(losses.numpy(), -np.log(chances[range(7), three.y[:7]]), rtol=1e-4)
    np.testing.assert_array_equal(right.numpy(), chances.argmax(1) == three.y[:7])


def test_yes_and_no_have_one_output(base, data):
    encoder = network(base, data)
    logits = torch.tensor([[0.3], [-1.0]])
    losses, right = encoder.wrong(logits, np.array([[1], [1]], np.float32))
    np.testing.assert_allclose(losses.numpy(), np.log1p(np.exp([-0.3, 1.0])), rtol=1e-5)
    assert right.tolist() == [True, False]


def test_weights_are_read_and_written():
    held = torch.arange(3.0)
    Weight(held).assign(np.array([4.0, 5.0, 6.0], np.float32))
    assert held.tolist() == [4, 5, 6]
    assert np.array(Weight(held)).tolist() == [4, 5, 6]


@pytest.mark.parametrize(("words", "vocabulary"), [("", 20), (" quite unlike xyzzy", 90)])
def test_other_tokens_are_refused(base, data, tmp_path, words, vocabulary):
    other = data_of(([text + words for text in TEXTS], LABELS), vocabulary=vocabulary)
    assert (len(other.modality.tokenizer) > len(data.modality.tokenizer)) == bool(words)
    with pytest.raises(BadSetting, match="another tokenizer"):
        tune(base, RATES, FITTING, other, tmp_path)


def test_no_folder_and_no_encoder_are_refused(data, base, tmp_path):
    with pytest.raises(BadSetting, match="no folder"):
        tune(str(tmp_path / "none"), RATES, FITTING, data, tmp_path)
    data.modality.tokenizer.save_pretrained(tmp_path / "empty")
    with pytest.raises(CannotOpen, match="no encoder"):
        tune(str(tmp_path / "empty"), RATES, FITTING, data, tmp_path)

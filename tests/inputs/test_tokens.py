"""Token ids at the door: a real text encoder, small networks, padding that gets nothing."""

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose, assert_array_equal
from torch import nn

import vitrail
from known import seeded
from vitrail.errors import BadInput, BadSetting
from vitrail.inputs.baselines import Mask
from vitrail.inputs.tokens import pack_encoding
from vitrail.model.keras import on_torch

MINILM = Path(__file__).resolve().parents[2] / ".data/minilm/model"
TEXTS = ["a truly wonderful film", "dull", "I would not see this long and tedious film again, whatever they pay"]


class Judge(nn.Module):
    """A text encoder under a small head: mean over the real tokens, two classes."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.config.hidden_size, 2)

    def forward(self, input_ids, attention_mask, token_type_ids=None):
        states = self.encoder(input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)[0]
        mask = attention_mask[..., None].to(states)
        return self.head((states * mask).sum(1) / mask.sum(1))


@pytest.fixture(scope="module")
def judge():
    if not MINILM.is_dir():
        pytest.skip("run tests/data/fetch.py first")
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(MINILM)
    net = Judge(transformers.AutoModel.from_pretrained(MINILM)).double().eval()
    generator = torch.Generator().manual_seed(0)
    net.head.weight.data = torch.randn(net.head.weight.shape, generator=generator, dtype=torch.float64)
    return vitrail.open(net, tokenizer=tokenizer, classes=["bad", "good"])


# -- a real encoder ----------------------------------------------------------------------------------------


def test_tokens_get_the_sum_over_their_embedding(judge):
    answer = vitrail.explain(judge, TEXTS, "input-x-gradient", "good")
    tokenizer, net = judge.modality.tokenizer, judge.network.module
    given = dict(tokenizer(TEXTS, padding=True, return_tensors="pt"))
    embedding = net.encoder.embeddings.word_embeddings
    embedded = embedding(given["input_ids"]).detach().requires_grad_()
    hook = embedding.register_forward_hook(lambda *_: embedded)
    try:
        net(**given)[:, 1].sum().backward()
    finally:
        hook.remove()
        net.zero_grad()
    expected = (embedded * embedded.grad).sum(-1) * given["attention_mask"]
    assert expected.abs().max() > 0.01
    assert_allclose(answer.values, expected.detach().numpy(), rtol=1e-7, atol=1e-10)
    assert answer.axes["values"] == ("batch", "token")
    assert answer.labels["token"][0] == ["[CLS]", "a", "truly", "wonderful", "film", "[SEP]"]
    assert [len(tokens) for tokens in answer.labels["token"]] == given["attention_mask"].sum(1).tolist()


def test_integrated_gradients_are_complete_and_padding_gets_nothing(judge):
    answer = vitrail.explain(judge, TEXTS[:2], "integrated-gradients", "good", steps=56)
    assert answer.checks["completeness_gap_relative"].max() < 1e-4
    for values, tokens in zip(answer.values, answer.labels["token"], strict=True):
        assert (values[len(tokens) :] == 0).all()
        assert (values[: len(tokens)] != 0).all()


@pytest.mark.parametrize(
    ("method", "settings"),
    [
        ("integrated-gradients", {"steps": 4}),
        ("integrated-gradients", {"steps": 4, "baseline": "mean"}),
        ("expected-gradients", {"samples": 4}),
        ("smoothgrad", {"samples": 3, "of": "input-x-gradient"}),
        ("occlusion", {}),
        ("feature-ablation", {}),
    ],
)
def test_a_batch_is_one_by_one_whatever_the_padding(judge, method, settings):
    batch = vitrail.explain(judge, TEXTS, method, "good", **settings)
    for i, text in enumerate(TEXTS):
        single = vitrail.explain(judge, text, method, "good", **settings)
        length = single.values.shape[1]
        assert np.abs(single.values).max() > 1e-4
        assert_allclose(batch.values[i, :length], single.values[0], rtol=1e-6, atol=1e-9)
        assert (batch.values[i, length:] == 0).all()
        assert batch.labels["token"][i] == single.labels["token"][0]


def test_a_list_of_one_text_and_what_the_tokenizer_made(judge):
    alone = vitrail.explain(judge, TEXTS[0], "gradient", 1)
    listed = vitrail.explain(judge, TEXTS[:1], "gradient", 1)
    encoding = judge.modality.tokenizer(TEXTS[:1], return_tensors="pt")
    for x in (encoding, dict(encoding), {k: v.tolist() for k, v in encoding.items()}):
        given = vitrail.explain(judge, x, "gradient", 1)
        assert_allclose(given.values, alone.values, rtol=1e-9)
        assert given.labels["token"] == alone.labels["token"]
    assert_array_equal(listed.values, alone.values)


def test_the_encoder_is_left_as_found(judge):
    before = judge.fingerprint.digest()
    vitrail.explain(judge, TEXTS, "smoothgrad", 1, samples=2)
    net = judge.network.module
    assert judge.fingerprint.digest() == before
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in net.modules())
    assert all(p.grad is None and p.requires_grad for p in net.parameters())


def test_a_baseline_of_token_ids(judge):
    tokenizer = judge.modality.tokenizer
    count = len(tokenizer(TEXTS[0])["input_ids"])
    pads = [tokenizer.pad_token_id] * count
    answer = vitrail.explain(judge, TEXTS[0], target="good", steps=64, baseline=pads)
    table = judge.network.module.encoder.embeddings.word_embeddings.weight.detach()
    given = vitrail.explain(judge, TEXTS[0], target="good", steps=64, baseline=table[pads].numpy())
    assert_allclose(answer.values, given.values, rtol=1e-9)
    assert answer.checks["completeness_gap_relative"].max() < 1e-3


# -- players: the tokens that are the text's own -----------------------------------------------------------

GAMES = ["odd-shap", "permutation-shap", "lime", "rise", "sobol", "hsic"]


@pytest.mark.parametrize(
    ("method", "players"),
    [
        (m, p) for m in GAMES for p in ("auto", "sentences") if (m, p) != ("rise", "sentences")
    ],  # its masks are of tokens
)
def test_a_game_of_a_text_does_not_depend_on_its_neighbours(judge, method, players):
    texts = ["Dull. Why go?", "Not a long film."]
    given = {"budget": 26} | ({} if method == "rise" else {"players": players})
    together = vitrail.explain(judge, texts, method, "good", **given)
    for i, text in enumerate(texts):
        alone = vitrail.explain(judge, text, method, "good", **given)
        length = alone.values.shape[1]
        assert np.abs(alone.values).max() > 1e-4
        assert_allclose(together.values[i, :length], alone.values[0], rtol=1e-6, atol=1e-9)
        assert (together.values[i, length:] == 0).all()


def test_special_tokens_and_padding_are_held_and_get_nothing(judge):
    answer = vitrail.explain(judge, TEXTS[:2], "permutation-shap", "good", budget=8)
    for values, owner, words in zip(answer.values, answer.arrays["players"], answer.labels["token"], strict=True):
        assert (words[0], words[-1]) == ("[CLS]", "[SEP]")
        length = len(words)
        assert owner[:length].tolist() == [-1, *range(length - 2), -1]
        assert (owner[length:] == -1).all()
        assert (values[1 : length - 1] != 0).all()
        assert values[0] == values[length - 1] == 0
    assert answer.checks["completeness_gap"].max() < 1e-9
    assert answer.checks["coalitions"] == 8


def test_sentences_of_a_real_tokenizer(judge):
    answer = vitrail.explain(judge, "It cost 3.5 euros. Dull! Never again...", "exact-shapley", 1, players="sentences")
    words, owner = answer.labels["token"][0], answer.arrays["players"][0].tolist()
    assert answer.values.shape == (1, 3)
    starts = [words[owner.index(i)] for i in range(3)]
    assert starts == ["it", "dull", "never"]


def test_an_unknown_word_plays_and_a_text_of_nothing_else_than_marks_of_the_tokenizer_does_not(judge):
    tokenizer = judge.modality.tokenizer
    ids = [[tokenizer.cls_token_id, tokenizer.unk_token_id, tokenizer.mask_token_id, tokenizer.sep_token_id]]
    assert judge.pack({"input_ids": ids}).held.tolist() == [[True, False, True, True]]
    with pytest.raises(BadInput, match=r"x\[0\] has no token that could play: \[CLS\] \[SEP\]"):
        vitrail.explain(judge, {"input_ids": [[ids[0][0], ids[0][3]]], "attention_mask": [[1, 1]]}, "odd-shap", 0)


def test_the_mask_token_as_baseline(judge):
    tokenizer = judge.modality.tokenizer
    masked = [tokenizer.mask_token_id] * len(tokenizer(TEXTS[0])["input_ids"])
    want = vitrail.explain(judge, TEXTS[0], "permutation-shap", "good", budget=8, baseline=masked)
    for given in ("mask", {"baseline": "mask"}):
        got = vitrail.explain(judge, TEXTS[0], "permutation-shap", "good", budget=8, baseline=given)
        assert_allclose(got.values, want.values, rtol=1e-9)
        assert got.provenance["settings"]["baseline"] == "mask"
    typed = vitrail.METHODS["permutation-shap"](budget=8, baseline=Mask())
    assert_array_equal(vitrail.explain(judge, TEXTS[0], typed, "good").values, got.values)
    # nobody there is the text of masks between the tokenizer's own tokens
    ids = [tokenizer.cls_token_id, *masked[2:], tokenizer.sep_token_id]
    said = vitrail.explain(judge, {"input_ids": [ids], "attention_mask": [[1] * len(ids)]}, "gradient", "good")
    assert_allclose(got.base_value, said.checks["target_value"], rtol=1e-6)


def test_a_mask_without_a_tokenizer_or_a_mask_token_is_refused(judge):
    with pytest.raises(BadSetting, match="baseline 'mask' needs a mask token, and Bag has no tokenizer"):
        vitrail.explain(vitrail.open(BAG), IDS, "odd-shap", 0, baseline="mask")
    plain = vitrail.open(judge.network.module, tokenizer=lambda *a, **k: judge.modality.tokenizer(*a, **k))
    with pytest.raises(BadSetting, match="has a tokenizer without a mask token"):
        vitrail.explain(plain, TEXTS[0], "odd-shap", 0, baseline="mask")


def test_without_a_tokenizer_padding_is_held_and_sentences_are_not_known():
    x = {"input_ids": IDS, "attention_mask": [[1, 1, 1], [1, 1, 0]]}
    assert pack_encoding(vitrail.open(BAG), x, None).held.tolist() == [[False] * 3, [False, False, True]]
    with pytest.raises(BadSetting, match="only the numbers of the tokens are known"):
        vitrail.explain(vitrail.open(BAG), IDS, "odd-shap", 0, players="sentences")


def test_words_that_nobody_knows_are_refused(judge):
    encoding = dict(judge.modality.tokenizer(TEXTS[:1], return_tensors="pt"))
    assert vitrail.explain(judge, encoding | {"special_tokens_mask": [[0] * 6]}, "gradient", 0).values.shape == (1, 6)
    wrong = {"input_ids": encoding["input_ids"], "attention_maks": encoding["attention_mask"]}
    with pytest.raises(BadInput, match=r"takes no 'attention_maks'\. Did you mean 'attention_mask'\?"):
        vitrail.explain(judge, wrong)


# -- small networks ----------------------------------------------------------------------------------------


class Bag(nn.Module):
    """f = W mean(E[ids]) : d f_c / d E[i] = W_c / tokens."""

    def __init__(self):
        super().__init__()
        self.embedding, self.head = nn.Embedding(10, 4), nn.Linear(4, 2)

    def forward(self, ids):
        return self.head(self.embedding(ids).mean(1))


BAG = seeded(Bag(), 5)
IDS = np.array([[1, 2, 3], [9, 0, 9]])


@pytest.mark.parametrize("kind", [np.array, torch.tensor, np.ndarray.tolist, lambda i: i.astype(np.uint8)])
def test_ids_without_a_tokenizer(kind):
    answer = vitrail.explain(vitrail.open(BAG), kind(IDS), "input-x-gradient", 1)
    table, weight = BAG.embedding.weight.detach().numpy(), BAG.head.weight.detach().numpy()
    assert_allclose(answer.values, (table[IDS] @ weight[1]) / 3, rtol=1e-12)
    assert answer.labels["token"] == [["1", "2", "3"], ["9", "0", "9"]]
    assert answer.arrays["input"].shape == (2, 3, 4)


def test_a_method_whose_values_do_not_add_up_gives_each_token_its_own():
    answer = vitrail.explain(vitrail.open(BAG), IDS, "feature-ablation", 1)
    table, weight = BAG.embedding.weight.detach().numpy(), BAG.head.weight.detach().numpy()
    assert_allclose(answer.values, (table[IDS] @ weight[1]) / 3, rtol=1e-12)


def test_padding_on_the_left_keeps_its_place_among_the_names():
    class Masked(Bag):
        def forward(self, input_ids, attention_mask):
            real = attention_mask[..., None].double()
            return self.head((self.embedding(input_ids) * real).sum(1) / real.sum(1))

    model = vitrail.open(seeded(Masked(), 5))
    left = {"input_ids": IDS, "attention_mask": [[0, 1, 1], [1, 1, 0]]}
    answer = vitrail.explain(model, left, "gradient", 0)
    assert answer.labels["token"] == [["1", "2", "3"], ["9", "0"]]
    assert_array_equal(answer.values == 0, [[True, False, False], [False, False, True]])


def test_padding_never_moves_even_where_the_network_looks_at_it():
    class Careless(Bag):
        def forward(self, input_ids, attention_mask):
            return self.head(self.embedding(input_ids).mean(1))

    model = vitrail.open(seeded(Careless(), 5))
    answer = vitrail.explain(model, {"input_ids": IDS, "attention_mask": [[1, 1, 0], [1, 1, 1]]}, target=0)
    assert answer.values[0, 2] == 0
    assert answer.checks["completeness_gap"].max() < 1e-12


def test_a_network_that_takes_anything_by_name_gets_everything():
    class Any(Bag):
        def forward(self, **given):
            assert sorted(given) == ["attention_mask", "input_ids"]
            return super().forward(given["input_ids"])

    x = {"input_ids": IDS, "attention_mask": np.ones_like(IDS)}
    got = vitrail.explain(vitrail.open(seeded(Any(), 5)), x, "gradient", 0)
    assert_allclose(got.values, vitrail.explain(vitrail.open(BAG), IDS, "gradient", 0).values)


def test_the_mask_is_part_of_the_hash():
    class Masked(Bag):
        def forward(self, input_ids, attention_mask):
            return super().forward(input_ids)

    model = vitrail.open(seeded(Masked(), 5))
    hashes = {
        vitrail.explain(model, {"input_ids": IDS, "attention_mask": m}, "gradient", 0).provenance["input"]
        for m in ([[1, 1, 1], [1, 1, 1]], [[1, 1, 1], [1, 1, 0]])
    }
    assert len(hashes) == 2


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (IDS + 1, r"token ids 1 to 10; the embedding has 10 of them"),
        (IDS - 1, "token ids -1 to 8"),
        ({"input_ids": IDS.astype(float)}, "Whole numbers were expected"),
        ({"input_ids": IDS[0]}, r"input_ids has shape \(3,\), without a batch axis"),
        ({"input_ids": [[1, 2], [3]]}, "input_ids is no regular array"),
        ({"input_ids": IDS, "attention_mask": [[1, 1, 1]]}, "differ in their number of examples"),
        ({"input_ids": IDS[:0]}, "is empty"),
    ],
)
def test_ids_that_do_not_fit(x, words):
    with pytest.raises(BadInput, match=words):
        vitrail.explain(vitrail.open(BAG), x)


def test_a_network_without_an_embedding_is_told():
    model = vitrail.open(seeded(nn.Sequential(nn.Linear(3, 2))))
    with pytest.raises(BadInput, match="has no embedding"):
        pack_encoding(model, {"input_ids": IDS}, None)
    assert vitrail.explain(model, IDS, "gradient", 0).axes["values"] == ("batch", "feature")  # whole numbers, no ids


def test_a_keras_embedding():
    keras = on_torch()
    net = keras.Sequential(
        [keras.Input((3,)), keras.layers.Embedding(10, 4), keras.layers.GlobalAveragePooling1D(), keras.layers.Dense(2)]
    )
    table, weight = net.get_weights()[0], net.get_weights()[1]
    answer = vitrail.explain(vitrail.open(net), IDS, "input-x-gradient", 1)
    assert_allclose(answer.values, (table[IDS] @ weight[:, 1]) / 3, rtol=1e-4, atol=1e-6)


def test_a_keras_model_with_a_mask():
    keras = on_torch()
    ids, mask = keras.Input((3,), name="input_ids"), keras.Input((3,), name="attention_mask")
    embedded = keras.layers.Embedding(10, 4)(ids)
    pooled = keras.ops.sum(embedded * keras.ops.expand_dims(mask, -1), 1)
    net = keras.Model({"input_ids": ids, "attention_mask": mask}, keras.layers.Dense(2)(pooled))
    x = {"input_ids": IDS, "attention_mask": np.array([[1, 1, 0], [1, 1, 1]])}
    answer = vitrail.explain(vitrail.open(net), x, target=0)
    assert answer.values[0, 2] == 0
    assert (answer.values[0, :2] != 0).all()
    assert answer.checks["completeness_gap"].max() < 1e-4

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import save_file

import vitrail
from vitrail.errors import BadInput, CannotOpen, ChooseOutput, MissingExtra, NoSuchLayer, UnsafeFile
from vitrail.model.huggingface import is_live

MINILM = Path(__file__).resolve().parents[2] / ".data/minilm/model"
TINY = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 12}


@pytest.fixture
def bert():
    config = transformers.BertConfig(vocab_size=30, max_position_embeddings=12, num_labels=3, **TINY)
    return transformers.BertForSequenceClassification(config).double().eval()


@pytest.fixture
def vit():
    config = transformers.ViTConfig(image_size=8, patch_size=4, num_labels=4, **TINY)
    return transformers.ViTForImageClassification(config).double().eval()


@pytest.fixture
def ids():
    encoded = {"input_ids": torch.tensor([[1, 5, 9, 0], [2, 7, 7, 29]]), "attention_mask": torch.ones(2, 4)}
    encoded["attention_mask"][0, 3] = 0
    return encoded


def test_a_text_classifier_gives_its_own_logits_to_the_last_bit(bert, ids, same):
    model = vitrail.open(bert)
    with torch.no_grad():
        same(model(ids), bert(**ids).logits)
    assert model.network.framework == "huggingface"
    assert model.classes == ("LABEL_0", "LABEL_1", "LABEL_2")


def test_ids_alone_are_enough(bert, ids, same):
    with torch.no_grad():
        same(vitrail.open(bert)(ids["input_ids"].numpy()), bert(ids["input_ids"]).logits)


def test_the_gradient_is_that_of_the_embedded_tokens(bert, ids):
    model = vitrail.open(bert)
    answer = vitrail.explain(model, ids, "gradient", 1)
    seen = []
    hook = bert.bert.embeddings.word_embeddings.register_forward_hook(
        lambda _m, _a, value: seen.append(value.detach().requires_grad_()) or seen[0]
    )
    (gradient,) = torch.autograd.grad(bert(**ids).logits[:, 1].sum(), seen)
    hook.remove()
    torch.testing.assert_close(torch.as_tensor(answer.values), gradient.mean(-1))
    assert answer.values.shape == (2, 4)


def test_a_picture_classifier_gives_its_own_logits(vit, same):
    x = torch.randn(2, 3, 8, 8, dtype=torch.float64)
    model = vitrail.open(vit)
    with torch.no_grad():
        same(model(x), vit(x).logits)
    tokens = [layer for layer in model.layers if layer.kind == "ViTLayer"]
    assert len(tokens) == 2
    assert {(layer.shape, layer.channel_axis) for layer in tokens} == {((1, 5, 8), 2)}


def test_a_network_without_a_head_has_outputs_to_choose_from(bert, ids, same):
    base = bert.bert
    with pytest.raises(ChooseOutput, match=r"'last_hidden_state' \(1, 4, 8\), 'pooler_output' \(1, 8\).*output="):
        vitrail.open(base)(ids)
    with torch.no_grad():
        same(vitrail.open(base, output="pooler_output")(ids), base(**ids).pooler_output)


def test_the_logits_are_meant_where_nothing_else_is_chosen(bert, ids, same):
    bert.config.output_hidden_states = True
    with torch.no_grad():
        expected = bert(**ids)
        same(vitrail.open(bert)(ids), expected.logits)
        same(vitrail.open(bert, output="logits")(ids), expected.logits)
    with pytest.raises(ChooseOutput, match="'classes' is none of them"):
        vitrail.open(bert, output="classes")(ids)


def test_ids_outside_the_vocabulary_are_refused(bert):
    with pytest.raises(BadInput, match="token ids 1 to 30; the embedding has 30"):
        vitrail.open(bert)(np.array([[1, 30]]))


def test_layers_inside_a_transformer_are_kept_as_hooks_see_them(bert, ids, same):
    seen = {}
    name = "bert.encoder.layer.1.intermediate"
    hook = bert.get_submodule(name).register_forward_hook(lambda _m, _a, value: seen.update(a=value.detach()))
    model = vitrail.open(bert)
    trace = model.trace(ids, keep=[name])
    hook.remove()
    same(trace.layers[name], seen["a"])
    assert model.layers[name].channel_axis == 2
    with pytest.raises(NoSuchLayer, match="Did you mean"):
        model.trace(ids, keep=["bert.encoder.layer.1.intermediat"])


# -- folders -----------------------------------------------------------------------------------------------


def test_a_saved_folder_is_opened_by_its_own_architecture(bert, ids, tmp_path, same):
    bert.config.id2label = {0: "calm", 1: "glad", 2: "sad"}
    bert.float().save_pretrained(tmp_path / "a")
    model = vitrail.open(tmp_path / "a")
    ids["attention_mask"] = ids["attention_mask"].float()
    with torch.no_grad():
        same(model(ids), bert(**ids).logits)
    assert model.classes == ("calm", "glad", "sad")
    assert model.name == "BertForSequenceClassification"
    assert model.modality is None


def test_the_real_text_encoder_reads_words():
    if not MINILM.is_dir():
        pytest.skip("tests/data/fetch.py brings it")
    model = vitrail.open(MINILM, output="last_hidden_state")
    own = transformers.BertModel.from_pretrained(MINILM).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(MINILM)
    texts = ["the cat sat on the mat", "a bright day"]
    with torch.no_grad():
        expected = own(**tokenizer(texts, padding=True, return_tensors="pt")).last_hidden_state
    torch.testing.assert_close(model(texts), expected, rtol=0, atol=0)


def test_pickled_weights_are_not_opened(bert, tmp_path):
    bert.config.save_pretrained(tmp_path)
    torch.save(bert.state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(UnsafeFile, match=r"no \.safetensors.*save_pretrained"):
        vitrail.open(tmp_path)


def broken(folder):
    (folder / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:500])


def misfitting(folder):
    save_file({"classifier.weight": torch.ones(2, 2)}, folder / "model.safetensors", {"format": "pt"})


def unknown(folder):
    config = json.loads((folder / "config.json").read_text()) | {"architectures": ["NoSuchNetwork"]}
    (folder / "config.json").write_text(json.dumps(config))


def not_json(folder):
    (folder / "config.json").write_text("{")


@pytest.mark.parametrize("damage", [broken, misfitting, unknown, not_json])
def test_a_damaged_folder_is_told(damage, bert, tmp_path):
    bert.save_pretrained(tmp_path)
    damage(tmp_path)
    with pytest.raises(CannotOpen, match=r"could not be opened by transformers \(.+\)") as told:
        vitrail.open(tmp_path)
    assert told.type is CannotOpen


def test_a_name_that_is_not_in_the_cache_is_told(monkeypatch):
    monkeypatch.setattr(transformers.AutoConfig, "from_pretrained", lambda *_, **__: (_ for _ in ()).throw(OSError()))
    with pytest.raises(CannotOpen, match=r"'no/such'.*\(OSError\).*Check the name"):
        vitrail.open("hf:no/such")


def test_transformers_that_are_not_there_are_named_with_their_extra(bert, tmp_path, monkeypatch):
    bert.save_pretrained(tmp_path)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtra, match=r"pip install 'vitrail\[hf\]'"):
        vitrail.open(tmp_path)


def test_only_a_pretrained_model_is_one(bert, picture):
    assert is_live(bert)
    assert not is_live(picture)

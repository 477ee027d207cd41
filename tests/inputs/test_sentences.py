"""Sentences: where they end, in the spellings of different tokenizers."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from known import normal
from vitrail.errors import BadSetting
from vitrail.inputs.sentences import sentences


def numbers(*texts, length=None, axes=("batch", "token", "feature")):
    """The sentences of texts given as words with spaces between."""
    words = [text.split() for text in texts]
    x = normal(len(texts), length or max(map(len, words)), 2)
    return sentences(SimpleNamespace(x=x, axes=axes, labels={"token": words}))[..., 0].tolist()


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("a film . dull ! why ?", [0, 0, 0, 1, 1, 2, 2]),
        ("no mark at all", [0, 0, 0, 0]),
        ("wait . . . what", [0, 0, 0, 0, 1]),
        ("really ? ! yes", [0, 0, 0, 1]),
        ('" so . " he said .', [0, 0, 0, 0, 1, 1, 1]),
        ("costs 3 . 5 euros . fine", [0, 0, 0, 0, 0, 0, 1]),
        ("in 1999 . later", [0, 0, 0, 1]),
        ("version 2 .", [0, 0, 0]),
        (". first", [0, 1]),
        ("[CLS] one . two . [SEP]", [0, 0, 0, 1, 1, 2]),
        ("This Ġis Ġgood . ĠThat Ġtoo !", [0, 0, 0, 0, 1, 1, 1]),
        ('ĠHe Ġsaid Ġ" no ." ĠShe Ġleft', [0, 0, 0, 0, 0, 1, 1]),
        ("▁Das ▁ist ▁gut . ▁Ja ▁.", [0, 0, 0, 0, 1, 1]),
        ("un ##believ ##able . end", [0, 0, 0, 0, 1]),
        ("end.</w> next</w>", [0, 1]),
        ("そう 。 はい", [0, 0, 1]),
        ("and so on… more", [0, 0, 0, 1]),
    ],
)
def test_sentences_end_with_their_marks(text, want):
    assert numbers(text) == [want]


def test_every_text_begins_anew_and_padding_goes_with_the_last():
    assert numbers("a . b", "c d", length=5) == [[0, 0, 1, 1, 1], [0, 0, 0, 0, 0]]


def test_numbers_of_tokens_alone_do_not_say_where_sentences_end():
    with pytest.raises(BadSetting, match="only the numbers of the tokens are known. A tokenizer was expected"):
        numbers("12 7 99")


def test_what_is_no_text_is_refused():
    rows = SimpleNamespace(x=torch.zeros(2, 3), axes=("batch", "feature"), labels={"feature": ["a", "b", "c"]})
    with pytest.raises(BadSetting, match="players='sentences' do not suit x, whose axes are"):
        sentences(rows)


def test_labels_have_the_axes_of_tokens():
    packed = SimpleNamespace(x=normal(2, 4, 3), axes=("batch", "token", "feature"), labels={"token": [["a"], ["b"]]})
    assert np.shape(sentences(packed)) == (2, 4, 1)

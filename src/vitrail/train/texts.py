"""Texts to learn from: a tokenizer, taught on the training texts or given, and the ids it makes of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vitrail.errors import BadInput, BadSetting, MissingExtra
from vitrail.explanation import Array
from vitrail.inputs.modalities import TOKENIZER
from vitrail.inputs.modalities import tokenizer as opened
from vitrail.inputs.modality import Text
from vitrail.train.data import Part
from vitrail.train.reading import Made, Read, Reading

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")  #: the first ids, 0 to 3


def are_texts(x: Any) -> bool:
    """Whether these are texts: a list, a column or an array of them, gaps among them or not."""
    if hasattr(x, "columns") or not hasattr(x, "__iter__"):
        return False
    array = x if isinstance(x, list | tuple) else np.asarray(x)
    return bool(len(array)) and isinstance(array[0], str)


def of_texts(texts: Sequence[Any], answers: Any, reading: Reading, rows: Mapping[Part, Array]) -> Read:
    """Texts and an answer for each.

    Raises BadInput for what is no text, or an empty one.
    """
    for row, text in enumerate(texts):
        if not isinstance(text, str) or not text.strip():
            raise BadInput(
                f"the text in row {row} is {text!r}. A text that is not empty was expected. Leave the row out.", row=row
            )
    return Read(answers, lambda train: encoded(texts, train, reading), rows)


def encoded(texts: Sequence[str], train: Array, reading: Reading) -> Made:
    """(n, tokens) ids, 0 behind the end; as wide as the longest text, up to `max_length`."""
    if reading.max_length < 3 or reading.vocabulary <= len(SPECIAL):
        raise BadSetting(
            f"max_length={reading.max_length} and vocabulary={reading.vocabulary} do not fit. At least 3 tokens, and a "
            f"vocabulary of more than {len(SPECIAL)}, were expected. Use max_length=128, vocabulary=8000."
        )
    tokenizer, limit = chosen([texts[row] for row in train], reading), reading.max_length
    if isinstance(reading.inputs, Text):
        limit = reading.inputs.max_length or limit
    ids = tokenizer(list(texts), truncation=True, max_length=limit)["input_ids"]
    longest = max(map(len, ids))
    x = np.zeros((len(ids), longest), np.int64)
    for row, own in enumerate(ids):
        x[row, : len(own)] = own
    cut = sum(len(own) == limit for own in ids)
    source = {"kind": "texts", "vocabulary": len(tokenizer), "max_length": longest, "cut": cut}
    return Made(x, Text(tokenizer, longest, column_of(reading)), source)


def column_of(reading: Reading) -> str | None:
    """The column of a table that holds texts; None where no table is read so."""
    known = reading.inputs.column if isinstance(reading.inputs, Text) else None
    return reading.text or known


def chosen(texts: Sequence[str], reading: Reading) -> Any:
    """The tokenizer that was given, as an object or a folder; else one that is taught.

    Raises BadSetting for one that pads with another id than 0.
    """
    given = reading.inputs.tokenizer if isinstance(reading.inputs, Text) else reading.tokenizer
    if given is None:
        return taught(texts, reading.vocabulary)
    known = given if callable(given) else opened(Path(given))
    if getattr(known, "pad_token_id", None) != 0:
        raise BadSetting(
            f"the tokenizer pads with the id {getattr(known, 'pad_token_id', None)}. 0 was expected, which says that a "
            "text is over. Choose a tokenizer such as BERT's, or leave it out: one is taught on the training texts.",
            setting="tokenizer",
        )
    return known


def taught(texts: Sequence[str], vocabulary: int) -> Any:
    """A tokenizer of byte pairs for these texts: [CLS] pieces of lower-cased words [SEP].

    Byte pairs, for the same texts then always give the same ids, which WordPiece and Unigram of `tokenizers` do not.
    """
    try:
        import transformers
        from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
    except ImportError as error:
        raise MissingExtra("transformers", "hf", "learning from texts") from error
    pieces = Tokenizer(models.BPE(unk_token="[UNK]"))
    pieces.normalizer = normalizers.BertNormalizer(lowercase=True)
    pieces.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation(), pre_tokenizers.Metaspace()]
    )
    pieces.decoder = decoders.Metaspace()
    pieces.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=list(SPECIAL), show_progress=False)
    )
    pieces.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", None, [("[CLS]", 2), ("[SEP]", 3)])
    names = {f"{name.strip('[]').lower()}_token": name for name in SPECIAL}
    return transformers.PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=pieces, model_input_names=["input_ids", "attention_mask"], **names
    )


def keep_tokenizer(modality: Any, folder: Path) -> None:
    """Leave the tokenizer of texts beside a network; nothing for other modalities."""
    if isinstance(modality, Text):
        modality.tokenizer.save_pretrained(folder / TOKENIZER)

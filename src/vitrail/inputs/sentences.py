"""Sentences as players: which sentence each token of a text belongs to."""

import torch
from torch import Tensor

from vitrail.errors import BadSetting
from vitrail.model import Packed

SPACES = ("Ġ", "▁", "Ċ", "##", "</w>", "@@")  #: how tokenizers write spaces, and that a piece goes on
CLOSING = "\"'”’»)]}"  #: what may follow the mark at the end of a sentence
ENDS = ".!?…。！？"


def sentences(packed: Packed) -> Tensor:
    """(batch, token, 1) the number of each token's sentence, from 0 in each text.

    A sentence ends with a token that ends in . ! or ?, and with all such marks and closing quotes right behind it; a
    full stop between digits ends nothing. Abbreviations do end one: for other borders give labels.

    Raises BadSetting where x is no text, or its words are not known.
    """
    texts = packed.labels.get("token")
    if texts is None or "token" not in packed.axes:
        raise BadSetting(
            f"players='sentences' do not suit x, whose axes are {packed.axes}. Texts were expected. Use players='auto'."
        )
    if all(word.isdecimal() for words in texts for word in words):
        raise BadSetting(
            "players='sentences' need the words of the texts, and only the numbers of the tokens are known. A "
            "tokenizer was expected. Say it when opening: vitrail.open(..., tokenizer=AutoTokenizer.from_pretrained("
            "...)), or give labels."
        )
    length = packed.x.shape[packed.axes.index("token")]
    numbers = [_numbers(list(map(_bare, words))) for words in texts]
    filled = [own + own[-1:] * (length - len(own)) for own in numbers]
    return torch.tensor(filled, device=packed.x.device)[..., None]


def _bare(word: str) -> str:
    for mark in SPACES:
        word = word.replace(mark, "")
    return word


def _numbers(words: list[str]) -> list[int]:
    """The sentence of each word."""
    found, number, over = [], 0, False
    for i, word in enumerate(words):
        goes_on = not word.strip(CLOSING + ENDS)
        if over and not goes_on:
            number, over = number + 1, False
        found.append(number)
        over = over or (_ends(word) and not _inside_a_number(words, i))
    return found


def _ends(word: str) -> bool:
    return word.rstrip(CLOSING).endswith(tuple(ENDS))


def _inside_a_number(words: list[str], i: int) -> bool:
    """Whether a word is the point of a number such as 3.5."""
    beside = words[i - 1 : i] + words[i + 1 : i + 2]
    return words[i] == "." and len(beside) == 2 and beside[0][-1:].isdecimal() and beside[1][:1].isdecimal()

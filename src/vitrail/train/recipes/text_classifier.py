"""A transformer that reads texts: taught from the beginning, or an encoder from elsewhere that is fine-tuned."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from vitrail.errors import BadSetting
from vitrail.methods.settings import Count, Portion, Share
from vitrail.train import encoder
from vitrail.train.data import Data
from vitrail.train.heads import head
from vitrail.train.recipe import Fitting, Phase, Task


@dataclass(frozen=True)
class TextClassifier(Fitting):
    """A transformer encoder with a head for classes   [1, 2].

        h_0 = dropout(E[ids] + P[places]),   u = h + attention(norm(h)),   h' = u + W relu(V norm(u) + c) + b,
        y = output(mean of norm(h_depth) over the tokens of the text)

    Ids of 0 are padding: nothing attends to them, and the mean leaves them out. With `base`, a folder that
    save_pretrained() wrote, the encoder is that one, with all its weights and a new head of Hugging Face's. All of it
    learns by AdamW, the rate rising over the first tenth of the steps and falling to 0 in straight lines   [3]; the
    texts must have been read with the tokenizer of the folder: vitrail.data(..., tokenizer=base).

    Settings    depth      how many blocks
                heads      of each attention; they share `width`
                width      numbers for each token
                inner      units between the two dense layers of a block
                dropout    the share that is left out after embeddings, attention and dense layers, and before the head
                base       folder with an encoder that is fine-tuned; the five above do not count then. None: a new one
                fine_rate  learning rate of the encoder in `base`; its new head has `rate`
    The others  how it is fitted, see Fitting; with `base`, optimizer and schedule are as said above
    Beware      a few thousand texts teach a new network little but which words count: take a `base`

    [1] Vaswani and others, "Attention is all you need", 2017
    [2] Xiong and others, "On layer normalization in the transformer architecture", 2020, for the norms before
    [3] Devlin and others, "BERT: pre-training of deep bidirectional transformers", 2019, section 4.1 and A.2
    """

    name: ClassVar[str] = "text-classifier"
    tasks: ClassVar[tuple[Task, ...]] = ("binary", "multiclass", "multilabel")
    reads: ClassVar[tuple[str, ...]] = ("texts",)
    depth: Count = 2
    heads: Count = 4
    width: Count = 64
    inner: Count = 128
    dropout: Portion = 0.1
    base: str | None = None
    fine_rate: Share = 5e-5

    @property
    def teach(self) -> Callable[..., Any] | None:
        """Another loop than that of keras, where an encoder is fine-tuned."""
        return None if self.base is None else self.tuned

    @property
    def save(self) -> Callable[[Any, Path], str] | None:
        return None if self.base is None else encoder.save

    def tuned(self, data: Data, *asked: Any) -> Any:
        """The encoder in `base` with a head that fits, once it has learnt."""
        if data.task == "multilabel":
            raise BadSetting(
                "base= was given for several labels at once. One class for each text was expected with an encoder "
                "from elsewhere. Leave base= out, or learn label by label.",
                setting="base",
            )
        if (self.optimizer, self.schedule) != ("adam", "constant"):
            raise BadSetting(
                f"optimizer={self.optimizer!r} and schedule={self.schedule!r} were given beside base=. An encoder is "
                "fine-tuned by AdamW with a schedule of its own. Leave both out.",
                setting="optimizer",
            )
        return encoder.tune(str(self.base), (self.fine_rate, self.rate), self.fitting, data, *asked)

    def build(self, keras: Any, data: Data) -> Any:
        layers, ops = keras.layers, keras.ops
        self.refuse_odd_heads()
        known = len(data.modality.tokenizer)  # type: ignore[union-attr]
        ids = keras.Input((None,), dtype="int64", name="ids")
        real = ops.not_equal(ids, 0)
        places = ops.cumsum(ops.ones_like(ids), axis=1) - 1
        words = layers.Embedding(known, self.width, name="tokens")(ids)
        h = layers.Add(name="embedded")([words, layers.Embedding(data.x.shape[1], self.width, name="places")(places)])
        h = layers.Dropout(self.dropout, name="dropout")(h)
        for k in range(1, self.depth + 1):
            h = self.block(layers, h, ops.expand_dims(real, 1), k)
        h = layers.LayerNormalization(name="norm")(h)
        h = layers.GlobalAveragePooling1D(name="mean")(h, mask=real)
        return keras.Model(ids, head(keras, data)(layers.Dropout(self.dropout, name="dropout_head")(h)), name="text")

    def block(self, layers: Any, h: Any, real: Any, k: int) -> Any:
        """What the tokens say to each other, and what each makes of it. `real` (batch, 1, token): no padding."""
        normed = layers.LayerNormalization(name=f"norm_{k}")(h)
        attention = layers.MultiHeadAttention(self.heads, self.width // self.heads, name=f"attention_{k}")
        said = layers.Dropout(self.dropout, name=f"dropout_{k}")(attention(normed, normed, attention_mask=real))
        h = layers.Add(name=f"heard_{k}")([h, said])
        inner = layers.Dense(self.inner, "relu", name=f"inner_{k}")(layers.LayerNormalization(name=f"norm_{k}_2")(h))
        outer = layers.Dropout(self.dropout, name=f"dropout_{k}_2")(layers.Dense(self.width, name=f"outer_{k}")(inner))
        return layers.Add(name=f"block_{k}")([h, outer])

    def phases(self, network: Any) -> Sequence[Phase]:
        return [Phase("all", self.epochs, self.rate)]

    def refuse_odd_heads(self) -> None:
        if self.width % self.heads:
            raise BadSetting(
                f"{self.heads} heads cannot share a width of {self.width}. A width that the heads divide was expected. "
                f"Use width={self.heads * max(1, self.width // self.heads)}.",
                setting="width",
            )

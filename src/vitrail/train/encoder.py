"""Fine-tuning of a text encoder from elsewhere: a Hugging Face folder, with a new head, on torch."""

import importlib.util
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from vitrail.errors import BadSetting, CannotOpen, MissingExtra
from vitrail.explanation import Array
from vitrail.inputs.modalities import tokenizer
from vitrail.train.checkpoint import LAST, read
from vitrail.train.data import Data
from vitrail.train.recipe import Fitting
from vitrail.train.teach import forever
from vitrail.train.watch import Heard, State, Told, Watch, best, resumed

FOLDER = "model"  #: of the network, in that of the run
WARM = 0.1  #: the share of the steps over which the rate rises
DECAY = 0.01  #: of weights, as in BERT
MOST = 1.0  #: length of the gradient of all weights, beyond which it is cut, as in BERT
ROWS = 128  #: texts that are read at once where nothing is learnt


def tune(
    base: str,
    rates: tuple[float, float],
    fitting: Fitting,
    data: Data,
    folder: Path,
    tell: Told | None = None,
    heard: Heard | None = None,
) -> tuple["Encoder", State]:
    """The encoder with a head that fits, its best weights, and how it went; goes on where it was killed.

    rates   of the encoder and of its new head, at their highest

    Raises BadSetting for texts that were read otherwise than the encoder reads, CannotOpen, TrainingFailed, DiskFull.
    """
    torch.manual_seed(fitting.seed % 2**32)
    network = Encoder(headed(base, data), data, rates)
    found = read(folder / LAST)
    state = State() if found is None else State.of(found[1])
    if found is not None:
        resumed(network, folder)
    steps = -(-len(data.rows["train"]) // fitting.batch)
    watch = Watch(network, fitting, folder, state, tell, steps * fitting.epochs, "all", steps * state.epoch, heard)
    batches = forever(data, fitting.batch, (fitting.seed, state.phase), state.epoch, fitting.balance)
    while state.epoch < fitting.epochs and not state.over:
        said = []
        for step in range(steps):
            watch.step_begins(step)
            share = (steps * state.epoch + step + 1) / (steps * fitting.epochs)
            x, y, *counts = next(batches)
            said.append(network.learn(x, y, counts[0] if counts else None, height(share)))
            watch.step_ended(step, {"loss": said[-1][0]})
        loss, accuracy = np.mean(said, 0)
        watch.epoch_ended(state.epoch, {"loss": loss, "accuracy": accuracy, **network.judged(data)})
    best(network, folder, state)
    return network, state


def height(share: float) -> float:
    """Of the rate, from 0 to 1, once that share of the steps is done: up and down in straight lines."""
    return min(share / WARM, (1 - share) / (1 - WARM))


def headed(base: str, data: Data) -> Any:
    """The network in a folder, with as many outputs as the data ask for; the head is drawn at random.

    One output where the task is binary: that of the second class.
    """
    if importlib.util.find_spec("transformers") is None:
        raise MissingExtra("transformers", "hf", "fine-tuning an encoder")
    from transformers import AutoModelForSequenceClassification

    refuse_none(base)
    refuse_other_ids(base, data)
    names = dict(enumerate(data.classes[1:] if data.task == "binary" else data.classes))
    with hushed():
        try:
            network = AutoModelForSequenceClassification.from_pretrained(
                base, num_labels=data.outputs, id2label=names, label2id={v: k for k, v in names.items()},
                use_safetensors=True, trust_remote_code=False, local_files_only=True,
            )  # fmt: skip
        except (OSError, ValueError, KeyError) as error:
            raise CannotOpen(
                f"the folder {base!r} holds no encoder that transformers can open ({str(error).splitlines()[0]}). A "
                "folder written by save_pretrained(), with .safetensors weights, was expected. Save it so."
            ) from error
    return network


@contextmanager
def hushed() -> Iterator[None]:
    """Without bars, and without what transformers says about a head that is new, as it is meant to be."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def refuse_none(base: str) -> None:
    if not Path(base).is_dir():
        raise BadSetting(
            f"base={base!r} is no folder. A folder written by save_pretrained() was expected; nothing is downloaded. "
            "Check the path, or leave base= out for a network that learns from the beginning.",
            setting="base",
        )


def refuse_other_ids(base: str, data: Data) -> None:
    """Raise BadSetting unless the ids of the data mean what they mean to the encoder."""
    own, given = tokenizer(Path(base)), data.modality.tokenizer  # type: ignore[union-attr]
    if own.get_vocab() != given.get_vocab():
        raise BadSetting(
            f"the texts were read with another tokenizer ({len(given)} tokens) than that of base={base!r} ({len(own)} "
            f"tokens). The same was expected. Read them so: vitrail.data(..., tokenizer={base!r}).",
            setting="base",
        )


def save(network: "Encoder", folder: Path) -> str:
    """The network and its tokenizer as transformers save them: whole or not at all; the name of the folder."""
    beside = folder / f".{FOLDER}"
    shutil.rmtree(beside, ignore_errors=True)
    with hushed():
        network.module.save_pretrained(beside)
        network.tokenizer.save_pretrained(beside)
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    beside.replace(folder / FOLDER)
    return FOLDER


class Weight:
    """A tensor, as checkpoints read and write it."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        return np.array(self.tensor.detach().cpu().numpy(), dtype)

    def assign(self, array: Array) -> None:
        with torch.no_grad():
            self.tensor.copy_(torch.from_numpy(np.asarray(array)))


class AdamW:
    """Adam with weight decay apart from the gradient, for matrices alone, and one rate for each group of weights."""

    def __init__(self, module: nn.Module, rates: tuple[float, float]) -> None:
        self.rates, self.height = rates, 1.0
        own = getattr(module, "base_model_prefix", "")
        groups: dict[tuple[bool, bool], list[Tensor]] = {}
        for name, weight in module.named_parameters():
            groups.setdefault((not name.startswith(f"{own}."), weight.ndim > 1), []).append(weight)
        self.of = [new for new, _ in groups]
        self.torch = torch.optim.AdamW(
            [{"params": some, "weight_decay": DECAY * wide, "lr": rates[new]} for (new, wide), some in groups.items()]
        )
        for w in (w for some in groups.values() for w in some):  # all of the state is there before the first step
            moments = {"exp_avg": torch.zeros_like(w), "exp_avg_sq": torch.zeros_like(w)}
            self.torch.state[w] = {"step": torch.tensor(0.0), **moments}

    @property
    def variables(self) -> list[Weight]:
        return [Weight(value) for state in self.torch.state.values() for value in state.values()]

    @property
    def learning_rate(self) -> float:
        """Of the encoder."""
        return self.height * self.rates[0]

    def step(self, height: float) -> None:
        """One step at such a share of the highest rates."""
        self.height = height
        for new, group in zip(self.of, self.torch.param_groups, strict=True):
            group["lr"] = height * self.rates[new]
        self.torch.step()


class Encoder:
    """A network of transformers, as far as training wants to know it."""

    stop_training = False

    def __init__(self, module: Any, data: Data, rates: tuple[float, float]) -> None:
        self.module, self.task = module.to("cuda" if torch.cuda.is_available() else "cpu"), data.task
        self.tokenizer: Any = data.modality.tokenizer  # type: ignore[union-attr]
        self.optimizer = AdamW(module, rates)

    @property
    def variables(self) -> Sequence[Weight]:
        return [Weight(value) for value in self.module.state_dict().values()]

    def learn(self, ids: Array, answers: Array, counts: Array | None = None, height: float = 1.0) -> list[float]:
        """One step; loss and accuracy of the batch before it. `counts`: what each text counts."""
        self.module.train()
        logits = self.logits(ids)
        losses, right = self.wrong(logits, answers)
        loss = (losses if counts is None else losses * torch.from_numpy(counts).to(losses)).mean()
        self.module.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.module.parameters(), MOST)
        self.optimizer.step(height)
        return [float(loss.detach()), float(right.double().mean())]

    def logits(self, ids: Array) -> Tensor:
        """(texts, outputs); columns that are padding in all of them are not read."""
        real = torch.from_numpy(ids[:, : int((ids != 0).sum(1).max())]).to(self.module.device)
        return self.module(input_ids=real, attention_mask=(real != 0).long()).logits  # type: ignore[no-any-return]

    def wrong(self, logits: Tensor, answers: Array) -> tuple[Tensor, Tensor]:
        """The loss of each text, and whether it is answered rightly."""
        truth = torch.from_numpy(answers).to(logits.device)
        if self.task == "multiclass":
            return nn.functional.cross_entropy(logits, truth, reduction="none"), logits.argmax(1) == truth
        losses = nn.functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
        return losses[:, 0], (logits[:, 0] > 0) == (truth[:, 0] > 0.5)

    def judged(self, data: Data) -> dict[str, float]:
        """Loss and accuracy of the validation part."""
        self.module.eval()
        with torch.no_grad():
            each = [torch.stack(self.wrong(self.logits(x), y)) for x, y in data.batches("validation", ROWS)]
        loss, accuracy = torch.cat(each, 1).double().mean(1).tolist()
        return {"val_loss": loss, "val_accuracy": accuracy}

    def predict_on_batch(self, ids: Array) -> Array:
        """(texts, outputs) probabilities."""
        self.module.eval()
        ends = torch.nn.functional.softmax if self.task == "multiclass" else lambda x, _: x.sigmoid()
        with torch.no_grad():
            said = [ends(self.logits(ids[i : i + ROWS]), 1).cpu().numpy() for i in range(0, len(ids), ROWS)]
        return np.concatenate(said)

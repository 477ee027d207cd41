"""The other libraries. They are installed by the extra `bench`, and imported here only."""

import importlib
import sys
import types
from typing import Any


def captum_integrated_gradients(network: Any) -> Any:
    """Captum's IntegratedGradients for a network; None where captum is not installed."""
    try:
        attr = importlib.import_module("captum.attr")
    except ImportError:
        return None
    return attr.IntegratedGradients(network)


def grad_cam(network: Any, layer: Any) -> Any:
    """pytorch-grad-cam's GradCAM at a layer; None where it is not installed.

    It asks for torchvision, which has no CPU-only build beside this torch. Grad-CAM itself does not use it (only its
    picture helpers and detection targets do), so an empty stand-in answers the imports.
    """
    stand_in("torchvision", ops=None)
    stand_in("torchvision.transforms", Compose=None, Normalize=None, ToTensor=None)
    stand_in("torchvision.transforms.functional", resize=None)
    try:
        library = importlib.import_module("pytorch_grad_cam")
    except ImportError:
        return None
    return library.GradCAM(model=network, target_layers=[layer])


def class_target(index: int) -> Any:
    """pytorch-grad-cam's way of asking for a class."""
    return importlib.import_module("pytorch_grad_cam.utils.model_targets").ClassifierOutputTarget(index)


def stand_in(name: str, **members: Any) -> None:
    """An empty module under a name that is not installed."""
    if name in sys.modules:
        return
    module = types.ModuleType(name)
    vars(module).update(members)
    sys.modules[name] = module


def versions() -> dict[str, str]:
    """The versions of what is compared."""
    from importlib import metadata

    names = ("vitrail", "torch", "captum", "grad-cam", "keras", "transformers", "numpy")
    installed = {d.metadata["Name"] for d in metadata.distributions()}
    return {name: metadata.version(name) for name in names if name in installed}

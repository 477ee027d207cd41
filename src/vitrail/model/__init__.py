"""Open a network, run it, read and edit its layers: Model and Trace."""

from vitrail.model.handle import Model
from vitrail.model.layers import Layer, Layers
from vitrail.model.packed import Packed
from vitrail.model.sweep import Sweep
from vitrail.model.trace import Trace

__all__ = ["Layer", "Layers", "Model", "Packed", "Sweep", "Trace"]

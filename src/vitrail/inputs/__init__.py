"""What comes in: packing, modalities, baselines, players."""

from vitrail.inputs.door import open
from vitrail.inputs.modality import Images, Text
from vitrail.inputs.packing import pack
from vitrail.inputs.table import Table

__all__ = ["Images", "Table", "Text", "open", "pack"]

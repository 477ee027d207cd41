"""What comes in: packing, modalities, baselines, players."""

from vitrail.inputs.door import open
from vitrail.inputs.modality import Images, Table, Text
from vitrail.inputs.packing import pack

__all__ = ["Images", "Table", "Text", "open", "pack"]

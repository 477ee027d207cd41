"""Rules: what goes back through one operation instead of its gradient, kept in tables by operation.

rules.EPSILON | {"erf": rules.through}     a table with one entry more
vitrail.explain(model, x, vitrail.LRP(preset=table))
"""

from vitrail.rules.apply import Applied
from vitrail.rules.deeplift import DEEPLIFT
from vitrail.rules.lrp import alpha_beta, epsilon, flat, gamma, halved, largest, norm, through, w_square, z_box, z_plus
from vitrail.rules.presets import PRESETS, lrp_table, preset
from vitrail.rules.record import Record
from vitrail.rules.table import CONSTANT, Rule, Steps, Table

EPSILON = preset("epsilon")
EPSILON_PLUS = preset("epsilon-plus")
EPSILON_PLUS_FLAT = preset("epsilon-plus-flat")

__all__ = [
    "CONSTANT",
    "DEEPLIFT",
    "EPSILON",
    "EPSILON_PLUS",
    "EPSILON_PLUS_FLAT",
    "PRESETS",
    "Applied",
    "Record",
    "Rule",
    "Steps",
    "Table",
    "alpha_beta",
    "epsilon",
    "flat",
    "gamma",
    "halved",
    "largest",
    "lrp_table",
    "norm",
    "preset",
    "through",
    "w_square",
    "z_box",
    "z_plus",
]

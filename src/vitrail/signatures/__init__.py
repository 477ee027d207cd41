"""Signatures: the paths that examples take through a network, and what is read off them."""

from vitrail.explanation import VERBS
from vitrail.signatures.assign import assign, trust
from vitrail.signatures.bins import Bins
from vitrail.signatures.fit import signatures
from vitrail.signatures.flow import flow
from vitrail.signatures.similarity import cka

VERBS.update({("signature", "assign"): assign, ("signature", "trust"): trust, ("signature", "flow"): flow})

__all__ = ["Bins", "cka", "signatures"]

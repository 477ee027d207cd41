"""How far to trust an answer: how usual an example's way through the network is, as p-values that keep their word.

Read reading.py (what there is to see), then one file for each score: path, distance, msp and energy (softmax.py),
mahalanobis (which also makes `layers`), knn, vim, react. surprise.py puts them on one scale, weights.py adds them up,
conformal.py turns each into a p-value. fit.py learns all of it, judge.py says it.
"""

from vitrail.trust.fit import fit
from vitrail.trust.judge import Judgement, judge
from vitrail.trust.outliers import outliers
from vitrail.trust.reading import Reading, Readings

__all__ = ["Judgement", "Reading", "Readings", "fit", "judge", "outliers"]

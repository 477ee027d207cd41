import numpy as np

from vitrail.trust import Reading


def test_the_features_are_the_last_layer():
    first, last = np.zeros((2, 3)), np.ones((2, 5))
    nothing = np.zeros(2)
    reading = Reading({"a": first, "b": last}, nothing, nothing, nothing, nothing, nothing)
    assert reading.features is last

"""Pictures that change at random: each way changes them in training, and never else."""

import numpy as np
import pytest

from lessons import EVERYTHING, halves
from vitrail.train.augmentation import Augmented
from vitrail.train.backend import school


def test_nothing_is_changed_unless_asked_for():
    assert list(Augmented().augmentation(school())) == []
    assert [layer.name for layer in Augmented(**EVERYTHING).augmentation(school())] == list(EVERYTHING)


@pytest.mark.parametrize("name", EVERYTHING)
def test_each_augmentation_changes_pictures(name):
    layer = next(Augmented(**{name: EVERYTHING[name]}).augmentation(school()))
    x = halves().numbers(np.arange(10))
    changed = school().ops.convert_to_numpy(layer(x, training=True))
    assert changed.shape == x.shape
    assert np.abs(changed - x).max() > 0.05
    np.testing.assert_array_equal(school().ops.convert_to_numpy(layer(x, training=False)), x)


def test_contrast_cuts_nothing_off():
    """Standardised pictures reach below 0: around their mean all is stretched alike."""
    layer = next(Augmented(contrast=0.5).augmentation(school()))
    x = np.linspace(-3, 3, 16, dtype=np.float32).reshape(1, 4, 4, 1)
    changed = school().ops.convert_to_numpy(layer(x, training=True))
    ratio = changed / x
    np.testing.assert_allclose(ratio, ratio[0, 0, 0, 0], rtol=1e-4)
    assert abs(ratio[0, 0, 0, 0] - 1) > 0.01

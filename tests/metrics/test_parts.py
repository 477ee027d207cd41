import numpy as np
import pytest
import torch
from torch import nn

import vitrail
from vitrail.errors import BadInput
from vitrail.metrics.parts import Parts, covered, subject_about
from vitrail.target import Output


@pytest.fixture
def bound():
    model = vitrail.open(nn.Sequential(nn.Flatten(), nn.Linear(2 * 16, 3)).double())
    with model.asking(torch.rand(2, 2, 4, 4, dtype=torch.float64)) as bound:
        yield bound


def test_a_subject_out_of_settings(bound):
    subject = subject_about(bound, Output(1), Parts("patches", patch=2, baseline=0.5))
    assert subject.most == 4
    torch.testing.assert_close(subject.whole, bound(subject.x)[:, 1])
    nobody = subject.worth(torch.zeros(2, 1, 4, dtype=torch.bool))[:, 0]
    torch.testing.assert_close(nobody, bound(torch.full_like(subject.x, 0.5))[:, 1])
    assert subject.masks is None


def test_a_player_lies_in_the_mask_by_majority(bound):
    subject = subject_about(bound, Output(0), Parts("patches", patch=2))
    mask = np.zeros((2, 4, 4))
    mask[0, :2, :2] = 1  # all of the first patch
    mask[0, 0, 2:] = 1  # half of the second
    mask[1, 2:, 2:] = 1
    mask[1, 3, 3] = 0  # three quarters of the last
    assert covered(subject, mask).tolist() == [[True, False, False, False], [False, False, False, True]]
    whole = np.repeat(mask[:, None], 2, 1)
    assert covered(subject, whole).tolist() == covered(subject, mask).tolist()


@pytest.mark.parametrize("shape", [(2, 4, 5), (1, 4, 4), (2, 5), (2, 3, 4, 4)])
def test_masks_of_another_shape(bound, shape):
    subject = subject_about(bound, Output(0), Parts("patches", patch=2))
    with pytest.raises(BadInput, match="masks have shape"):
        covered(subject, np.ones(shape))

import pytest
import torch

from judging import linear, subject_of
from vitrail.metrics.non_sensitivity import NonSensitivity
from vitrail.metrics.subject import judged


@pytest.fixture
def subject():
    """The target depends on all players but 1 and 4, which are zero in x as in the baseline."""
    x = torch.ones(2, 8, dtype=torch.float64)
    x[:, [1, 4]] = 0
    with subject_of(linear(), x) as subject:
        yield subject


def test_by_hand(subject):
    right = torch.ones(2, 8, dtype=torch.float64)
    right[:, [1, 4]] = 0
    assert NonSensitivity()(subject, judged(subject, right)).tolist() == [0, 0]
    one_too_many, one_too_few = right.clone(), right.clone()
    one_too_many[0, 4] = 0.5
    one_too_few[1, [2, 3]] = 0
    assert NonSensitivity()(subject, judged(subject, one_too_many)).tolist() == [1 / 8, 0]
    assert NonSensitivity()(subject, judged(subject, one_too_few)).tolist() == [0, 2 / 8]


def test_all_wrong_is_one(subject):
    wrong = torch.zeros(2, 8, dtype=torch.float64)
    wrong[:, [1, 4]] = 1
    assert NonSensitivity()(subject, judged(subject, wrong)).tolist() == [1, 1]


def test_rounding_is_no_share(subject):
    nearly = torch.ones(2, 8, dtype=torch.float64)
    nearly[:, [1, 4]] = 1e-12
    assert NonSensitivity()(subject, judged(subject, nearly)).tolist() == [0, 0]
    assert NonSensitivity(epsilon=0.0)(subject, judged(subject, nearly)).tolist() == [2 / 8, 2 / 8]


def test_the_scale_does_not_matter_and_zeros_are_zeros(subject):
    values = torch.randn(2, 8, dtype=torch.float64)
    one, two = (NonSensitivity()(subject, judged(subject, each)) for each in (values, -7 * values))
    torch.testing.assert_close(one, two)
    assert NonSensitivity()(subject, judged(subject, 0 * values)).tolist() == [6 / 8, 6 / 8]

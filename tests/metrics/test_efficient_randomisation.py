import numpy as np
import torch

import vitrail
from judging import linear, points, subject_of
from vitrail.metrics.efficient_randomisation import EfficientParameterRandomisation, entropy
from vitrail.metrics.redrawn import redrawn
from vitrail.metrics.subject import judged

close = torch.testing.assert_close
METRIC = EfficientParameterRandomisation(bins=4, seed=1)
GRADIENT = vitrail.METHODS["gradient"]()


def by(recipe, metric=METRIC):
    with subject_of(linear(), points()) as subject:
        return metric(subject, judged(subject, subject.x, recipe))


def by_histogram(row, bins):
    shares = np.histogram(row, bins)[0] / len(row)
    return -sum(p * np.log(p) for p in shares if p)


def test_entropy_by_histograms():
    values = torch.cat([points(3), points(1).round()])
    for bins in (1, 2, 5, 100):
        expected = [by_histogram(row.numpy(), bins) for row in values]
        close(entropy(values, bins), torch.tensor(expected, dtype=torch.float64))


def test_entropy_by_pencil():
    """All in bins of their own: log n. Half and half: log 2. All alike: 0."""
    values = torch.tensor(
        [[0.0, 1.0, 2.0, 3.0], [0.0, 0.0, 3.0, 3.0], [7.0, 7.0, 7.0, 7.0], [1.0, torch.nan, 2.0, 3.0]]
    )
    close(entropy(values, 4), torch.tensor([np.log(4), np.log(2), 0, np.nan], dtype=torch.float64), equal_nan=True)


def test_rounding_is_no_complexity():
    close(entropy(1 + 1e-7 * points(1).float(), 100), torch.zeros(1, dtype=torch.float64))


def test_the_rise_of_the_gradient_of_a_linear_network():
    with subject_of(linear(), points()) as subject:
        new = redrawn(subject, [""], 1).network.module.weight[0]
    before, after = (by_histogram(row.detach().numpy(), 4) for row in (linear().weight[0], new))
    assert before != after
    close(by(GRADIENT), torch.full((5,), (after - before) / before, dtype=torch.float64))


def test_factors_and_shifts_change_nothing():
    close(by(lambda model, x, target: 5 - 3 * GRADIENT(model, x, target)), by(GRADIENT))


def test_an_explanation_that_ignores_the_network_does_not_rise():
    close(by(lambda model, x, target: x), torch.zeros(5, dtype=torch.float64))


def test_a_constant_explanation_has_no_complexity_to_compare():
    own = linear().weight
    falls = lambda model, x, target: x * float(torch.equal(model.network.module.weight, own))  # noqa: E731
    rises = lambda model, x, target: x * float(not torch.equal(model.network.module.weight, own))  # noqa: E731
    close(by(falls), -torch.ones(5, dtype=torch.float64))
    assert by(rises).isnan().all()

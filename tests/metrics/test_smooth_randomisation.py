import pytest
import torch

import vitrail
from judging import points, subject_of
from known import smooth
from vitrail.metrics.parameter_randomisation import ParameterRandomisation
from vitrail.metrics.redrawn import redrawn
from vitrail.metrics.similarity import spearman
from vitrail.metrics.smooth_randomisation import SmoothParameterRandomisation
from vitrail.metrics.subject import judged

close = torch.testing.assert_close
GRADIENT = vitrail.METHODS["gradient"]()


def by(metric, recipe=GRADIENT):
    with subject_of(smooth(8), points()) as subject:
        return metric(subject, judged(subject, subject.x, recipe))


@pytest.mark.parametrize("order", ["rising", "cascading", "independent"])
def test_without_noise_it_is_the_plain_test(order):
    found = by(SmoothParameterRandomisation(order=order, std=0.0, samples=2))
    assert len(found.unique()) > 1
    close(found, by(ParameterRandomisation(order=order)))


def test_means_over_noise_are_compared():
    """By the front door, which averages by itself."""
    settings = {"std": 0.7, "samples": 4, "seed": 2}
    x, total = points(), []
    own = torch.as_tensor(vitrail.explain(vitrail.open(smooth(8)), x, "smoothgrad", 0, **settings).values)
    with subject_of(smooth(8), x) as subject:
        for names in (["0"], ["0", "2"]):
            new = vitrail.open(redrawn(subject, names, 2).network.module)
            total.append(
                spearman(own, torch.as_tensor(vitrail.explain(new, x, "smoothgrad", 0, **settings).values), True)
            )
    found = by(SmoothParameterRandomisation(**settings))
    close(found, torch.stack(total).mean(0))
    assert not torch.equal(found, by(ParameterRandomisation(order="rising", seed=2)))


def test_an_explanation_that_ignores_the_network_stays():
    close(by(SmoothParameterRandomisation(samples=3), lambda model, x, target: x), torch.ones(5, dtype=torch.float64))

import math

import numpy as np

from vitrail.trust.softmax import energy, log_sum_exp, msp

LOGITS = np.random.default_rng(0).normal(size=(20, 4)) * 3


def test_msp_by_its_definition():
    for row, found in zip(LOGITS, msp(LOGITS), strict=True):
        shares = [math.exp(z) / sum(math.exp(y) for y in row) for z in row]
        np.testing.assert_allclose(found, 1 - max(shares), rtol=1e-12)


def test_energy_by_its_definition():
    for row, found in zip(LOGITS, energy(LOGITS), strict=True):
        np.testing.assert_allclose(found, -math.log(sum(math.exp(z) for z in row)), rtol=1e-12)


def test_msp_ignores_a_shift_and_energy_follows_it():
    np.testing.assert_allclose(msp(LOGITS + 5), msp(LOGITS), atol=1e-12)
    np.testing.assert_allclose(energy(LOGITS + 5), energy(LOGITS) - 5, atol=1e-12)


def test_large_logits_do_not_overflow():
    np.testing.assert_allclose(log_sum_exp(np.array([[1000.0, 1000.0]])), 1000 + math.log(2))


def test_very_sure_answers_keep_their_order():
    sure = msp(np.array([[40.0, 0], [45.0, 0]]))
    assert sure[0] > sure[1] > 0

import pytest
import torch

from judging import WEIGHTS, linear, noise, points, subject_of
from masking import uneven
from vitrail.metrics.subject import judged
from vitrail.metrics.subsets import correlation, falls, given


@pytest.fixture
def subject():
    with subject_of(linear(), points()) as subject:
        yield subject


@pytest.mark.parametrize(("share", "size"), [(0.01, 1), (0.25, 2), (0.5, 4), (0.99, 7)])
def test_sets_are_of_the_size_that_was_asked(subject, share, size):
    gone, _ = falls(subject, share, 20, 0)
    assert (gone.sum(2) == size).all()


def test_examples_with_fewer_players_have_sets_of_their_own_size_and_players(subject):
    counts = [8, 2, 8, 4, 2]
    subject.players = uneven(counts, 8)
    gone, _ = falls(subject, 0.5, 200, 0)
    assert gone.sum(2).tolist() == [[count // 2] * 200 for count in counts]
    torch.testing.assert_close(gone.any(1), torch.arange(8) < torch.tensor(counts)[:, None])
    torch.testing.assert_close(gone[0], gone[2])  # the same draws where there are as many


def test_a_linear_network_falls_by_what_is_taken_away(subject):
    gone, fall = falls(subject, 0.3, 20, 0)
    torch.testing.assert_close(fall, torch.einsum("bp,bsp->bs", WEIGHTS * subject.x, gone.double()))
    ideal = judged(subject, WEIGHTS * subject.x)
    torch.testing.assert_close(given(ideal, gone), fall)


def test_they_are_drawn_once_and_by_the_seed(subject):
    first = falls(subject, 0.3, 20, 0)
    before = subject.model.question.forwards
    assert falls(subject, 0.3, 20, 0)[1] is first[1]
    assert subject.model.question.forwards == before
    assert (falls(subject, 0.3, 20, 1)[0] != first[0]).any()


def test_every_player_is_as_likely(subject):
    gone, _ = falls(subject, 0.25, 2000, 0)
    share = gone[0].double().mean(0)
    assert (share - 0.25).abs().max() < 4 * (0.25 * 0.75 / 2000) ** 0.5


def test_correlation_as_numpy_has_it():
    import numpy as np

    one, two = noise(torch.empty(3, 40, dtype=torch.float64)), noise(torch.empty(3, 40, dtype=torch.float64), 2)
    expected = [np.corrcoef(a, b)[0, 1] for a, b in zip(one.numpy(), two.numpy(), strict=True)]
    torch.testing.assert_close(correlation(one, two), torch.tensor(expected))
    assert correlation(one, torch.ones_like(one)).isnan().all()

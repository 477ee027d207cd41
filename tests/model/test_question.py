import numpy as np
import pytest
import torch

import vitrail
from vitrail.model.packed import Feed, Packed
from vitrail.model.question import Question, Spent


@pytest.fixture
def x():
    return torch.arange(12.0).reshape(4, 3)


@pytest.fixture
def question(x):
    return Question(Packed(x, ("batch", "feature"), lambda p, r: Feed((p,)), lambda v, a: {"values": v}, {}))


def told(question, x, rows):
    question.remember(x, torch.tensor(rows), x * 2, x * 3)


def test_what_the_network_said_about_x_is_remembered(question, x):
    told(question, x[1:3], [1, 2])
    assert not question.heard_all()
    told(question, x[:1], [0])
    told(question, x[3:], [3])
    assert question.heard_all()
    torch.testing.assert_close(question.output, x * 2)
    torch.testing.assert_close(question.logits, x * 3)


@pytest.mark.parametrize(
    "other", [lambda x: x.clone()[:2], lambda x: x[1:3], lambda x: x[::2], lambda x: x[:2, :2], lambda x: x[:2] + 0]
)
def test_what_it_said_about_something_else_is_not(question, x, other):
    told(question, other(x), [0, 1])
    assert question.output is None


def test_where_nothing_squashes_output_and_logits_are_one(question, x):
    y = x * 2
    question.remember(x, torch.arange(4), y, y)
    assert question.logits is question.output


def test_the_first_answer_stays(question, x):
    told(question, x, [0, 1, 2, 3])
    question.remember(x, torch.arange(4), x * 0, x * 0)
    torch.testing.assert_close(question.output, x * 2)


def test_passes_that_check_a_plan_are_not_counted(question):
    question.forwards, question.backwards = 5, 3
    with question.uncounted():
        question.forwards += 100
        question.backwards += 100
    assert (question.forwards, question.backwards) == (5, 3)


def test_only_the_outer_of_nested_sweeps_tells(x):
    seen = []
    packed = Packed(x, ("batch", "feature"), lambda p, r: Feed((p,)), lambda v, a: {"values": np.zeros(1)}, {})
    question = Question(packed, lambda done, total: seen.append((done, total)))
    with question.working(6) as outer:
        for _ in range(2):
            with question.working(10) as inner:
                inner(5), inner(5)
            outer(3)
    assert seen == [(3, 6), (6, 6)]
    with pytest.raises(ZeroDivisionError), question.working(1):
        raise ZeroDivisionError
    with question.working(2) as again:
        again(2)
    assert seen[-1] == (2, 2)


def test_several_sweeps_are_one_count(x, question):
    heard = []
    question.progress = lambda *at: heard.append(at)
    with question.together(8, 2) as advance:
        for _ in range(2):
            with question.working(4) as inside:
                inside(4)
            advance(4)
    assert heard == [(4, 8), (8, 8)]


def test_a_single_sweep_counts_for_itself(x, question):
    heard = []
    question.progress = lambda *at: heard.append(at)
    with question.together(4, 1) as advance:
        with question.working(4) as inside:
            inside(4)
        advance(4)
    assert heard == [(4, 4)]


def test_ctrl_c_stops_what_may_be_stopped_and_nothing_else(question):
    with question.stoppable(True):
        raise KeyboardInterrupt
    assert question.stopped
    with pytest.raises(KeyboardInterrupt), question.stoppable(False):
        raise KeyboardInterrupt


def test_passes_are_counted_up_to_a_limit(question):
    question.limit = 5
    question.spend(forwards=3)
    question.spend(backwards=2)
    assert question.used == 5
    with pytest.raises(Spent):
        question.spend(forwards=1)
    assert (question.forwards, question.backwards) == (4, 2)


def test_a_question_within_another_spends_what_that_one_has_left(question, x):
    question.limit = 5
    question.spend(forwards=3)
    inner = Question(question.packed)
    with inner.charged(question):
        inner.spend(forwards=1, backwards=1)
        with pytest.raises(Spent):
            inner.spend(forwards=1)
    assert (question.forwards, question.backwards) == (5, 1)


def test_a_question_of_its_own_is_charged_to_nobody(question):
    question.limit = 1
    with question.charged(None):
        question.spend(forwards=1)
    assert question.used == 1


def test_what_robustness_and_randomisation_ask_is_counted():
    net = torch.nn.Linear(3, 2)
    model = vitrail.open(net)
    x = torch.arange(12.0).reshape(4, 3)
    # by pencil: x itself once for all; then the draws, where the network is not asked but the method: a gradient each
    board = vitrail.compare(model, x, ["gradient"], [{"metric": "max-sensitivity", "samples": 5}], target=0)
    assert board.checks["passes"] == 4 * (1 + 2 + 5 * 2)
    board = vitrail.compare(model, x, ["gradient"], ["parameter-randomisation"], target=0)
    assert board.checks["passes"] == 4 * (1 + 2 + 2)

"""Gates by their truth tables, and what one of them can say."""

import pytest

from vitrail.train.gates import GATES, XNOR, XOR, Gate, combinations, reachable, stacked

TWO = {
    "AND": lambda a, b: a and b,
    "OR": lambda a, b: a or b,
    "NAND": lambda a, b: not (a and b),
    "NOR": lambda a, b: not (a or b),
    "IMPLIES": lambda a, b: (not a) or b,
}


def test_combinations_count_up():
    assert combinations(2).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert [int("".join(map(str, row)), 2) for row in combinations(4)] == list(range(16))


@pytest.mark.parametrize("name", TWO)
def test_a_gate_of_two_inputs_by_its_truth_table(name):
    x = combinations(2)
    assert GATES[name](x).tolist() == [int(TWO[name](bool(a), bool(b))) for a, b in x]


def test_the_other_gates_by_their_truth_tables():
    assert GATES["NOT"]([[0], [1]]).tolist() == [1, 0]
    assert GATES["MAJORITY"](combinations(3)).tolist() == [int(row.sum() >= 2) for row in combinations(3)]
    assert set(GATES) == {*TWO, "NOT", "MAJORITY"}


def test_two_layers_say_what_no_gate_says():
    x = combinations(2)
    assert stacked(XOR, x).tolist() == [[0], [1], [1], [0]]
    assert stacked(XNOR, x).tolist() == [[1], [0], [0], [1]]
    assert stacked(XOR[:1], x).tolist() == [[0, 1], [1, 1], [1, 1], [1, 0]]


def test_one_gate_says_all_but_xor_and_its_opposite():
    """Linearly separable functions of 1, 2 and 3 inputs: 4, 14, 104 of 4, 16, 256 (Muroga, 1971)."""
    assert len(reachable(1)) == 4
    found = reachable(2)
    missing = {tuple(row) for row in combinations(4).tolist()} - set(found)
    assert missing == {(0, 1, 1, 0), (1, 0, 0, 1)}
    assert len(reachable(3)) == 104


def test_a_gate_that_was_found_says_what_it_was_found_for():
    x = combinations(2)
    for says, gate in reachable(2).items():
        assert tuple(gate(x)) == says
        assert isinstance(gate, Gate)


def test_larger_weights_say_no_more():
    assert set(reachable(2, range(-5, 6))) == set(reachable(2))


def test_without_anything_that_holds_back_more_inputs_never_mean_less():
    """Never, always, and, or, and each of the two alone: the six monotone functions (Dedekind, 1897)."""
    found = reachable(2, (0, 1))
    assert len(found) == 6
    assert all(says[0] <= min(says[1:3]) and max(says[1:3]) <= says[3] for says in found)

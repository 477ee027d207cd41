from collections import namedtuple

import torch

from vitrail.rules.nodes import Started, detached, kept, ruled, unseen

close = torch.testing.assert_close
Pair = namedtuple("Pair", "values indices")


def leaf(*values):
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def test_relevance_starts_as_value_times_gradient():
    x = leaf(2.0, -3.0)
    (found,) = torch.autograd.grad((Started.apply(x) * torch.tensor([1.0, 5.0])).sum(), x)
    close(found, torch.tensor([2.0, -15.0]).double())


def test_a_rule_hands_back_to_every_source():
    a, b = leaf(1.0), leaf(2.0)
    made = ruled(lambda relevance: [relevance * 7, relevance * 9], torch.tensor([5.0]).double(), [a, b])
    close(made.detach(), torch.tensor([5.0]).double())
    close(torch.autograd.grad(made.sum() * 2, [a, b]), (torch.tensor([14.0]).double(), torch.tensor([18.0]).double()))


def test_a_rule_may_differentiate():
    x = leaf(3.0)

    def back(relevance):
        again = x.detach().requires_grad_()
        return torch.autograd.grad(again**2, again, relevance)

    close(torch.autograd.grad(ruled(back, x.detach(), [x]), x)[0], torch.tensor([6.0]).double())


def test_the_result_is_the_same_memory_and_may_be_written_over():
    output = torch.tensor([1.0, -2.0]).double()
    made = ruled(lambda relevance: [relevance], output, [leaf(0.0, 0.0)])
    assert made.data_ptr() == output.data_ptr()
    assert not made._is_view()
    made.relu_()
    close(output, torch.tensor([1.0, 0.0]).double())


def test_an_alias_keeps_layout():
    tensor = torch.arange(12.0).reshape(3, 4).T[1:]
    alias = unseen(tensor)
    close(alias, tensor)
    assert (alias.stride(), alias.storage_offset(), alias._is_view()) == (tensor.stride(), 1, False)


def test_a_result_without_its_history_keeps_its_form():
    made = leaf(1.0) * 2
    for result in (made, (made, 3), [made], Pair(made, None), "text"):
        plain = detached(result)
        assert type(plain) is type(result)
        assert not any(
            getattr(part, "requires_grad", False) for part in (plain if isinstance(plain, tuple) else [plain])
        )


def test_a_checkpoint_keeps_what_is_saved():
    dropped = []
    x = leaf(0.5)
    with torch.autograd.graph.saved_tensors_hooks(lambda t: dropped.append(t) or t, lambda t: t):
        with kept():
            inside = x.exp()
        assert dropped == []
        outside = x.exp()
    assert len(dropped) == 1
    close(torch.autograd.grad(inside, x), torch.autograd.grad(outside, x))

from collections import namedtuple

import torch
import torch.nn.functional as F

from known import normal
from vitrail.rules.call import Call, carriers, carries, refilled

close = torch.testing.assert_close
Pair = namedtuple("Pair", "one other")


def call_of(func, *args, inputs, **kwargs):
    return Call("name", "place", func, args, kwargs, inputs)


def test_a_call_runs_again_on_other_inputs():
    x, w = normal(2, 3), normal(4, 3, seed=1)
    call = call_of(F.linear, x, w, inputs=[x])
    close(call.output, x @ w.T)
    close(call(x * 2).detach(), 2 * x @ w.T)
    assert not call.output.requires_grad


def test_its_gradient_is_that_of_plain_backpropagation():
    x, y = normal(2, 3), normal(2, 3, seed=1)
    call = call_of(torch.mul, x, y, inputs=[x, y])
    up = normal(2, 3, seed=2)
    close(call.gradient(up), [up * y, up * x])
    close(call.gradient(up * 2), [2 * up * y, 2 * up * x])


def test_an_input_that_does_not_matter_gets_zeros():
    x, y = normal(2), normal(2, seed=1)
    close(
        call_of(lambda a, b: a * 2, x, y, inputs=[x, y]).gradient(torch.ones(2).double()),
        [torch.full_like(x, 2), 0 * y],
    )


def test_the_gradient_of_another_function_of_the_same_arguments():
    x = normal(2, 3)
    call = call_of(torch.exp, x, inputs=[x])
    close(call.gradient_of(torch.square, torch.ones_like(x)), [2 * x])


def test_what_is_preserved_outlives_what_is_written_over():
    x = normal(2, 3)
    before = x.clone()
    call = call_of(torch.sin, x, inputs=[x])
    made = call.result
    assert call.storages() == {x.untyped_storage().data_ptr(), made.untyped_storage().data_ptr()}
    call.preserve()
    x.zero_()
    with torch.no_grad():
        made.zero_()
    close(call.inputs[0].detach(), before)
    close(call.output, before.sin())
    close(call.gradient(torch.ones_like(before)), [before.cos()])


def test_the_first_of_several_results_is_the_output():
    x = normal(2, 3)
    call = call_of(torch.max, x, 1, inputs=[x])
    close(call.output, x.amax(1))
    assert call.result.indices.tolist() == x.argmax(1).tolist()
    assert call_of(lambda t: 3, x, inputs=[x]).output.numel() == 0


def test_tensors_are_replaced_wherever_they_stand():
    a, b, new = torch.zeros(1), torch.ones(1), torch.full((1,), 7.0)
    made = refilled(([a, (b, 3)], {"k": Pair(a, "text")}), {id(a): 0}, [new])
    assert made[0][0] is new
    assert made[0][1][0] is b
    assert made[1]["k"] == Pair(new, "text")
    assert (type(made[0]), type(made[0][1]), type(made[1]["k"])) == (list, tuple, Pair)


def test_who_carries_relevance():
    x, weight = torch.ones(1, requires_grad=True), torch.nn.Parameter(torch.ones(1))
    assert carries(x * 2)
    assert carries((x * 2).to(torch.complex64))
    assert not carries(weight)
    assert not carries(torch.ones(1))
    assert [id(t) for t in carriers(([x, weight], x), {"k": torch.ones(1)})] == [id(x)]

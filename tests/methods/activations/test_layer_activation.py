"""What a layer says is what a plain hook sees."""

import torch

from known import Overwriting, captured, explained, normal, picture_nets, seeded, smooth, values

close = torch.testing.assert_close


def test_it_is_what_the_layer_gave():
    net, x = smooth(), normal(4, 5)
    close(values(net, x, "layer-activation", layer="0"), net[0](x).detach())
    close(values(net, x, "layer-activation"), torch.tanh(net[0](x)).detach())


def test_a_layer_that_is_overwritten_later_is_seen_before():
    net, x = seeded(Overwriting(), 5), normal(2, 1, 5, 5)
    expected = net.one(x).detach()
    assert (expected < 0).any()
    close(values(net, x, "layer-activation", layer="one"), expected)


def test_the_calls_of_a_module_that_runs_twice_are_told_apart():
    net, x = picture_nets()["reused"]
    first = net.again(torch.relu(net.first(x))).detach()
    close(values(net, x, "layer-activation", layer="again#1"), first)
    close(values(net, x, "layer-activation", layer="again#2"), net.again(torch.relu(first)).detach())


def test_a_function_has_a_name_too():
    net, x = picture_nets()["functional"]
    found = values(net, x, "layer-activation", layer="/relu#2")
    activation, _ = captured(net, net.two, x, 0)
    close(found, activation.relu())


def test_it_is_an_activation_and_promises_nothing():
    answer = explained(smooth(), normal(4, 5), "layer-activation")
    assert answer.kind == "activation"
    assert answer.axes["values"] == ("batch", "unit")
    assert answer.checks["completeness"] == "measured only"

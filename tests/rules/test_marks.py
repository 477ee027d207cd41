import gc

import torch

from vitrail.rules.marks import Marks


def test_what_is_known_of_a_tensor_is_known_of_no_other():
    marks = Marks()
    one, same = torch.ones(2), torch.ones(2)
    marks.put(one, "first")
    assert (marks.get(one), marks.get(same), marks.get(one.view(2))) == ("first", None, None)


def test_a_tensor_at_the_address_of_a_dead_one_is_another():
    marks = Marks()
    for i in range(100):  # memory of the last is given to the next
        tensor = torch.ones(2)
        assert marks.get(tensor) is None
        marks.put(tensor, i)
        del tensor
        gc.collect(0)


def test_what_is_not_lasting_ends_when_somebody_writes_over_the_tensor_or_over_a_view():
    lasting, passing = Marks(), Marks(lasting=False)
    whole = torch.ones(2, 2)
    for write in (whole.relu_, whole[0].relu_, whole.T.zero_):
        lasting.put(whole, 1)
        passing.put(whole, 1)
        assert passing.get(whole) == 1
        write()
        assert (lasting.get(whole), passing.get(whole)) == (1, None)

import warnings

import numpy as np
import torch
from torch import nn

from vitrail.cli.tour import about, ask_all, quietly
from vitrail.inputs import open
from vitrail.plot.caption import asked


def test_every_method_is_asked_and_the_question_put_into_words():
    model, x = open(nn.Linear(4, 3)), torch.rand(2, 4)
    answers = ask_all(model, x, [{"method": "gradient"}, {"method": "integrated-gradients", "steps": 2}], "asking", 1)
    assert [answer.method for answer in answers] == ["gradient", "integrated-gradients"]
    worded = about(answers, ["this", "that"])
    assert [asked(worded[0], i) for i in (0, 1)] == ["this", "that"]
    np.testing.assert_array_equal(worded[0].values, answers[0].values)


def test_others_are_quiet(capsys):
    with quietly():
        print("Loaded pretrained weights")
        warnings.warn("old", stacklevel=1)
    assert capsys.readouterr().out == ""

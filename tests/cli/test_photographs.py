import pytest

from vitrail.cli.photographs import opened, photograph_chapters, photographs
from vitrail.cli.tour import Effort

pytest.importorskip("efficientnet_lite_pytorch")
pytest.importorskip("skimage")


def test_the_network_knows_both_photographs(capsys):
    model = opened()
    said = model(photographs()).softmax(1)
    assert [model.classes[i] for i in said.argmax(1)] == ["espresso", "Egyptian cat"]
    assert said.amax(1).min() > 0.7
    assert capsys.readouterr().out == ""


@pytest.mark.slow
def test_the_chapters():
    chapters = photograph_chapters(Effort(steps=4, samples=2, stride=48, count=6))
    assert [len(chapter.section.answers) for chapter in chapters] == [4, 2, 2]
    assert chapters[2].section.answers[0].target["labels"] == [
        "espresso rather than cup",
        "Egyptian cat rather than tiger cat",
    ]
    assert chapters[1].section.answers[1].checks["completeness_gap_relative"].shape == (2,)

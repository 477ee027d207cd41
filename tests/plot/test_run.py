"""The report of a run."""

import pytest
from PIL import Image

from evaluations import three
from vitrail.errors import AlreadyExists
from vitrail.plot import report_run
from vitrail.train.run import EVALUATION, Run, write_about, write_history

ABOUT = {
    "recipe": "mlp-classifier",
    "settings": {"rate": 0.1},
    "versions": {"vitrail": "0"},
    "task": "multiclass",
    "classes": ["ant", "bee", "cat"],
    "data": {"examples": {"train": 1200, "validation": 30, "test": 8}, "shape": [28, 28, 1]},
    "seconds": 12.345,
}


@pytest.fixture
def run(tmp_path):
    """A folder as training leaves it, without a network."""
    write_about(tmp_path, {**ABOUT, "finished": True})
    rows = [{"phase": "all", "epoch": e, "rate": 0.1, "loss": 2 / e, "val_loss": 3 / e} for e in (1, 2)]
    write_history(tmp_path, rows)
    three().save(tmp_path / EVALUATION)
    return Run(tmp_path)


def test_the_report_tells_how_well_it_does_and_how_it_learnt(run):
    page, picture = report_run(run)
    text = page.read_text(encoding="utf-8")
    told = [
        "How well it does",
        "How it learnt",
        "of 3 classes",
        "1,200 examples of 28 × 28 × 1 numbers",
        "12.3 seconds",
    ]
    assert [words for words in told if words not in text] == []
    assert "rate <code>0.1</code>" in text
    with Image.open(picture) as drawn:
        assert drawn.width > 800
    assert [path.name for path in report_run(run, overwrite=True)] == ["report.html", "curves.png"]


def test_it_is_not_replaced_unasked(run):
    (run.folder / "curves.png").write_bytes(b"mine")
    with pytest.raises(AlreadyExists):
        report_run(run)
    assert (run.folder / "curves.png").read_bytes() == b"mine"
    assert not (run.folder / "report.html").exists()

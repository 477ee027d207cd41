import sys

import numpy as np
import pytest

import vitrail
from vitrail.explanation import VERBS, Explanation


@pytest.fixture
def signatures(tmp_path, network):
    """A file of signatures of the small network."""
    x = np.random.default_rng(0).normal(size=(60, 4)).astype(np.float32)
    model = vitrail.open(str(network), classes=["ant", "bee", "cat"])
    return vitrail.signatures(model, x, clusters=2, held_out=0).save(tmp_path / "s")


@pytest.fixture
def judged(monkeypatch):
    """Trust as it might answer; (the signatures that were asked, x, the network) of each call."""
    asked = []

    def stand_in(known, x, *, model=None):
        asked.append((known, x, model))
        count = len(x)
        p = np.linspace(1, 0.01, count)
        arrays = {
            "values": p,
            "p/path": p / 2,
            "score/path": 1 / p,
            "cluster": np.ones((count, 2), np.int32),
            "predicted": np.arange(count, dtype=np.int32) % 3,
        }
        axes = {name: ("batch", "layer")[: array.ndim] for name, array in arrays.items()}
        labels = {"unusual": [""] * (count - 1) + ["At 0 it sits [in] cluster 1."], "class": ["ant", "bee", "cat"]}
        checks = {"calibration": 40, "calibrated_on": "held out of x"}
        outputs = np.eye(3)[np.arange(count) % 3]
        provenance = {**known.provenance, "method": "trust"}
        return Explanation("score", arrays, axes, checks, outputs, {"target": "trust"}, labels, provenance)

    monkeypatch.setitem(VERBS, ("signature", "trust"), stand_in)
    return asked


def test_a_row_for_each_example(run, network, signatures, judged, x):
    result = run("trust", network, signatures, x)
    assert result.exit_code == 0, result.output
    first, last = [line for line in result.stdout.splitlines() if line.split()[:1] in (["0"], ["1"])][:2]
    assert first.split() == ["0", "ant", "1.0000"]
    assert last.split()[:3] == ["1", "bee", "0.0100"]
    assert "sits [in] cluster 1." in last
    assert "1 of 2 examples have p at most 0.05" in result.stdout
    assert "40, held out of x" in result.stdout
    ((known, given, model),) = judged
    assert (known.kind, model.name) == ("signature", vitrail.open(str(network)).name)
    np.testing.assert_array_equal(given, np.load(x))


def test_as_json(run, network, signatures, judged, x):
    told = run("trust", network, signatures, x, "--json").json()
    assert told["examples"][1] == {
        "example": 1,
        "predicted": "bee",
        "signature": [1, 1],
        "p": 0.01,
        "single": {"path": 0.005},
        "unusual": "At 0 it sits [in] cluster 1.",
    }
    assert told["checks"]["calibration"] == 40


def test_of_very_many_the_most_unusual_are_shown(run, network, signatures, judged, tmp_path):
    np.save(tmp_path / "many.npy", np.zeros((150, 4), np.float32))
    text = run("trust", network, signatures, tmp_path / "many.npy").stdout
    assert "The 100 most unusual of 150 examples are shown." in text
    rows = [int(line.split()[0]) for line in text.splitlines() if line.split() and line.split()[0].isdecimal()]
    assert rows[:100] == list(range(50, 150))


def test_the_answer_and_the_page_are_written(run, network, signatures, judged, x, tmp_path):
    saved, page, drawn = tmp_path / "t", tmp_path / "t.html", tmp_path / "t.png"
    result = run("trust", network, signatures, x, "--save", saved, "--report", page, "--plot", drawn)
    assert result.exit_code == 0, result.output
    assert vitrail.load(saved).kind == "score"
    assert "cluster 1." in page.read_text()
    assert drawn.read_bytes().startswith(b"\x89PNG")


@pytest.fixture
def closed(monkeypatch):
    """The network must not be opened."""
    module = sys.modules["vitrail.cli.source"]
    monkeypatch.setattr(module, "open", lambda *_, **__: pytest.fail("the network was opened"))


def test_what_holds_no_signatures_is_refused_before_the_network_is_opened(closed, refused, network, x, tmp_path):
    assert "no file" in refused("cannot-open", "trust", network, tmp_path / "missing", x)
    (tmp_path / "torn").write_bytes(b"torn")
    refused("cannot-open", "trust", network, tmp_path / "torn", x)
    other = Explanation("attribution", {}, {}, {}, np.zeros((1, 1)), {}).save(tmp_path / "other")
    assert "kind 'attribution'" in refused("bad-input", "trust", network, other, x)


def test_a_file_that_is_there_is_left_alone(closed, refused, network, signatures, x, tmp_path):
    (tmp_path / "mine").write_text("mine")
    refused("already-exists", "trust", network, signatures, x, "--save", tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "mine"


def test_signatures_of_another_network_are_refused(refused, seer, signatures, tmp_path):
    np.save(tmp_path / "p.npy", np.zeros((1, 3, 8, 8), np.float32))
    assert "another network" in refused("bad-input", "trust", seer, signatures, tmp_path / "p.npy")


def test_the_whole_way(run, network, tmp_path):
    random = np.random.default_rng(0)
    np.save(tmp_path / "x.npy", random.normal(size=(400, 4)).astype(np.float32))
    fresh = random.normal(size=(100, 4)).astype(np.float32)
    np.save(tmp_path / "new.npy", np.concatenate([fresh, 40 * fresh]))
    made = run("signatures", network, tmp_path / "x.npy", "--clusters", 4, "--save", tmp_path / "s", "--json")
    assert made.exit_code == 0, made.output
    told = run("trust", network, tmp_path / "s", tmp_path / "new.npy", "--json")
    assert told.exit_code == 0, told.output
    p = np.array([example["p"] for example in told.json()["examples"]])
    assert ((p > 0) & (p <= 1)).all()
    assert (p[:100] <= 0.1).mean() < 0.25  # 0.1 is promised; 40 calibrate and 100 are counted, deviation about 0.06
    assert np.median(p[100:]) < 0.1 < 0.3 < np.median(p[:100])

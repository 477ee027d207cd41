"""Capture: part by part, and again from where it stopped."""

import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import vitrail
from blobs import blobs, layered
from vitrail.errors import BadInput, NetworkFailed
from vitrail.inputs.examples import Examples
from vitrail.signatures import read
from vitrail.signatures.capture import capture
from vitrail.signatures.read import planned


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(read, "FEWEST", 1)
    monkeypatch.setattr(read, "MOST", 20)


def captured(model, folder, x, **options):
    examples = Examples(x)
    return capture(model, planned(model, examples, "auto", "auto"), examples, folder, **options)


def contents(store):
    return {path.name: path.read_bytes() for path in store.folder.iterdir()}


def test_every_layer_of_every_example(layered_model, tmp_path):
    x, _ = blobs(50)
    store = captured(layered_model, tmp_path / "s", x, keep="float32")
    trace = layered_model.trace(x, keep=("1", "3"))
    for name in ("1", "3"):
        found = np.concatenate([part.activations[name] for part in store.parts()])
        np.testing.assert_allclose(found, trace.layers[name].numpy(), rtol=1e-6)
    np.testing.assert_allclose(np.concatenate([p.logits for p in store.parts()]), trace.logits.numpy(), rtol=1e-5)
    assert [len(part.rows) for part in store.parts()] == [20, 20, 10]


def test_stopped_and_resumed_is_uninterrupted(layered_model, tmp_path):
    x, _ = blobs(50)
    whole = captured(layered_model, tmp_path / "whole", x)

    def stop(done, total):
        if done >= 40:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        captured(layered_model, tmp_path / "stopped", x, progress=stop)
    begun = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "stopped").glob("part-*")}
    assert 0 < len(begun) < 3
    again = captured(layered_model, tmp_path / "stopped", x)
    assert contents(again) == contents(whole)
    for name, time in begun.items():
        assert (again.folder / name).stat().st_mtime_ns == time  # what was there was not made again


KILLED = """
    import os, signal, sys
    sys.path.insert(0, sys.argv[1])
    from blobs import blobs, layered
    import vitrail
    from vitrail.signatures import read

    read.FEWEST, read.MOST = 1, 20
    def die(done, total):
        if done >= 40:
            os.kill(os.getpid(), signal.SIGKILL)
    x, labels = blobs(50)
    vitrail.signatures(vitrail.open(layered()), x, labels, clusters=3, store=sys.argv[2], progress=die)
"""


def test_killed_and_run_again_is_uninterrupted(tmp_path):
    x, labels = blobs(50)
    script = tmp_path / "run.py"
    script.write_text(textwrap.dedent(KILLED))
    tests = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120
    done = subprocess.run([sys.executable, script, tests, tmp_path / "killed"], env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL
    assert (tmp_path / "killed" / "store.json").is_file()
    assert not (tmp_path / "killed" / "part-000002.parquet").exists()
    model = vitrail.open(layered())
    whole, again = (
        vitrail.signatures(model, x, labels, clusters=3, store=tmp_path / name) for name in ("whole", "killed")
    )
    np.testing.assert_array_equal(whole.values, again.values)
    for name in whole.arrays:
        np.testing.assert_array_equal(whole.arrays[name], again.arrays[name])
    for path in (tmp_path / "whole").iterdir():
        assert path.read_bytes() == (tmp_path / "killed" / path.name).read_bytes()


def test_other_examples_are_noticed(layered_model, tmp_path):
    x, _ = blobs(50)
    store = captured(layered_model, tmp_path / "s", x)
    before = contents(store)
    changed = x.copy()
    changed[45] += 1
    with pytest.raises(BadInput, match=r"other examples than x\[40:\]"):
        captured(layered_model, tmp_path / "s", changed)
    assert contents(store) == before


def test_nothing_half_written_is_left_by_a_network_that_breaks(tmp_path):
    x, _ = blobs(50)
    x[47] = 1e308  # the sum of the first layer is infinite
    with pytest.raises(NetworkFailed, match=r"x\[47\]"):
        captured(vitrail.open(layered()), tmp_path / "s", x)
    assert {path.name for path in (tmp_path / "s").iterdir()} <= {
        "store.json",
        "part-000000.parquet",
        "part-000001.parquet",
    }


def test_progress_counts_examples(layered_model, tmp_path):
    seen = []
    captured(layered_model, tmp_path / "s", blobs(50)[0], progress=lambda done, total: seen.append((done, total)))
    assert seen == [(20, 50), (40, 50), (50, 50)]


def test_memory_does_not_grow_with_the_examples(layered_model, tmp_path, monkeypatch):
    """The largest array that is alive at once, by what the reader and the writer are given."""
    sizes = {}
    reading = read.read

    def watched(model, plan, examples, rows):
        part = reading(model, plan, examples, rows)
        sizes.setdefault(len(examples), []).append(sum(a.nbytes for a in part.activations.values()))
        return part

    monkeypatch.setattr(sys.modules["vitrail.signatures.capture"], "read", watched)
    for count in (40, 400):
        captured(layered_model, tmp_path / str(count), blobs(count)[0])
    assert max(sizes[40]) == max(sizes[400]) > 0

import io
import subprocess
import sys

import numpy as np
import pytest

FORMS = ["picture", "series", "map", "two inputs"]


def saved(figure):
    held = io.BytesIO()
    figure.savefig(held, format="png", dpi=40)
    return held.getvalue()


@pytest.mark.parametrize("form", FORMS)
def test_every_form_can_be_drawn(make, form):
    assert saved(make[form]().plot())[:4] == b"\x89PNG"


def test_columns_and_tokens_can_be_drawn(make):
    assert saved(make["column"](np.array([[1.0, -2.0]]), ["a", "b"]).plot())
    assert saved(make["token"]([["a", "b"], ["c"]]).plot())


def test_several_inputs_stand_side_by_side(make):
    figure = make["two inputs"]().plot()
    assert [axes.get_xlabel() for axes in figure.subfigs[0].axes if axes.get_xlabel()] == ["scan", "record"]


def test_the_headline_says_prediction_and_gap(make):
    said = {"index": 1, "name": "cat", "probability": 0.5}
    checks = {"completeness": "promised", "completeness_gap_relative": np.array([0.01, 0.02])}
    figure = make["picture"](checks=checks, provenance={"prediction": [said, said]}).plot()
    assert figure.subfigs[1].get_suptitle() == "predicted cat (50.0\u00a0%) · gap 2.00\u00a0%"


def test_options_reach_the_heat_map(make):
    answer = make["picture"]()
    plain, seen = answer.plot(opacity=1.0), answer.plot(opacity=0.0)
    colour, grey = (f.subfigs[0].axes[1].images[0].get_array().astype(int) for f in (plain, seen))
    assert np.ptp(colour, axis=-1).max() > 60
    assert np.ptp(grey, axis=-1).max() == 0


def test_shapes_that_nothing_fits_are_a_table(make):
    answer = make["any"](values=np.zeros((2, 3, 4, 4)), axes=("batch", "head", "query", "key"))
    assert len(answer.plot().axes[0].tables) == 1


SILENT = """
import sys
import numpy as np
import matplotlib
before = matplotlib.rcParams.copy()  # dict() of it would choose a backend, and import pyplot
import vitrail.plot
from vitrail.explanation import Explanation
answer = Explanation("attribution", {"values": np.ones((1, 4, 4))}, {"values": ("batch", "height", "width")},
                     {}, np.ones((1, 2)), {})
answer.plot().savefig(sys.argv[1])
str(answer.show())
assert "matplotlib.pyplot" not in sys.modules, "pyplot was imported"
assert dict.__eq__(matplotlib.rcParams, before), "rcParams were changed"
"""


def test_pyplot_and_its_settings_are_left_alone(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", SILENT, str(tmp_path / "x.png")], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


LIGHT = """
import sys
import vitrail.plot
assert "matplotlib" not in sys.modules
"""


def test_importing_the_views_does_not_import_matplotlib():
    run = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr

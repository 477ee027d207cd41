import inspect

import numpy as np
import pytest

from vitrail.cli import app
from vitrail.cli.flags import MARK, help_of, metavar, values
from vitrail.cli.frame import takers
from vitrail.methods import METHODS
from vitrail.methods.settings import settings_of


def declared():
    """(flag, name of its parameter) of the command `explain`."""
    (command,) = [c.callback for c in app.registered_commands if c.callback.__name__ == "explain"]
    infos = {p.name: p.annotation.__metadata__[0] for p in inspect.signature(command).parameters.values()}
    firsts = [(info.default, name) for name, info in infos.items() if isinstance(info.default, str)]
    return firsts + [(flag, name) for name, info in infos.items() for flag in getattr(info, "param_decls", None) or ()]


def test_every_setting_of_every_method_has_a_flag(run):
    flags = dict(declared())
    for name in {s for cls in METHODS.values() for s in settings_of(cls)}:
        assert flags[f"--{name}"] == MARK + name


def test_no_two_flags_are_alike():
    flags = [flag for flag, _ in declared()]
    assert len(flags) > len(takers())
    assert len(flags) == len(set(flags))


def test_help_names_every_flag_and_who_takes_it(run):
    text = run("explain", "--help").stdout
    assert [name for name in takers() if f"--{name}" not in text] == []
    assert "smoothgrad" in help_of("std")
    assert (metavar("steps"), metavar("std"), metavar("of"), metavar("layer")) == ("N", "X", "METHOD", "NAME")


def test_values_are_json_texts_or_arrays(tmp_path):
    np.save(tmp_path / "b.npy", np.ones(4))
    said = {"steps": "7", "baseline": str(tmp_path / "b.npy"), "tolerance": "null"}
    given = values("integrated-gradients", said)
    np.testing.assert_array_equal(given.pop("baseline"), np.ones(4))
    assert given == {"steps": 7, "tolerance": None}


def test_a_layer_stays_a_name_though_it_looks_like_a_number():
    assert values("grad-cam", {"layer": "3"}) == {"layer": "3"}


def test_a_method_may_be_named_or_told_as_json():
    assert values("smoothgrad", {"of": "saliency"}) == {"of": "saliency"}
    told = values("smoothgrad", {"of": '{"method": "integrated-gradients", "steps": 3}'})
    assert told == {"of": {"method": "integrated-gradients", "steps": 3}}


@pytest.mark.parametrize("name", ["steps", "layer"])
def test_a_setting_that_the_method_does_not_take_is_refused(refused, network, x, name):
    assert f"no setting '{name}'" in refused(
        "bad-setting", "explain", network, x, "--method", "saliency", f"--{name}", 3
    )

"""Where answers about training go."""

import pytest

from tunings import swept
from vitrail.cli.results import refuse_results, written_of
from vitrail.errors import AlreadyExists, BadSetting


def test_what_was_asked_for_is_written_and_nothing_else(tmp_path):
    assert written_of(swept(), "a", None, None, None, False) == []
    paths = [tmp_path / name for name in ("a.safetensors", "b.png", "c.html")]
    assert written_of(swept(), "A title", paths[0], paths[2], paths[1], False) == paths
    assert all(path.stat().st_size > 100 for path in paths)
    assert "A title" in paths[2].read_text()


def test_what_cannot_be_written_is_refused_before(tmp_path):
    there = tmp_path / "there.html"
    there.touch()
    with pytest.raises(AlreadyExists):
        refuse_results(None, there, None, overwrite=False)
    refuse_results(None, there, None, overwrite=True)
    with pytest.raises(BadSetting, match="of no known kind"):
        refuse_results(None, None, tmp_path / "a.gif", overwrite=False)

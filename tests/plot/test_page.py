import numpy as np
import pytest

from vitrail.errors import AlreadyExists, BadSetting


def test_a_notebook_shows_what_str_gives(make):
    answer = make["picture"]()
    page = answer.show()
    assert str(page) == page._repr_html_() == answer._repr_html_()
    assert "<h1>gradient</h1>" in str(page)
    assert "KiB" in repr(page)
    assert "base64" not in repr(page)


@pytest.mark.parametrize("form", ["picture", "map", "series", "two inputs"])
def test_every_form_has_a_page(make, form):
    assert str(make[form]().show()).count('<th scope="row"><div class="subject">') == 2


def test_options_reach_the_page(make):
    answer = make["picture"]()
    assert "<h1>Mine &amp; yours</h1>" in str(answer.show(title="Mine & yours", clip=90))
    assert "90th percentile" in str(answer.show(clip=90))
    assert str(answer.show(opacity=0.1)) != str(answer.show(opacity=0.9))


def test_examples_left_out_are_counted(make):
    answer = make["picture"](batch=5, values=np.ones((5, 1, 8, 8)))
    assert "2 of 5 examples are shown." in str(answer.show(most=2))
    assert "examples are shown" not in str(answer.show())


def test_no_examples_are_refused(make):
    with pytest.raises(BadSetting, match="most must be at least 1, got 0"):
        make["picture"]().show(most=0)


def test_a_page_is_saved_once(make, tmp_path):
    page = make["picture"]().show()
    path = page.save(tmp_path / "a.html")
    assert path.read_text(encoding="utf-8") == str(page)
    with pytest.raises(AlreadyExists):
        page.save(path)
    assert page.save(path, overwrite=True) == path

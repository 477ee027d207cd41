"""The four examples: pictures that the page draws itself. That it runs, and what it says, tests/test_docs.py checks."""

import re
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"


def test_its_pictures_are_there():
    text = (DOCS / "shap.md").read_text(encoding="utf-8")
    pictures = re.findall(r"!\[.*?\]\((.*?)\)", text)
    assert len(pictures) == 8
    for picture in pictures:
        assert f'"{Path(picture).name}"' in text  # the page draws it itself
        assert 10_000 < (DOCS / picture).stat().st_size < 300_000


def test_what_is_answered_is_no_column():
    text = (DOCS / "shap.md").read_text(encoding="utf-8")
    (play,) = re.findall(r"^play = (\{.*?^\})", text, re.MULTILINE | re.DOTALL)
    columns = set(re.findall(r'"(\w+)":', play))
    assert {"R", "RA"} < columns
    assert not columns & {"W", "L", "Rank", "DivWin", "WCWin", "LgWin", "WSWin", "SV", "SHO", "attendance"}

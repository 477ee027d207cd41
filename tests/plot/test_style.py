import re

import pytest

from vitrail.plot.style import CSS


def selectors():
    inside = re.sub(r"@media[^{]*\{|/\*.*?\*/", "}", CSS)
    return [s.strip() for rule in re.findall(r"([^{}]+)\{", inside) for s in re.split(r",(?![^(]*\))", rule)]


def test_a_notebook_keeps_its_own_looks():
    assert len(selectors()) > 50
    assert [s for s in selectors() if not re.match(r"(\.vitrail|body\.vitrail-page)\b", s)] == []


def test_braces_are_closed():
    assert CSS.count("{") == CSS.count("}")


@pytest.mark.parametrize("mode", ["(prefers-color-scheme:dark)", "(max-width:40rem)", "print"])
def test_the_page_suits_dark_rooms_phones_and_paper(mode):
    assert f"@media {mode}" in CSS


def test_nothing_is_fetched():
    assert "url(" not in CSS
    assert "@import" not in CSS


@pytest.mark.parametrize("name", ["ink", "quiet", "accent"])
@pytest.mark.parametrize("ground", ["paper", "card"])
@pytest.mark.parametrize("dark", [False, True])
def test_text_has_the_contrast_that_reading_needs(name, ground, dark):
    block = CSS.split("prefers-color-scheme:dark")[dark]
    light, low = sorted((brightness(re.search(rf"--{n}:#(\w+)", block)[1]) for n in (name, ground)), reverse=True)
    assert (light + 0.05) / (low + 0.05) >= 4.5


def brightness(digits):
    whole = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    shares = [byte / 255 for byte in bytes.fromhex(whole)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return sum(weight * share for weight, share in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

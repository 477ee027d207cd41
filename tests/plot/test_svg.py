"""The flow as SVG: well formed, every count in it, nothing from elsewhere."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from vitrail.plot.svg import flow_svg, svg_band

SPACE = "{http://www.w3.org/2000/svg}"


def read(answer):
    return ET.fromstring(flow_svg(answer))


def titles(root):
    return [title.text for title in root.iter(f"{SPACE}title")]


def test_it_is_well_formed_and_says_what_it_shows(make):
    root = read(make["signature"]())
    assert root.tag == f"{SPACE}svg"
    assert root.get("role") == "img"
    assert root.find(f"{SPACE}title").text == "Paths of 10 examples"
    words = root.find(f"{SPACE}desc").text
    assert words.startswith("10 examples flow through the clusters of 2 layers (conv, dense)")
    assert "Widest: input class one to cluster 1: 5 examples" in words
    assert re.fullmatch(r"0 0 \d+ \d+", root.get("viewBox"))


def test_every_count_is_told(make):
    found = titles(read(make["signature"]()))
    for told in (
        "input class zero: 4 examples (40.0\u00a0%)",
        "cluster 2 at dense: 2 examples (20.0\u00a0%), 50.0\u00a0% of them zero",
        "predicted class one: 6 examples (60.0\u00a0%)",
        "input class zero to cluster 1: 1 example; zero: 1",
        "cluster 1 to cluster 1: 4 examples; one: 4",
        "cluster 1 to cluster 2: 2 examples; zero: 1; one: 1",
    ):
        assert told in found
    links = [text for text in found if " to " in text]
    assert sum(int(re.search(r": (\d+) example", text)[1]) for text in links) == 30
    assert sum(int(n) for text in links for n in re.findall(r"; \w+: (\d+)", text)) == 30


def test_heights_are_in_proportion(make):
    root = read(make["signature"]())
    boxes = {}
    for group in root.iter(f"{SPACE}g"):
        box = group.find(f"{SPACE}rect")
        if box is not None:
            boxes[group.find(f"{SPACE}title").text.split(":")[0]] = float(box.get("height"))
    assert len(boxes) == 9
    np.testing.assert_allclose(boxes["cluster 2 at dense"] * 3, boxes["input class one"], atol=0.05)
    np.testing.assert_allclose(boxes["cluster 0 at conv"] * 6, boxes["cluster 1 at conv"] * 4, atol=0.05)


def test_a_band_is_as_thick_at_both_ends():
    numbers = [float(n) for n in re.findall(r"-?[\d.]+", svg_band("red", 10, 50, 5, 25, 4).partition(' d="')[2])]
    assert numbers == [10, 5, 30, 5, 30, 25, 50, 25, 4, 30, 29, 30, 9, 10, 9]


def test_bands_have_the_colours_of_their_classes(make):
    root = read(make["signature"]())
    shades = {path.get("fill") for path in root.iter(f"{SPACE}path")}
    assert shades == {"#105fd9", "#98dc38"}
    assert len(list(root.iter(f"{SPACE}path"))) == 14


def test_text_is_escaped(make):
    evil = "<b>&\"'</b><script>"
    answer = make["signature"](names=[evil, "one"], layers=[evil, "dense"])
    text = flow_svg(answer)
    assert "<b>" not in text
    assert "<script>" not in text
    assert any(evil in title for title in titles(ET.fromstring(text)))


def test_long_names_are_shortened_and_told_in_full(make):
    layer, name = "encoder.layers.11.self_attention.projection.output.dense", "Welsh springer spaniel, a dog of Wales"
    root = read(make["signature"](names=[name, "one"], layers=[layer, "dense"]))
    written = ["".join(text.itertext()) for text in root.iter(f"{SPACE}text")]
    assert not any(name in text for text in written)
    assert any("…" in text for text in written)
    assert layer in titles(root)
    assert any(name in title for title in titles(root))


@pytest.mark.parametrize("view", ["all", "input", "output", "signature"])
def test_every_view_can_be_drawn(make, view):
    root = read(make["flow"](view=view))
    assert len(list(root.iter(f"{SPACE}rect"))) == {"all": 9, "input": 7, "output": 7, "signature": 5}[view]


def test_it_asks_nobody_for_anything(make):
    text = flow_svg(make["signature"]()).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert "http" not in text
    assert "url(" not in text
    assert "<script" not in text


def test_a_thousand_classes_stay_a_small_picture(make):
    rng = np.random.default_rng(0)
    label = rng.integers(0, 1000, 20000)
    paths = np.column_stack([label, label % 40, label % 30, rng.permutation(label)])
    text = flow_svg(make["signature"](paths, names=[f"class {i}" for i in range(1000)]))
    assert len(text) < 1e6
    found = titles(ET.fromstring(text))
    nodes = [t for t in found if t.startswith("input class ") and " to " not in t and ":" in t]
    counts = [int(re.search(r": ([\d\u202f]+) example", t)[1].replace("\u202f", "")) for t in nodes]
    assert sum(counts) == 20000
    assert len(counts) == 13

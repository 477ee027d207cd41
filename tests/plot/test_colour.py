import numpy as np
import pytest

from vitrail.errors import BadSetting
from vitrail.plot.colour import (
    ANCHORS,
    CLASSES,
    MEANING,
    MISSING,
    OTHER,
    UNKNOWN,
    class_colour,
    colormap,
    colours,
    gradient,
    hexes,
    ink,
    palette_of,
    reach,
    solid,
)


def luminance(colour):
    return colour.astype(float) @ [0.2126, 0.7152, 0.0722]


def test_positive_is_red_negative_is_blue_and_zero_is_neutral():
    against, nothing, towards = colours(np.array([-1.0, 0.0, 1.0]), 1.0, "signed").astype(int)
    assert towards[0] > towards[2] + 60
    assert against[2] > against[0] + 60
    assert nothing[0] == nothing[1] == nothing[2] > 240


def test_the_two_sides_are_equally_far_from_neutral():
    shades = luminance(colours(np.linspace(-1, 1, 41), 1.0, "signed"))
    assert np.all(np.diff(shades[:21]) > 0)
    assert np.all(np.diff(shades[20:]) < 0)


@pytest.mark.parametrize(("palette", "direction"), [("magnitude", 1), ("strength", -1), ("value", -1)])
def test_more_is_always_brighter_or_always_darker(palette, direction):
    shades = luminance(colours(np.linspace(0, 1, 50), 1.0, palette))
    assert np.all(np.diff(shades) * direction > 0)


def test_what_is_beyond_full_has_the_last_colour():
    beyond, full = colours(np.array([9.0, 1.0]), 1.0, "signed")
    np.testing.assert_array_equal(beyond, full)
    assert bytes(full).hex() == ANCHORS["signed"].split()[-1]


def test_what_is_not_a_number_is_grey():
    drawn = colours(np.array([np.nan, np.inf, 1.0]), 1.0, "magnitude")
    np.testing.assert_array_equal(drawn[:2], [MISSING, MISSING])
    assert tuple(drawn[2]) != MISSING


def test_the_percentile_ignores_an_outlier():
    values = np.r_[np.linspace(-1, 1, 999), 1000.0]
    assert 0.9 < reach(values, 99) < 1.1
    assert reach(values, 100) == 1000


def test_sizes_count_not_signs():
    assert reach(np.array([-4.0, 1.0, 2.0]), 100) == 4


def test_few_values_among_zeros_still_get_colour():
    values = np.zeros(1000)
    values[3] = -2.0
    assert reach(values, 99) == 2


@pytest.mark.parametrize("values", [np.zeros(5), np.array([]), np.array([np.nan])])
def test_nothing_to_show_has_a_range_that_can_divide(values):
    assert reach(values, 99) == 1


@pytest.mark.parametrize("clip", [0, -1, 100.5])
def test_a_percentile_out_of_range_is_refused(clip):
    with pytest.raises(BadSetting, match=f"got {clip}"):
        reach(np.ones(3), clip)


@pytest.mark.parametrize(
    ("values", "on", "palette"),
    [([-1, 2], "picture", "signed"), ([0, 2], "picture", "magnitude"), ([0, 2], "text", "strength")],
)
def test_the_palette_follows_the_signs(values, on, palette):
    assert palette_of(np.array(values), on=on) == palette


@pytest.mark.parametrize(("paper", "letters"), [("#ffffff", "#000000"), ("#2166ac", "#ffffff"), ("#000000", "#ffffff")])
def test_letters_read_on_their_colour(paper, letters):
    assert ink(paper) == letters


@pytest.mark.parametrize("palette", ANCHORS)
def test_letters_reach_the_contrast_that_reading_needs(palette):
    for paper in hexes(np.linspace(-1, 1, 50), 1.0, palette):
        light, dark = sorted([contrast_light(paper), contrast_light(ink(paper))], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


def contrast_light(colour):
    share = np.array(list(bytes.fromhex(colour[1:]))) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


def test_bars_have_two_colours():
    assert solid(1, "signed") != solid(-1, "signed")
    assert solid(0.1, "signed") == solid(5, "signed")


@pytest.mark.parametrize("palette", ANCHORS)
def test_every_palette_has_a_meaning_a_gradient_and_a_colormap(palette):
    assert MEANING[palette][0]
    first, last = ANCHORS[palette].split()[0], ANCHORS[palette].split()[-1]
    assert gradient(palette).startswith(f"linear-gradient(to right, #{first}")
    np.testing.assert_allclose(colormap(palette)(1.0)[:3], np.array(list(bytes.fromhex(last))) / 255)


def test_a_colormap_is_not_registered():
    import matplotlib

    colormap("signed")
    assert [name for name in matplotlib.colormaps if "vitrail" in name] == []


# -- classes -------------------------------------------------------------------------------------------------

#: how readers see linear RGB who lack one kind of cone: Machado, Oliveira, Fernandes, "A Physiologically-based Model
#: for Simulation of Color Vision Deficiency", 2009, table 1, severity 1
EYES = {
    "all": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(colour):
    """ "#rrggbb" as linear RGB."""
    light = np.array(list(bytes.fromhex(colour[1:]))) / 255
    return np.where(light <= 0.04045, light / 12.92, ((light + 0.055) / 1.055) ** 2.4)


def oklab(rgb):
    """Ottosson, "A perceptual color space for image processing", 2020."""
    cones = rgb @ np.array(
        [
            [0.4122214708, 0.2119034982, 0.0883024619],
            [0.5363325363, 0.6806995451, 0.2817188376],
            [0.0514459929, 0.1073969566, 0.6299787005],
        ]
    )
    return np.cbrt(cones) @ np.array(
        [
            [0.2104542553, 1.9779984951, 0.0259040371],
            [0.793617785, -2.428592205, 0.7827717662],
            [-0.0040720468, 0.4505937099, -0.808675766],
        ]
    )


def apart(shades, eyes):
    """The least distance of two colours."""
    seen = [oklab(np.clip(linear(shade) @ np.array(EYES[eyes]).T, 0, 1)) for shade in shades]
    return min(np.linalg.norm(a - b) for i, a in enumerate(seen) for b in seen[:i])


@pytest.mark.parametrize("eyes", EYES)
def test_colours_of_classes_differ_for_all_readers(eyes):
    assert apart([class_colour(i) for i in range(len(CLASSES))], eyes) > 0.08
    assert apart(["#7f7f7f", "#808080"], eyes) < 0.01


@pytest.mark.parametrize("shade", [*(class_colour(i) for i in range(12)), OTHER, UNKNOWN])
@pytest.mark.parametrize("paper", ["#ffffff", "#1e2124"])
def test_colours_of_classes_stand_out_from_the_paper(shade, paper):
    light = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (shade, paper))
    assert (light[1] + 0.05) / (light[0] + 0.05) > 1.6


def test_further_classes_go_round_the_hues():
    more = [class_colour(i) for i in range(60)]
    assert len(set(more)) == 60
    assert all(len(shade) == 7 and shade.startswith("#") for shade in more)
    assert apart(more[12:15], "all") > 0.1

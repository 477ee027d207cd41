"""The field's presets: which LRP rule goes where, by kind of operation and by position."""

from collections.abc import Callable, Iterable, Mapping

from vitrail.errors import BadSetting, near
from vitrail.rules.lrp import alpha_beta, epsilon, flat, gamma, halved, largest, norm, through, z_box, z_plus
from vitrail.rules.operations import ACTIVATIONS, AVERAGES, CONVOLUTIONS, DENSE, LARGEST, NORMS, SUMS
from vitrail.rules.table import CONSTANT, Entry, Rule, Table

ADVICE = "For transformers use the method 'attn-lrp'."


def everywhere(operations: Iterable[str], entry: Entry) -> dict[str, Entry]:
    return dict.fromkeys(operations, entry)


def lrp_table(name: str, convolution: Rule, dense: Rule, by: float, first: Rule | None = None) -> Table:
    """A composite: a rule for convolutions, one for dense layers, one for the first layer   [1].

    Sums, averages and normalisations go by epsilon; activations hand relevance on; the largest takes all.

    [1] Kohlbrenner, Bauer, Nakajima, Binder, Samek, Lapuschkin, "Towards Best Practice in Explaining Neural Network
        Decisions with LRP", 2020, section III
    """
    rest = epsilon(by)
    return Table(
        name,
        everywhere(SUMS | AVERAGES | {"shift", "batch_norm"}, rest)
        | everywhere(ACTIVATIONS | {"scale"}, through)
        | everywhere(LARGEST, largest)
        | everywhere(NORMS, norm(by))
        | {"product": halved(by), "rsqrt": CONSTANT}
        | everywhere(DENSE, dense)
        | everywhere(CONVOLUTIONS, convolution),
        {} if first is None else everywhere(CONVOLUTIONS | DENSE, first),
        advice=ADVICE,
    )


def preset(
    name: str, by: float = 1e-6, favour: float = 0.25, low: float | None = None, high: float | None = None
) -> Table:
    """The table of a preset; `by` is epsilon, `favour` is gamma. Raises BadSetting for a name that is none."""
    known(name)
    near_zero, box = epsilon(by), z_box(low, high)
    made: Mapping[str, Callable[[], Table]] = {
        "epsilon": lambda: lrp_table(name, near_zero, near_zero, by),
        "epsilon-plus": lambda: lrp_table(name, z_plus, near_zero, by),
        "epsilon-plus-flat": lambda: lrp_table(name, z_plus, near_zero, by, flat),
        "epsilon-alpha2-beta1": lambda: lrp_table(name, alpha_beta(2, 1), near_zero, by),
        "epsilon-alpha2-beta1-flat": lambda: lrp_table(name, alpha_beta(2, 1), near_zero, by, flat),
        "epsilon-gamma-box": lambda: lrp_table(name, gamma(favour, by), near_zero, by, box),
    }
    return made[name]()


def known(name: str) -> str:
    """The name of a preset. Raises BadSetting for one that is none."""
    if name not in PRESETS:
        raise BadSetting(
            f"preset={name!r} is not known. {near(name, PRESETS)}Presets are: {', '.join(PRESETS)}. Choose one, or "
            "give a table of your own.",
            setting="preset",
            value=name,
        )
    return name


def table_or_name(value: object) -> Table | str:
    """A setting as it is given: a table, or the name of a preset. Raises BadSetting for anything else."""
    if isinstance(value, Table):
        return value
    if isinstance(value, str):
        return known(value)
    raise BadSetting(
        f"preset={value!r} is a {type(value).__name__}. The name of a preset ({', '.join(PRESETS)}) or a table was "
        "expected; tables hold functions and cannot be read from JSON. Give such a name, or the table itself.",
        setting="preset",
        value=value,
    )


PRESETS = (
    "epsilon",
    "epsilon-plus",
    "epsilon-plus-flat",
    "epsilon-alpha2-beta1",
    "epsilon-alpha2-beta1-flat",
    "epsilon-gamma-box",
)

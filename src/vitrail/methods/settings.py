"""The vocabulary of settings, and the schema that Python, JSON, command-line and studio callers all pass through."""

from collections.abc import Mapping, Sequence
from dataclasses import Field, fields, is_dataclass
from typing import Annotated, Any, get_type_hints

from annotated_types import Ge, Gt, Le, Lt
from pydantic import AllowInfNan, TypeAdapter, ValidationError

from vitrail.errors import BadSetting, NoSuchMethod, near
from vitrail.inputs.baselines import NAMED, Baseline, baseline_of
from vitrail.methods.answer import Method
from vitrail.model import Model
from vitrail.rules import PRESETS, Table
from vitrail.rules.presets import table_or_name

Count = Annotated[int, Ge(1)]
Share = Annotated[float, Gt(0.0), AllowInfNan(False)]
Seed = Annotated[int, Ge(0), Le(2**63 - 1)]  #: what a torch.Generator takes
Spread = Annotated[float, Ge(0.0), AllowInfNan(False)]  #: a standard deviation, in units of x
Fraction = Annotated[float, Gt(0.0), Le(1.0), AllowInfNan(False)]
Portion = Annotated[float, Ge(0.0), Lt(1.0), AllowInfNan(False)]
Bound = Annotated[float, AllowInfNan(False)] | None  #: None: whatever each example has
Preset = str | Table  #: the name of a preset, or a table of rules

#: What every setting means, wherever it occurs. `vitrail methods`, the docs and forms are cut from it.
VOCABULARY = {
    "steps": "points on the path from the baseline to x, or on a curve; or steps of training",
    "samples": "noisy copies of x, draws from the background, or sets of players",
    "std": "standard deviation of the noise, in units of x",
    "seed": "start of the random numbers; the same seed gives the same answer",
    "baseline": "the input that stands for nothing there: a number, an array like one example, several examples "
    "to average over, 'blur', 'mean' or 'noise', and for texts 'mask'",
    "layer": "the layer to read, by the name that model.layers gives it; 'auto' chooses",
    "of": "the method that this one wraps, by name or with its own settings",
    "patch": "side of a square patch in pixels, or of a window in steps; None for an eighth of the picture",
    "stride": "pixels between patches; None for half a patch",
    "players": "what goes together: 'pixels', 'patches', 'superpixels', 'windows', 'columns', 'groups', 'tokens', "
    "'sentences', or an array of labels",
    "budget": "how many coalitions of players are evaluated for each example at most, with the empty and the whole "
    "one; for a choice of methods, how many passes, forwards and gradients, it may use for each example",
    "methods": "the methods to choose from, each a name or a name with settings; None for the usual ones",
    "metric": "what they are judged by, a name or a name with settings",
    "examples": "how many examples are looked at, drawn from x",
    "cache": "a folder in which choices are kept for later runs; None: they are kept while this process lives",
    "fill": "what stands in for players that are absent: the 'baseline', 'conditional' draws from the background given "
    "what is there, or 'inpaint' or 'linear' from the surroundings in a picture: smoothly, or each pixel the mean of "
    "its neighbours",
    "hierarchy": "which players go together first: 'halves' of where they lie, 'similar' neighbours or columns, or an "
    "array (players - 1, 2) of merges",
    "index": "which interaction: 'sii' is Shapley's, 'k-sii' shares it out so that everything adds up, 'banzhaf' "
    "counts all coalitions alike",
    "tolerance": "how far from the whole is near enough, as a share of the change in the target: where a completeness "
    "gap ends a method, or what the most important players may fall short of",
    "radius": "how far an element of x is moved at most, in units of x",
    "relative": "whether a change counts as a share of the explanation",
    "order": "which modules are drawn anew, step by step: 'cascading' from the output down, 'rising' from the input "
    "up, or 'independent', each alone",
    "first": "which players are taken away first: the 'most' or the 'least' important",
    "absolute": "whether sizes are compared, so that a change of sign counts as none",
    "bins": "into how many bins of equal width values are sorted",
    "portion": "the share of the players that a set holds",
    "sign": "which shares count: 'positive' ones, or all of them by their 'absolute' value",
    "top": "how many players count as the most important, as a share of all",
    "weighted": "whether the score is divided by the share of x that the mask covers, so that chance is 1",
    "cutoff": "highest spatial frequency that is kept, as a share of that of a checkerboard",
    "count": "how many superpixels",
    "width": "how far the kernel reaches that weighs coalitions by their cosine distance from x; half the players are "
    "at 0.29",
    "fusion": "how the heads of an attention become one: their 'mean', 'max' or 'min'",
    "discard": "the share of the lowest attention weights that is dropped",
    "preset": "which rule goes back through which operation, by its name in the field, or a table of rules",
    "libra": "whether attention, norms and gates are held still on the way back, as LibraGrad does",
    "rule": "how a function of one number shares its change: 'rescale' as a whole, 'reveal-cancel' what raises it and "
    "what lowers it one after the other",
    "epsilon": "how far sums are moved away from zero before something is divided by them; or what counts as zero, as "
    "a share of the largest",
    "gamma": "how much more positive contributions count than negative ones; 0 for no more",
    "low": "the least value that x can have, as the first layer reads it; None for the least of each example",
    "high": "the largest value that x can have, as the first layer reads it; None for the largest of each example",
    "rate": "the learning rate, where a network is trained",
    "data": "examples to train a copy of the network on; None for those that are compared",
    "shift": "what is added to every element of x, in units of x",
    "models": "other networks of the same task, opened",
    "labels": "the number of the true class of each example; None for what the network itself says",
}


class Setting:
    """One setting of one method: its name, type, default, meaning and JSON schema."""

    def __init__(self, owner: type, field: Field[Any], hint: Any) -> None:
        self.owner, self.name, self.hint = owner, field.name, hint
        self.default = field.default

    @property
    def kind(self) -> str:
        """One of "baseline", "method", "preset" and "plain"."""
        kinds = ((Baseline, "baseline"), (Baseline | None, "baseline"), (Method, "method"), (Preset, "preset"))
        return next((kind for hint, kind in kinds if self.hint == hint), "plain")

    def read(self, value: Any, methods: Mapping[str, type], shape: Sequence[int]) -> Any:
        """The value as the method needs it.

        Raises BadSetting when it is of the wrong type or out of range.
        """
        if self.kind == "baseline":
            return None if value is None and self.hint != Baseline else baseline_of(value, shape)
        if self.kind == "method":
            return method_of(value, methods, shape)
        if self.kind == "preset":
            return table_or_name(value)
        try:
            return TypeAdapter(self.hint, config=_config(self.hint)).validate_python(value)
        except ValidationError as error:
            raise self._refused(value, error) from error

    def _refused(self, value: Any, error: ValidationError) -> BadSetting:
        why = "; ".join(e["msg"].removeprefix("Input ").lower() for e in error.errors()[:2])
        return BadSetting(
            f"{self.owner.__name__}: {self.name}={value!r} does not fit: it {why}. {self.name} is "
            f"{VOCABULARY.get(self.name, 'a setting')}, by default {self.default!r}. Give such a value, or "
            "leave it out.",
            setting=self.name,
            value=value,
        )

    def schema(self) -> dict[str, Any]:
        """JSON schema, for commands and forms."""
        about = {"description": VOCABULARY.get(self.name, ""), "default": as_json(self.default)}
        if self.kind == "baseline":
            kinds: list[Any] = [{"type": "number"}, {"enum": list(NAMED)}, {"type": "array"}, {"type": "object"}]
            kinds += [{"type": "null"}] if self.hint != Baseline else []
            return {"anyOf": kinds, **about}
        if self.kind == "method":
            return {"anyOf": [{"type": "string"}, {"type": "object"}], **about}
        if self.kind == "preset":
            return {"enum": list(PRESETS), **about}
        return TypeAdapter(self.hint, config=_config(self.hint)).json_schema() | about


def _config(hint: Any) -> Any:
    return None if is_dataclass(hint) else {"arbitrary_types_allowed": True}


def settings_of(cls: type) -> dict[str, Setting]:
    """The settings of a method, by name."""
    hints = get_type_hints(cls, include_extras=True)
    return {f.name: Setting(cls, f, hints[f.name]) for f in fields(cls)}


def build(cls: type, given: Mapping[str, Any], methods: Mapping[str, type], shape: Sequence[int]) -> Any:
    """A method, a metric or whatever else has settings for fields, with the given ones, each checked.

    Raises BadSetting for an unknown name, naming those that exist.
    """
    known = settings_of(cls)
    for name in given:
        if name not in known:
            exist = ", ".join(known) or "none"
            raise BadSetting(
                f"{cls.__name__} has no setting {name!r}. {near(name, known)}Settings are: {exist}. Leave it out, "
                "or choose one.",
                setting=name,
            )
    return cls(**{name: known[name].read(value, methods, shape) for name, value in given.items()})


def checked(method: Method, methods: Mapping[str, type], shape: Sequence[int]) -> Method:
    """The same method, its fields checked as if they had come as JSON; a stranger's method is taken as it is."""
    if type(method) not in methods.values():
        return method
    given = {f.name: getattr(method, f.name) for f in fields(method)}  # type: ignore[arg-type]
    return build(type(method), given, methods, shape)  # type: ignore[no-any-return]


def method_of(value: Any, methods: Mapping[str, type], shape: Sequence[int]) -> Method:
    """A Method from its name, from {"method": name, **settings}, or from itself.

    Raises NoSuchMethod, BadSetting.
    """
    if isinstance(value, str):
        return build(_class_of(value, methods), {}, methods, shape)  # type: ignore[no-any-return]
    if isinstance(value, Mapping):
        rest = {k: v for k, v in value.items() if k != "method"}
        return build(_class_of(str(value.get("method")), methods), rest, methods, shape)  # type: ignore[no-any-return]
    if isinstance(value, type) or not callable(value):
        raise BadSetting(
            f"{value!r} is not a method. A name, {{'method': name, ...}} or an instance was expected. "
            "Use list(vitrail.METHODS) to list the names."
        )
    return checked(value, methods, shape)


def _class_of(name: str, methods: Mapping[str, type]) -> type:
    if name not in methods:
        raise NoSuchMethod(name, methods)
    return methods[name]


def as_json(value: Any) -> Any:
    """A setting as plain JSON: methods as {"method": name, ...}, baselines as the user would write them.

    Models are told by their names and the digest of their weights.
    """
    from vitrail.methods import NAMES

    if hasattr(value, "as_json"):
        return value.as_json()
    if is_dataclass(value) and not isinstance(value, type):
        return {
            "method": NAMES.get(type(value), type(value).__name__),
            **{f.name: as_json(getattr(value, f.name)) for f in fields(value)},
        }
    if hasattr(value, "tolist"):
        return {"array": list(value.shape)}
    if isinstance(value, Model):
        return {"name": value.name, "weights": value.fingerprint.digest()}
    if isinstance(value, list | tuple):
        return [as_json(each) for each in value]
    return value if isinstance(value, str | int | float | bool | dict | None) else str(value)

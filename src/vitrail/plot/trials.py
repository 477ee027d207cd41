"""The page of kind "tuning": the best settings, what mattered, and every trial."""

from html import escape

import numpy as np

from vitrail.explanation import Explanation
from vitrail.plot.inline import inline
from vitrail.plot.lined import facts, lined, note, numbers
from vitrail.plot.tuning import draw_tuning, measure_of
from vitrail.train.space import text_of

ROWS = 200  #: trials of the table at most, the best first
JUDGED = (
    "Every trial was judged on the validation part. Its best value is too good to be true, as the best of many: what "
    "to expect of new examples is what the best settings, trained once more, did on the test part."
)
SHARES = (
    "What mattered: the share of the variance between the trials that ended which a setting explains alone (fANOVA); "
    "the rest is what settings do together. It is about the space that was searched, and rough for few trials. Darker "
    "dots are later trials; the ring is the best."
)


def tuning_html(answer: Explanation) -> str:
    """All about one tuning."""
    checks = answer.checks
    states = {name: str(checks[name]) for name in ("trials", "pruned", "failed") if checks[name]}
    told = states | {f"best {measure_of(answer)}": figure(checks["value"])} | tested(answer)
    best = "".join(f'<tr><th scope="row">{escape(n)}</th><td>{escape(v)}</td></tr>' for n, v in best_told(answer))
    found = f'<h3>The best settings</h3><div class="scroll"><table>{best}</table></div>' if best else ""
    warned = "".join(note(text[:1].upper() + text[1:]) for text in checks["warnings"][:5])
    chart = inline(draw_tuning(answer), described(answer))
    table = f"<details><summary>All trials</summary>{trials_table(answer)}</details>"
    return f'{facts(told)}{found}{note(JUDGED)}<div class="charts">{chart}</div>{note(SHARES)}{warned}{table}'


def best_told(answer: Explanation) -> list[tuple[str, str]]:
    """The best settings, numbers with four figures."""
    best = answer.checks["best"] or {}
    return [(name, figure(value) if isinstance(value, float) else text_of(value)) for name, value in best.items()]


def tested(answer: Explanation) -> dict[str, str]:
    """The first measures on the test part."""
    measured = answer.checks["test"] or {}
    names = [name for name in ("accuracy", "auc", "rmse", "r2") if measured.get(name) is not None]
    return {f"test {name.upper() if name != 'accuracy' else name}": figure(measured[name]) for name in names[:2]}


def figure(value: float | None) -> str:
    return "–" if value is None or not np.isfinite(value) else f"{value:.4g}"


def described(answer: Explanation) -> str:
    """The picture in words."""
    shares = np.nan_to_num(answer.arrays["importance"])
    order = np.argsort(-shares, kind="stable")
    told = [f"{answer.labels['feature'][j]} {100 * shares[j]:.0f} %" for j in order]
    reached = f"best {measure_of(answer)} {figure(answer.checks['value'])}"
    return f"{answer.checks['trials']} trials, {reached}; what mattered: {', '.join(told)}"


def trials_table(answer: Explanation) -> str:
    names, choices = list(answer.labels["feature"]), answer.labels["choice"]
    values, states = answer.arrays["values"], answer.arrays["state"]
    sign = 1 if answer.checks["direction"] == "minimize" else -1
    order = np.argsort(np.where(np.isfinite(values), sign * values, np.inf), kind="stable")[:ROWS]
    epochs = np.isfinite(answer.arrays["curve"]).sum(1)
    lines = []
    for i in order:
        said = [told(choices.get(n), answer.arrays["setting"][i, j]) for j, n in enumerate(names)]
        state = answer.labels["state"][states[i]]
        lines.append(f"<td>{state}</td>" + numbers([str(i), str(epochs[i]), figure(values[i]), *map(escape, said)]))
    return lined("Trials", ["", "trial", "epochs", measure_of(answer), *names], lines, counted=1)


def told(choices: list[str] | None, value: float) -> str:
    """A setting of one trial, as it is read."""
    return figure(value) if choices is None or not np.isfinite(value) else choices[int(value)]

"""Deliberate mistakes: each must make a test fail.

Every mutant is applied to a copy of src and tests, and the tests named beside it are run there. One that no test
notices is a hole in the tests: the run ends with an error and names it. Every bug that is fixed adds its mutant.

    python tests/mutants.py                   all of them
    python tests/mutants.py --only explan     those whose file, texts or reason contain a word
    python tests/mutants.py --list
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
AT_ONCE = 2  # processes; each keeps to one thread
SECONDS = 300  # a mutant that never ends has been noticed


class Mutant(NamedTuple):
    """One deliberate mistake.

    file   relative to src/vitrail
    old    text that occurs there exactly once
    new    what stands there instead
    why    what is wrong with it
    tests  files relative to tests/, of which one must fail
    """

    file: str
    old: str
    new: str
    why: str
    tests: tuple[str, ...]


ERRORS = ("test_errors.py",)
EXPLANATION = ("test_explanation.py",)

MUTANTS = [
    Mutant("errors.py", 'code = "no-such-layer"', 'code = "no-such-method"', "two kinds share a code", ERRORS),
    Mutant("errors.py", "    ├── BadTarget ", "    │   ├── BadTarget ", "the drawing is not the tree", ERRORS),
    Mutant("errors.py", "str(e).casefold(): e", "str(e): e", "a near miss in another case is not suggested", ERRORS),
    Mutant("errors.py", "cutoff=0.6", "cutoff=0.0", "names that have nothing in common are suggested", ERRORS),
    Mutant("errors.py", "len(names) > count", "len(names) >= count", "dots after a list that is whole", ERRORS),
    Mutant("errors.py", "error.facts = facts", "error.facts = {}", "facts are lost between processes", ERRORS),
    Mutant(
        "errors.py",
        "existing = list(existing)\n",
        "existing = sorted(existing)\n",
        "layers are not named in the order of the network",
        ERRORS,
    ),
    Mutant(
        "explanation.py",
        "if unknown or len(axes) != array.ndim:",
        "if unknown:",
        "an array with more axes than names is accepted",
        EXPLANATION,
    ),
    Mutant("explanation.py", "if a not in AXES", 'if a == ""', "an axis of any name is accepted", EXPLANATION),
    Mutant("explanation.py", "all(n.isdigit() for n in parts)", "parts", "named parts lose their names", EXPLANATION),
    Mutant(
        "explanation.py",
        'np.asarray(v, order="C")',
        "np.ascontiguousarray(v)",
        "an array without axes comes back with one",
        EXPLANATION,
    ),
    Mutant(
        "explanation.py",
        '{f"arrays/{k}": v for',
        '{f"arrays/{k}": v.astype("f4") for',
        "half of the digits are lost",
        EXPLANATION,
    ),
    Mutant("explanation.py", "isinstance(value, Mapping)", "False", "a mapping becomes a text", EXPLANATION),
    Mutant(
        "explanation.py",
        'if header.get("format") != FORMAT:',
        'if "format" not in header:',
        "a file of another format is read",
        EXPLANATION,
    ),
    Mutant(
        "explanation.py",
        "except (SafetensorError, json.JSONDecodeError)",
        "except SafetensorError",
        "a damaged header is no mistake that a user is told of",
        EXPLANATION,
    ),
    Mutant("explanation.py", "for name in names}", "for name in sorted(names)}", "parts change places", EXPLANATION),
    Mutant("explanation.py", "k: tuple(v) for", "k: v for", "axes come back as lists", EXPLANATION),
    Mutant(
        "explanation.py",
        "        path.hardlink_to(beside)\n",
        "        beside.replace(path)\n        return\n",
        "a file that appears while writing is replaced",
        EXPLANATION,
    ),
    Mutant(
        "explanation.py",
        "        if path.exists():\n            raise AlreadyExists(path) from None\n",
        "",
        "without hard links, a file that appears while writing is replaced",
        EXPLANATION,
    ),
    Mutant(
        "explanation.py",
        "        beside.replace(path)\n        return\n    beside.unlink()",
        "        raise\n    beside.unlink()",
        "nothing can be saved where there are no hard links",
        EXPLANATION,
    ),
    Mutant("explanation.py", "    if overwrite:\n", "    if False:\n", "overwrite=True does not replace", EXPLANATION),
    Mutant("explanation.py", "    beside.unlink()", "    return", "the temporary name stays", EXPLANATION),
    Mutant(
        "explanation.py",
        "        beside.unlink(missing_ok=True)\n",
        "",
        "a write that fails leaves its temporary file",
        EXPLANATION,
    ),
    Mutant(
        "explanation.py",
        "except BaseException:",
        "except Exception:",
        "an interruption leaves its temporary file",
        EXPLANATION,
    ),
    Mutant("explanation.py", "        beside.chmod(0o644)\n", "", "nobody else may read the file", EXPLANATION),
    Mutant("explanation.py", "path.name[:100]", "path.name", "a long name that would fit is refused", EXPLANATION),
    Mutant(
        "methods/attribution/path.py",
        "return x[rows] - starts[k // steps, rows]",
        "return x[rows]",
        "the baseline is forgotten in the last factor",
        ("methods/attribution/test_integrated_gradients.py",),
    ),
    Mutant(
        "methods/attribution/path.py",
        "(nodes + 1) / 2, weights / 2",
        "(nodes + 1) / 2, weights",
        "the weights of the path sum to 2",
        ("methods/attribution/test_integrated_gradients.py",),
    ),
    Mutant(
        "methods/attribution/path.py",
        "* (x[rows] - b)",
        "* x[rows]",
        "the path does not end at x",
        ("methods/attribution/test_integrated_gradients.py",),
    ),
    Mutant(
        "methods/attribution/path.py",
        "w.repeat(len(starts)) / len(starts)",
        "w.repeat(len(starts))",
        "several baselines are summed, not averaged",
        ("methods/attribution/test_integrated_gradients.py",),
    ),
    Mutant(
        "methods/attribution/path.py",
        "leggauss(steps)",
        "leggauss(steps + 1)",
        "one point more than was asked for",
        ("methods/attribution/test_integrated_gradients.py",),
    ),
    Mutant(
        "methods/attribution/integrated_gradients.py",
        "self.tolerance, 8 * self.steps",
        "self.tolerance, 9 * self.steps",
        "more points than are promised",
        ("methods/attribution/test_adaptive.py",),
    ),
    Mutant(
        "methods/attribution/adaptive.py",
        "spent + steps <= limit",
        "steps <= limit",
        "attempts are not added up: twice the points that are promised",
        ("methods/attribution/test_adaptive.py",),
    ),
    Mutant(
        "methods/attribution/adaptive.py",
        "~(gap >= best_gap[pending])",
        "gap < best_gap[pending]",
        "values whose gap is no number are thrown away",
        ("methods/attribution/test_adaptive.py",),
    ),
    Mutant(
        "methods/attribution/adaptive.py",
        "~(gap >= best_gap[pending])",
        "gap == gap",
        "the last attempt is kept, not the best",
        ("methods/attribution/test_adaptive.py",),
    ),
    Mutant(
        "methods/attribution/adaptive.py",
        " & change.isfinite()",
        "",
        "a tolerance is met at infinity",
        ("methods/attribution/test_adaptive.py",),
    ),
    Mutant(
        "methods/attribution/adaptive.py",
        "[gap > tolerance * change[pending].abs()]",
        "[gap > tolerance]",
        "the tolerance is not a share of the change",
        ("methods/attribution/test_adaptive.py",),
    ),
    Mutant(
        "methods/attribution/path.py",
        "lambda rows, k: starts[k, rows]), target).mean(1)",
        "lambda rows, k: starts[k, rows]), target).sum(1)",
        "the change from several baselines is summed",
        ("methods/attribution/test_integrated_gradients.py",),
    ),
    Mutant(
        "methods/attribution/expected_gradients.py",
        "turn = order[torch.randperm(self.samples, generator=generator) % len(background)]",
        "turn = (torch.randperm(self.samples, generator=generator) % len(background))",
        "of few samples, the end of the background gets none",
        ("methods/attribution/test_expected_gradients.py",),
    ),
    Mutant(
        "methods/attribution/expected_gradients.py",
        "((torch.arange(self.samples) + jitter) / self.samples)",
        "jitter",
        "points are not spread along the path",
        ("methods/attribution/test_expected_gradients.py",),
    ),
    Mutant(
        "methods/attribution/expected_gradients.py",
        "+ jitter)",
        "+ 0 * jitter)",
        "points always at the beginning of their strata",
        ("methods/attribution/test_expected_gradients.py",),
    ),
    Mutant(
        "methods/attribution/expected_gradients.py",
        "return step * gradient",
        "return x[rows] * gradient",
        "the baseline is forgotten in the last factor",
        ("methods/attribution/test_expected_gradients.py",),
    ),
    Mutant(
        "methods/attribution/noisy.py",
        "how.std * torch.randn",
        "how.std**2 * torch.randn",
        "the deviation is taken for a variance",
        ("methods/attribution/test_noisy.py",),
    ),
    Mutant(
        "methods/attribution/noisy.py",
        "torch.randn(x.shape[1:],",
        "torch.rand(x.shape[1:],",
        "the noise is not normal",
        ("methods/attribution/test_noisy.py",),
    ),
    Mutant(
        "methods/attribution/noisy.py",
        "int(seeds[step])",
        "int(seeds[0])",
        "every draw is the same",
        ("methods/attribution/test_noisy.py",),
    ),
    Mutant(
        "methods/attribution/noisy.py",
        "manual_seed(how.seed)",
        "manual_seed(0)",
        "the seed is not used",
        ("methods/test_every_method.py",),
    ),
    Mutant(
        "methods/attribution/noisy.py",
        "return then(values_of(given))",
        "return values_of(given)",
        "squares are not squares",
        ("methods/attribution/test_noisy.py",),
    ),
    Mutant(
        "methods/attribution/moments.py",
        "* count / (count - 1)",
        "* 1.0",
        "n instead of n - 1",
        ("methods/attribution/test_moments.py",),
    ),
    Mutant(
        "methods/attribution/moments.py",
        "1 / count, dtype=x.dtype)",
        "1 / (count - 1), dtype=x.dtype)",
        "the first draw is left out",
        ("methods/attribution/test_moments.py",),
    ),
    Mutant(
        "methods/attribution/moments.py",
        "1 / count, dtype=x.dtype)",
        "1 / count)",
        "weights in single precision",
        ("methods/attribution/test_moments.py",),
    ),
    Mutant(
        "methods/attribution/moments.py",
        "(self.variance / self.count).sqrt()",
        "self.variance.sqrt()",
        "the deviation is given as standard error",
        ("methods/attribution/test_moments.py",),
    ),
    Mutant(
        "methods/attribution/moments.py",
        "(n - 3) / (n - 1) * self.variance",
        "self.variance",
        "the error of a variance, for large samples only",
        ("methods/attribution/test_moments.py",),
    ),
    Mutant(
        "methods/attribution/moments.py",
        "6 * shift.square()",
        "4 * shift.square()",
        "a binomial coefficient",
        ("methods/attribution/test_moments.py",),
    ),
    Mutant(
        "methods/attribution/moments.py",
        "- first[rows]\n",
        "\n",
        "deviations are not from the first draw",
        ("methods/attribution/test_moments.py",),
    ),
    Mutant(
        "methods/attribution/moments.py",
        "values.new_full(values.shape[:1], torch.nan)",
        "None",
        "falls that overlap are added up",
        ("methods/attribution/test_smoothgrad.py",),
    ),
    Mutant(
        "methods/attribution/vargrad.py",
        "powers=4).as_variance()",
        ").as_mean()",
        "the mean is given as variance",
        ("methods/attribution/test_vargrad.py",),
    ),
    Mutant(
        "methods/attribution/squaregrad.py",
        "then=Tensor.square",
        "then=Tensor.abs",
        "sizes instead of squares",
        ("methods/attribution/test_squaregrad.py",),
    ),
    Mutant(
        "methods/attribution/smoothgrad.py",
        "std: Spread = 0.1",
        "std: float = 0.1",
        "a negative deviation is accepted",
        ("methods/attribution/test_smoothgrad.py",),
    ),
    Mutant(
        "methods/attribution/saliency.py",
        "gradient.abs()",
        "gradient",
        "the sign is kept",
        ("methods/attribution/test_saliency.py",),
    ),
    Mutant(
        "methods/attribution/input_x_gradient.py",
        "return x * model",
        "return model",
        "the input is forgotten",
        ("methods/attribution/test_input_x_gradient.py",),
    ),
    Mutant(
        "methods/attribution/forgrad.py",
        ".square() <=",
        ".square() >=",
        "the cutoff keeps the high frequencies",
        ("methods/attribution/test_forgrad.py",),
    ),
    Mutant(
        "methods/attribution/forgrad.py",
        "self.cutoff**2 / 2 + ROUNDING",
        "self.cutoff**2 / 4 + ROUNDING",
        "the cutoff is a share of half a cycle, not of a checkerboard",
        ("methods/attribution/test_forgrad.py",),
    ),
    Mutant(
        "methods/attribution/forgrad.py",
        "rows[:, None].square() + columns.square()",
        "torch.maximum(rows[:, None].square(), columns.square())",
        "a square instead of a disc",
        ("methods/attribution/test_forgrad.py",),
    ),
    Mutant(
        "methods/attribution/forgrad.py",
        "+ ROUNDING",
        "- ROUNDING",
        "a wave at the cutoff goes",
        ("methods/attribution/test_forgrad.py",),
    ),
    Mutant(
        "methods/attribution/forgrad.py",
        '(axes.index("height"), axes.index("width"))',
        "(1, 2)",
        "the wrong axes are filtered",
        ("methods/attribution/test_forgrad.py",),
    ),
    Mutant(
        "methods/attribution/forgrad.py",
        "self.filtered(given.values, given.axes or model.axes), arrays={}",
        "self.filtered(given.values, given.axes or model.axes)",
        "the map that is not filtered is kept beside",
        ("methods/attribution/test_forgrad.py",),
    ),
    Mutant(
        "methods/attribution/idgi.py",
        ".flatten(1).sum(1)\n",
        ".flatten(1).sum(1).sqrt()\n",
        "divided by the length, not its square",
        ("methods/attribution/test_idgi.py",),
    ),
    Mutant(
        "methods/attribution/idgi.py",
        ", share)",
        ", lambda m, r, k: share(m, r, k) / self.steps)",
        "the rises are averaged, not summed",
        ("methods/attribution/test_idgi.py",),
    ),
    Mutant(
        "methods/attribution/idgi.py",
        "at(rows, k // self.steps, k % self.steps)",
        "at(rows, k // self.steps, k % self.steps + 1)",
        "the gradient at the end of a step",
        ("methods/attribution/test_idgi.py",),
    ),
    Mutant(
        "methods/attribution/idgi.py",
        "step.to(x) / self.steps",
        "(step / self.steps).to(x)",
        "the path in single precision",
        ("methods/attribution/test_idgi.py",),
    ),
    Mutant(
        "methods/attribution/idgi.py",
        "torch.where(whole > 0, rises[rows, k] / whole, 0.0)",
        "rises[rows, k] / whole",
        "no gradient becomes no number",
        ("methods/attribution/test_idgi.py",),
    ),
    Mutant(
        "methods/attribution/idgi.py",
        "1 / len(starts), dtype=x.dtype)",
        "1 / len(starts))",
        "weights in single precision",
        ("methods/attribution/test_idgi.py",),
    ),
    Mutant(
        "methods/attribution/occlusion.py",
        "total / times",
        "total",
        "the sum over windows, not their mean",
        ("methods/attribution/test_occlusion.py",),
    ),
    Mutant(
        "methods/attribution/occlusion.py",
        "starts[k // cover.count, rows], x[rows]",
        "x[rows], starts[k // cover.count, rows]",
        "all but the window is covered",
        ("methods/attribution/test_occlusion.py",),
    ),
    Mutant(
        "methods/attribution/occlusion.py",
        "cover.count).mean(1)",
        "cover.count).sum(1)",
        "several baselines are summed, not averaged",
        ("methods/attribution/test_occlusion.py",),
    ),
    Mutant(
        "methods/attribution/feature_ablation.py",
        "total=falls.sum(1)",
        "total=None",
        "a player counts as often as it has elements",
        ("methods/attribution/test_feature_ablation.py",),
    ),
    Mutant(
        "methods/attribution/feature_ablation.py",
        "starts[k // count, rows]",
        "starts[k % len(starts), rows]",
        "baselines and players are mixed up",
        ("methods/attribution/test_feature_ablation.py",),
    ),
    Mutant(
        "methods/attribution/feature_ablation.py",
        "count).mean(1)",
        "count)[:, 0]",
        "only the first baseline is used",
        ("methods/attribution/test_feature_ablation.py",),
    ),
    Mutant(
        "methods/attribution/cam.py",
        "activation.movedim(layer.channel_axis or 1, 1)",
        "activation",
        "channels that come last are not moved",
        ("methods/attribution/test_cam.py",),
    ),
    Mutant(
        "methods/attribution/cam.py",
        "(modules or pictures)[-1]\n    what",
        "(modules or pictures)[0]\n    what",
        "the first layer instead of the last",
        ("methods/attribution/test_cam.py",),
    ),
    Mutant(
        "methods/attribution/cam.py",
        "align_corners=False",
        "align_corners=True",
        "pixels are stretched from corner to corner",
        ("methods/attribution/test_cam.py",),
    ),
    Mutant(
        "methods/attribution/grad_cam.py",
        ".sum(1).relu()",
        ".sum(1)",
        "the relu is forgotten",
        ("methods/attribution/test_grad_cam.py",),
    ),
    Mutant(
        "methods/attribution/grad_cam.py",
        "gradient.mean((2, 3), keepdim=True)",
        "gradient.sum((2, 3), keepdim=True)",
        "the sum over places, not their mean",
        ("methods/attribution/test_grad_cam.py",),
    ),
    Mutant(
        "methods/attribution/grad_cam.py",
        "gradient.mean((2, 3), keepdim=True)",
        "gradient.mean(1, keepdim=True)",
        "the mean over channels, not over places",
        ("methods/attribution/test_grad_cam.py",),
    ),
    Mutant(
        "methods/attribution/grad_cam_plus_plus.py",
        "2 + activation.sum((2, 3), keepdim=True)",
        "2 + activation",
        "the sum over places is forgotten in alpha",
        ("methods/attribution/test_grad_cam_plus_plus.py",),
    ),
    Mutant(
        "methods/attribution/grad_cam_plus_plus.py",
        " | (gradient <= 0)",
        "",
        "gradients below zero count",
        ("methods/attribution/test_grad_cam_plus_plus.py",),
    ),
    Mutant(
        "methods/attribution/grad_cam_plus_plus.py",
        "2 + activation.sum",
        "1 + activation.sum",
        "a factor in alpha",
        ("methods/attribution/test_grad_cam_plus_plus.py",),
    ),
    Mutant(
        "methods/attribution/layer_cam.py",
        "(gradient.relu() * activation)",
        "(gradient * activation)",
        "gradients below zero count",
        ("methods/attribution/test_layer_cam.py",),
    ),
    Mutant(
        "methods/attribution/layer_cam.py",
        ".sum(1).relu()",
        ".sum(1)",
        "the last relu is forgotten",
        ("methods/attribution/test_layer_cam.py",),
    ),
    Mutant(
        "methods/attribution/hires_cam.py",
        "(gradient * activation).sum(1)",
        "(gradient * activation).sum(1).relu()",
        "what speaks against is cut off",
        ("methods/attribution/test_hires_cam.py",),
    ),
    Mutant(
        "methods/attribution/eigen_cam.py",
        "keepdim=True) < 0, -1.0, 1.0",
        "keepdim=True) < 0, 1.0, -1.0",
        "the sign is turned",
        ("methods/attribution/test_eigen_cam.py",),
    ),
    Mutant(
        "methods/attribution/eigen_cam.py",
        "components[:, 0, :, None]",
        "components[:, -1, :, None]",
        "the last component instead of the first",
        ("methods/attribution/test_eigen_cam.py",),
    ),
    Mutant(
        "methods/attribution/eigen_cam.py",
        "torch.linalg.svd(places,",
        "torch.linalg.svd(places - places.mean(1, keepdim=True),",
        "channels are centred",
        ("methods/attribution/test_eigen_cam.py",),
    ),
    Mutant(
        "methods/activations/layer_conductance.py",
        "at(rows, k, 0.5), target, layer",
        "at(rows, k, 0.0), target, layer",
        "the gradient at the beginning of a step",
        ("methods/activations/test_layer_conductance.py",),
    ),
    Mutant(
        "methods/activations/layer_conductance.py",
        "1 / len(starts), dtype=x.dtype)",
        "1 / len(starts))",
        "weights in single precision",
        ("methods/activations/test_layer_conductance.py",),
    ),
    Mutant(
        "methods/activations/layer_conductance.py",
        "(high - low)",
        "high",
        "the whole activation, not its change",
        ("methods/activations/test_layer_conductance.py",),
    ),
    Mutant(
        "methods/activations/layer_activation.py",
        ".layers[layer.name].detach()",
        ".layers[layer.name].detach().relu()",
        "what is below zero is cut off",
        ("methods/activations/test_layer_activation.py",),
    ),
    Mutant(
        "methods/activations/axes.py",
        "return inner[-1]",
        "return inner[0]",
        "the first layer instead of the last",
        ("methods/activations/test_axes.py",),
    ),
    Mutant(
        "methods/settings.py",
        "NAMES.get(type(value), type(value).__name__)",
        "type(value).__name__",
        "methods are written under a name that nothing reads",
        ("methods/test_settings.py",),
    ),
    Mutant(
        "methods/settings.py",
        "Ge(0.0), AllowInfNan(False)]",
        "Ge(0.0)]",
        "a deviation that is no number is accepted",
        ("methods/attribution/test_smoothgrad.py",),
    ),
    Mutant(
        "methods/settings.py",
        "Seed = Annotated[int, Ge(0), Le(2**63 - 1)]",
        "Seed = Annotated[int, Ge(0)]",
        "a seed that no generator takes",
        ("methods/attribution/test_smoothgrad.py",),
    ),
    Mutant(
        "methods/settings.py",
        "        if name not in known:\n",
        "        if False:\n",
        "settings that do not exist are not refused",
        ("methods/test_settings.py",),
    ),
    Mutant(
        "methods/settings.py",
        "    return checked(value, methods, shape)\n",
        "    return value\n",
        "the settings of an instance inside a method are not checked",
        ("methods/attribution/test_smoothgrad.py",),
    ),
    Mutant(
        "methods/attribution/idgi.py",
        '"dummy", "symmetry", ',
        '"dummy", ',
        "a law that holds is not claimed",
        ("test_laws.py",),
    ),
    Mutant(
        "methods/attribution/occlusion.py",
        'frozenset({"linearity",',
        'frozenset({"dummy", "linearity",',
        "a law is claimed that does not hold",
        ("test_laws.py",),
    ),
    Mutant(
        "methods/attribution/forgrad.py",
        "Laws        linearity",
        "Laws        symmetry, linearity",
        "the docstring names a law that is not claimed",
        ("test_laws.py",),
    ),
    Mutant(
        "laws.py",
        "found if bool((found != 0).any()) else torch.full_like(found, torch.nan)",
        "found",
        "who says nothing keeps laws",
        ("test_laws.py",),
    ),
    Mutant(
        "laws.py",
        "return (2 * torch.sigmoid(2 * hidden) - 1) @ w",
        "return torch.tanh(x @ a.T + b) @ w",
        "both programs are the same program",
        ("test_laws.py",),
    ),
    Mutant(
        "laws.py",
        "    flat[:, 1] = flat[:, 0]\n",
        "",
        "inputs that are not the same need not get the same",
        ("test_laws.py",),
    ),
    Mutant(
        "laws.py",
        "torch.tanh(x @ a.T + b) @ w\n\n\ndef values",
        "(x @ a.T + b) @ w\n\n\ndef values",
        "networks of laws are linear",
        ("test_laws.py",),
    ),
    Mutant(
        "inputs/players.py",
        "(at < self.highs[which, i, None])",
        "(at <= self.highs[which, i, None])",
        "windows cover one place too many",
        ("methods/attribution/test_occlusion.py",),
    ),
    Mutant(
        "inputs/players.py",
        "max(side - patch, 0) + stride, stride)",
        "max(side - patch, 0) + 1, stride)",
        "windows that do not fit leave the edge uncovered",
        ("methods/attribution/test_occlusion.py",),
    ),
    Mutant(
        "model/torch.py",
        "            for module in training:\n                module.training = True\n",
        "            self.module.train()\n",
        "modes that differed come back as one",
        ("model/test_handle_state.py",),
    ),
    Mutant(
        "model/torch.py",
        "                parameter.requires_grad = True\n",
        "                pass\n",
        "parameters stay frozen after an explanation",
        ("model/test_handle_state.py",),
    ),
    Mutant(
        "model/torch.py",
        '    if kind == "If":\n',
        '    if kind == "Loop":\n',
        "a softmax in a branch of a compiled program is not seen",
        ("model/test_torch.py",),
    ),
    Mutant(
        "model/keras.py",
        '            if earlier is None:\n                own.pop("call", None)\n',
        "            if earlier is None:\n                pass\n",
        "a Keras layer keeps the tap for ever",
        ("model/test_keras.py",),
    ),
    Mutant(
        "model/keras.py",
        'config.get("class_name") == "__lambda__" or ',
        "",
        "code in a file is left to keras to find",
        ("model/test_keras_files.py",),
    ),
    Mutant(
        "model/keras.py",
        '            while name in found:\n                name += "\'"\n            found[name] = variable.value\n',
        "            found[name] = variable.value\n",
        "of two variables with one name only one is hashed",
        ("model/test_keras.py",),
    ),
    Mutant(
        "model/open.py",
        'if head[:1] == b"\\x80" or',
        "if",
        "a pickle under another name is no pickle",
        ("model/test_open.py",),
    ),
    Mutant(
        "model/open.py",
        "default=0) > 0:",
        "default=0) > 10**9:",
        "a zip inside what is left of a file is taken for the file",
        ("model/test_export.py",),
    ),
    Mutant(
        "model/export.py",
        "            if found:\n",
        "            if False:\n",
        "what could run code in an exported file is opened",
        ("model/test_export.py",),
    ),
    Mutant(
        "model/export.py",
        'ALLOWED.fullmatch(target) and "__" not in target',
        "ALLOWED.fullmatch(target)",
        "a graph may call attributes of operators",
        ("model/test_export.py",),
    ),
    Mutant(
        "model/export.py",
        "names & (set(dir(builtins)) - HARMLESS)",
        "names & HARMLESS",
        "a size may call any function of Python",
        ("model/test_export.py",),
    ),
    Mutant(
        "model/callable.py",
        "value.detach().numpy().copy()",
        "value.detach().numpy()",
        "a function may write into the user's input",
        ("model/test_callable.py",),
    ),
    Mutant(
        "model/huggingface.py",
        '(Path(folder).glob("*.safetensors"))',
        '(Path(folder).glob("*"))',
        "pickled weights are opened",
        ("model/test_huggingface.py",),
    ),
    Mutant(
        "model/survey.py",
        "found.append((at + 1, -1, layer, call.site))  # modules",
        "found.append((at, -1, layer, call.site))  # modules",
        "a call stands before the module that finished before it",
        ("model/test_layers.py",),
    ),
    Mutant(
        "model/survey.py",
        "        if call.site[0] not in CARRYING or not call.inputs:\n            return None\n",
        "        if not call.inputs:\n            return None\n",
        "a softmax in the middle is taken for the end",
        ("model/test_ops.py",),
    ),
    Mutant(
        "model/survey.py",
        "made._version != version",
        "False",
        "a value that is overwritten later is kept overwritten",
        ("model/test_handle.py",),
    ),
    Mutant(
        "model/axes.py",
        "return list(func(probe, *args[1:], **kwargs).shape).index(2 + axis)",
        "return axis",
        "channels stay where they were in a permutation",
        ("model/test_axes.py",),
    ),
    Mutant(
        "model/axes.py",
        "    if before[axis:] == after[axis - len(before) :]:\n        return axis - len(before) + len(after)\n",
        "",
        "channels are lost when axes before them are joined",
        ("model/test_axes.py",),
    ),
    Mutant(
        "model/layers.py",
        'name.startswith(f"{key}#")',
        "name == key",
        "an ambiguous name is refused without its calls",
        ("model/test_layers.py",),
    ),
    Mutant(
        "model/diagnose.py",
        "return seen.cause.get(id(output)) or next(iter(seen.left), None)",
        "return next(iter(seen.cause.values()), None)",
        "the first detach is blamed, not the one on the way",
        ("model/test_diagnose.py",),
    ),
    Mutant(
        "model/handle.py",
        "leaf = x.requires_grad_(layer is None)",
        "leaf = x.requires_grad_()",
        "what comes before the layer is kept for a way back that stops there",
        ("model/test_handle.py",),
    ),
    Mutant(
        "model/passes.py",
        "return value.clone() if self.layers[name].overwritten else value",
        "return value",
        "a later in-place operation changes what was kept",
        ("model/test_handle.py",),
    ),
    Mutant(
        "model/passes.py",
        "self.logits = logits.clone() if in_place else logits",
        "self.logits = logits",
        "logits are overwritten by an in-place sigmoid",
        ("model/test_ops.py",),
    ),
    Mutant(
        "model/fast.py",
        "readers[id(call.inputs[0])] == 1 and counted(call)",
        "counted(call)",
        "a norm is folded though someone else reads the convolution",
        ("model/test_fast.py",),
    ),
    Mutant(
        "model/fast.py",
        " and counted(call)\n",
        "\n",
        "a norm over the batch's own means is folded",
        ("model/test_fast.py",),
    ),
    Mutant(
        "model/fast.py",
        'symmetric and mode == "constant" and not value',
        'symmetric and mode == "constant"',
        "a padding with ones is folded like zeros",
        ("model/test_fast.py",),
    ),
    Mutant(
        "model/plan.py",
        "agrees = differences[0] <= allowed[0] and differences[1] <= allowed[1]",
        "agrees = True",
        "a plan that disagrees is used",
        ("model/test_plan.py",),
    ),
    Mutant(
        "model/sweep.py",
        "            size = halved(even, error)\n            continue\n",
        "            size = halved(even, error)\n",
        "the points of a chunk that did not fit are lost",
        ("model/test_sweep.py",),
    ),
    Mutant(
        "model/sweep.py",
        "weights[steps] if weights.ndim == 1 else weights[rows, steps]",
        "weights[steps] if weights.ndim == 1 else weights[0, steps]",
        "every example has the weights of the first",
        ("model/test_sweep.py",),
    ),
    Mutant(
        "model/fingerprint.py",
        'f"{name} {weight.dtype} {tuple(weight.shape)}"',
        'f"{tuple(weight.shape)}"',
        "names and types do not count in the hash",
        ("model/test_fingerprint.py",),
    ),
    Mutant(
        "model/handle.py",
        "        if self.hidden:",
        "        if False:",
        "a compiled softmax is put through a softmax again",
        ("model/test_torch.py",),
    ),
    Mutant(
        "model/surveys.py",
        "            if unbatched(calls, x):\n",
        "            if False:\n",
        "a missing batch axis goes unnoticed",
        ("model/test_torch.py",),
    ),
    Mutant(
        "model/question.py",
        "        self.forwards, self.backwards = before\n",
        "        pass\n",
        "passes that check a plan count as evaluations",
        ("model/test_plan.py",),
    ),
    Mutant(
        "inputs/numbers.py",
        "        return array.detach().clone()\n",
        "        return array.detach()\n",
        "the answer shares memory with x",
        ("inputs/test_numbers.py",),
    ),
    Mutant(
        "inputs/numbers.py", '.newbyteorder("=")', "", "byte-swapped arrays do not come in", ("inputs/test_numbers.py",)
    ),
    Mutant(
        "inputs/numbers.py",
        "    if np.ma.is_masked(x):\n",
        "    if False:\n",
        "masked values are taken for numbers",
        ("inputs/test_numbers.py",),
    ),
    Mutant(
        "inputs/pictures.py",
        "    return ImageOps.exif_transpose(source)\n",
        "    return source\n",
        "photographs lie on their side",
        ("inputs/test_pictures.py",),
    ),
    Mutant(
        "inputs/pictures.py",
        "    if image.has_transparency_data:\n",
        "    if False:\n",
        "what is hidden under alpha is seen",
        ("inputs/test_pictures.py",),
    ),
    Mutant(
        "inputs/pictures.py",
        "(np.asarray(image) / 257).round()",
        "np.asarray(image)",
        "16-bit pictures are cut to white",
        ("inputs/test_pictures.py",),
    ),
    Mutant(
        "inputs/modality.py",
        "(numbers * np.asarray(self.std) + np.asarray(self.mean))",
        "(numbers + np.asarray(self.mean)) * np.asarray(self.std)",
        "pictures come back in other colours",
        ("inputs/test_modality.py",),
    ),
    Mutant(
        "inputs/modality.py",
        "frame[own[name]], name) for name in self.columns]",
        "frame[own[name]], name) for name in list(own)[: len(self.columns)]]",
        "columns are read in the order of the frame",
        ("inputs/test_modality.py", "inputs/test_packing.py"),
    ),
    Mutant(
        "inputs/packing.py",
        '    first = model.network.axes(numbers.shape).index("channel") == 1\n',
        "    first = True\n",
        "Keras gets channels first",
        ("inputs/test_packing.py",),
    ),
    Mutant(
        "inputs/several.py",
        "part[rows] for name, part in parts.items()}",
        "part[: len(rows)] for name, part in parts.items()}",
        "codes of other examples are handed through",
        ("inputs/test_several.py",),
    ),
    Mutant(
        "inputs/several.py",
        "        new = {name: piece.reshape(-1, *part.shape[1:]).to(part.dtype) for",
        "        new = {name: piece.reshape(-1, *part.shape[1:]) for",
        "a part changes its type",
        ("inputs/test_several.py",),
    ),
    Mutant(
        "inputs/tokens.py",
        "torch.where(real[rows, :, None], points, embedded[rows])",
        "points",
        "padding moves",
        ("inputs/test_tokens.py",),
    ),
    Mutant(
        "inputs/tokens.py",
        '{"values": values.sum(-1) if additive else values.mean(-1)}',
        '{"values": values.mean(-1)}',
        "tokens get the mean over their embedding",
        ("inputs/test_tokens.py",),
    ),
    Mutant(
        "inputs/tokens.py",
        "    return torch.where(real[..., None], embedded, mean)\n",
        "    return embedded.clone()\n",
        "the mean of a text depends on its padding",
        ("inputs/test_tokens.py",),
    ),
    Mutant(
        "inputs/baselines.py",
        '(reach, reach), mode="replicate")',
        "(reach, reach))",
        "blurred pictures get dark edges",
        ("inputs/test_baselines.py",),
    ),
    Mutant(
        "inputs/baselines.py",
        "offsets**2) / (2 * std**2)",
        "offsets**2) / (std**2)",
        "the Gaussian is narrower than said",
        ("inputs/test_baselines.py",),
    ),
    Mutant(
        "inputs/baselines.py",
        'range(2 if "token" in axes else 1, x.ndim)',
        "range(1, x.ndim)",
        "the noise of a text depends on its padding",
        ("inputs/test_baselines.py", "inputs/test_tokens.py"),
    ),
    Mutant(
        "inputs/background.py",
        "    return pack(model, Table(columns).numbers(rows)).x\n",
        "    return pack(model, np.atleast_2d(np.asarray(frame))).x\n",
        "columns of a background change places",
        ("inputs/test_background.py",),
    ),
    Mutant(
        "inputs/players.py",
        "        labels = labels * int(cells[-1] + 1) + cells",
        "        labels = labels * int(cells[-1]) + cells",
        "patches of two rows share a number",
        ("inputs/test_players.py",),
    ),
    Mutant(
        "inputs/players.py",
        "begins = [torch.arange(0, max(side - patch, 0) + stride, stride)",
        "begins = [torch.arange(0, max(side - patch, 0) + 1, stride)",
        "the far edge is not covered",
        ("inputs/test_players.py",),
    ),
    Mutant(
        "inputs/classes.py",
        "    order = [str(i) for i in range(len(by_index))]\n",
        "    order = sorted(by_index)\n",
        "class 10 comes before class 2",
        ("inputs/test_classes.py",),
    ),
    Mutant(
        "inputs/classes.py",
        'if array.dtype.kind not in "iu" or array.ndim > 1 or array.size == 0:',
        'if array.dtype.kind not in "iuf" or array.ndim > 1 or array.size == 0:',
        "a floating target is cut to an int",
        ("inputs/test_classes.py",),
    ),
    Mutant(
        "target.py",
        " and bool((output < 0).any())",
        "",
        "a sigmoid at 0 becomes a probability of 1",
        ("test_target.py",),
    ),
    Mutant(
        "target.py",
        'return trace.output if self.of == "output" else',
        'return trace.output if self.of != "output" else',
        "probabilities and outputs change places",
        ("test_target.py",),
    ),
    Mutant(
        "target.py",
        "return scores.softmax(1) if scores.shape[1] > 1 else scores.sigmoid()",
        "return scores.softmax(1)",
        "a single unit has probability 1",
        ("test_target.py",),
    ),
    Mutant(
        "target.py",
        "Total(((1.0, self), (-1.0, other)))",
        "Total(((1.0, self), (1.0, other)))",
        "a difference is a sum",
        ("test_target.py",),
    ),
    Mutant(
        "target.py",
        "    return chosen % count\n",
        "    return chosen.clamp(min=0)\n",
        "negative indices ask for class 0",
        ("test_target.py",),
    ),
    Mutant(
        "target.py",
        "        if len(value) != len(trace.output):\n",
        "        if False:\n",
        "a layer that folds the batch is read",
        ("test_target.py",),
    ),
    Mutant(
        "target.py",
        "if isinstance(self.index, list) and len(self.index) != examples:",
        "if isinstance(self.index, list) and len(self.index) < examples:",
        "more targets than examples are accepted",
        ("test_target.py",),
    ),
    Mutant(
        "explain.py",
        "torch.where(gap == 0, gap, gap / change.abs())",
        "gap / change.abs()",
        "no change at all is NaN",
        ("test_explain.py",),
    ),
    Mutant(
        "explain.py",
        "    _check_shape(recipe, answer, x)\n    _check_said(bound)\n",
        "    _check_shape(recipe, answer, x)\n",
        "a network that says NaN is explained",
        ("test_explain.py",),
    ),
    Mutant(
        "explain.py",
        "    _check_shape(recipe, answer, x)\n    _check_said(bound)\n",
        "    _check_said(bound)\n",
        "values of any shape are accepted",
        ("test_explain.py",),
    ),
    Mutant(
        "explain.py",
        "{**_checks(bound, recipe, question, answer), **used, **answer.checks}",
        '{**_checks(bound, recipe, question, answer), **used, "evaluations": bound.question.forwards, **answer.checks}',
        "the passes of the checks are counted as the method's",
        ("test_explain.py",),
    ),
    Mutant(
        "explain.py",
        'return _baseline(recipe.of, x) if hasattr(recipe, "of") else Constant(0.0)',
        "return Constant(0.0)",
        "the gap of a wrapped method is measured from zero",
        ("test_explain.py",),
    ),
    Mutant(
        "explain.py",
        '{"x": packed.x, **{n: p for n, p in beside.items() if isinstance(p, Tensor) and p is not packed.x}}',
        '{"x": packed.x}',
        "codes and masks are not in the hash",
        ("inputs/test_several.py",),
    ),
    Mutant(
        "explain.py",
        '        inner = name == "of" and',
        '        inner = name == "off" and',
        "a baseline inside a method inside is not put in layout",
        ("inputs/test_several.py",),
    ),
    Mutant(
        "model/progress.py",
        "        before = total if done == total or before + now <= done else before",
        "        before = total if before + now <= done else before",
        "a longer sweep starts the count anew",
        ("model/test_progress.py",),
    ),
    Mutant(
        "model/undisturbed.py",
        "with torch.inference_mode(False):",
        "with torch.no_grad():",
        "inference mode reaches the method",
        ("model/test_undisturbed.py",),
    ),
]


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when every mutant was killed."""
    parser = argparse.ArgumentParser(description="Break the code on purpose; every mistake must make a test fail.")
    parser.add_argument("--only", default="", metavar="WORD", help="mutants whose file, texts or reason contain WORD")
    parser.add_argument("--list", action="store_true", help="name the mutants and run none")
    asked = parser.parse_args(arguments)
    chosen = [m for m in MUTANTS if asked.only in "\n".join((m.file, m.old, m.new, m.why))]
    if asked.list:
        print("\n".join(map(name, chosen)))
        return 0
    if not chosen:
        print(f"no mutant contains {asked.only!r}. --list names them all.")
        return 2
    return run(chosen)


def run(mutants: Sequence[Mutant]) -> int:
    """First the tests on the code as it is, which must pass; then the mutants, two at a time."""
    misfits = [f"{name(m)}: its text occurs {n} times" for m in mutants if (n := occurrences(m)) != 1]
    unbroken = verdict(None, sorted({test for m in mutants for test in m.tests})) if not misfits else ""
    if misfits or unbroken != "SURVIVED":
        print("\n".join(misfits) or f"without any mutant the tests must pass; they were: {unbroken}")
        return 2
    with ThreadPoolExecutor(AT_ONCE) as pool:
        verdicts = list(pool.map(told, mutants))
    left = [m for m, said in zip(mutants, verdicts, strict=True) if said != "killed"]
    print(f"{len(mutants) - len(left)} of {len(mutants)} killed" + "".join(f"\n  not killed: {name(m)}" for m in left))
    return 1 if left else 0


def name(mutant: Mutant) -> str:
    return f"{mutant.file}: {mutant.why}"


def occurrences(mutant: Mutant) -> int:
    return (ROOT / "src/vitrail" / mutant.file).read_text(encoding="utf-8").count(mutant.old)


def told(mutant: Mutant) -> str:
    said = verdict(mutant, mutant.tests)
    print(f"{said:9} {name(mutant)}", flush=True)
    return said


def verdict(mutant: Mutant | None, tests: Sequence[str]) -> str:
    """What the tests said of a copy with the mutant in it: killed, SURVIVED, or BROKEN when they could not run."""
    with tempfile.TemporaryDirectory(prefix="vitrail-mutant-") as folder:
        copy = copied(Path(folder))
        if mutant is not None:
            apply(mutant, copy / "src/vitrail" / mutant.file)
        environment = os.environ | {"PYTHONPATH": str(copy / "src"), "OMP_NUM_THREADS": "1"}
        check_that_the_copy_wins(copy, environment)
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *(f"tests/{t}" for t in tests)]
        try:
            done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return "killed"
    if done.returncode not in (0, 1) or (done.returncode and mutant is None):
        print(done.stdout[-3000:], done.stderr[-1000:])
    return {0: "SURVIVED", 1: "killed"}.get(done.returncode, "BROKEN")


def copied(folder: Path) -> Path:
    """The project as far as tests need it, in a folder of its own; fetched data are only linked."""
    for part in ("src", "tests"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "README.md", "CHANGELOG.md"):
        if (ROOT / file).exists():
            shutil.copy(ROOT / file, folder)
    if (ROOT / ".data").exists():
        (folder / ".data").symlink_to(ROOT / ".data", target_is_directory=True)
    return folder


def apply(mutant: Mutant, file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(mutant.old) == 1, mutant
    file.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")


def check_that_the_copy_wins(copy: Path, environment: dict[str, str]) -> None:
    """The package is also installed, in editable form: what is imported must be the copy."""
    ask = "from importlib.util import find_spec; print(find_spec('vitrail').submodule_search_locations[0])"
    found = subprocess.run([sys.executable, "-c", ask], env=environment, capture_output=True, text=True, check=True)
    if Path(found.stdout.strip()) != copy / "src/vitrail":
        raise RuntimeError(f"tests would import {found.stdout.strip()}, not the copy in {copy}")


if __name__ == "__main__":
    sys.exit(main())

"""The other libraries. They are installed by the extra `bench`, and imported here only."""

import contextlib
import importlib
import sys
import types
from typing import Any


def captum_integrated_gradients(network: Any) -> Any:
    """Captum's IntegratedGradients for a network; None where captum is not installed."""
    try:
        attr = importlib.import_module("captum.attr")
    except ImportError:
        return None
    return attr.IntegratedGradients(network)


def grad_cam(network: Any, layer: Any) -> Any:
    """pytorch-grad-cam's GradCAM at a layer; None where it is not installed.

    It asks for torchvision, which has no CPU-only build beside this torch. Grad-CAM itself does not use it (only its
    picture helpers and detection targets do), so an empty stand-in answers the imports.
    """
    stand_in("torchvision", ops=None)
    stand_in("torchvision.transforms", Compose=None, Normalize=None, ToTensor=None)
    stand_in("torchvision.transforms.functional", resize=None)
    try:
        library = importlib.import_module("pytorch_grad_cam")
    except ImportError:
        return None
    return library.GradCAM(model=network, target_layers=[layer])


def class_target(index: int) -> Any:
    """pytorch-grad-cam's way of asking for a class."""
    return importlib.import_module("pytorch_grad_cam.utils.model_targets").ClassifierOutputTarget(index)


def stand_in(name: str, **members: Any) -> None:
    """An empty module under a name that is not installed."""
    if name in sys.modules:
        return
    module = types.ModuleType(name)
    vars(module).update(members)
    sys.modules[name] = module


def versions() -> dict[str, str]:
    """The versions of what is compared."""
    from importlib import metadata

    names = "vitrail torch captum grad-cam quantus shap shapiq xgboost-cpu lightgbm keras transformers numpy".split()
    installed = {d.metadata["Name"] for d in metadata.distributions()}
    return {name: metadata.version(name) for name in names if name in installed}


def kernel_explainer(network: Any, references: Any, owners: Any) -> Any:
    """shap.KernelExplainer for a network whose columns belong to players: (rows, budget) -> values; None without shap.

    Columns that belong together are one variable of its own kind of data, as its documentation says.
    """
    try:
        shap = importlib.import_module("shap")
    except ImportError:
        return None
    torch = importlib.import_module("torch")
    groups = [(owners == k).nonzero()[:, 0].numpy() for k in range(int(owners.max()) + 1)]
    data = importlib.import_module("shap.utils._legacy").DenseData(
        references.numpy(), [f"player {k}" for k in range(len(groups))], groups
    )

    def predict(rows: Any) -> Any:
        with torch.inference_mode():
            return network(torch.from_numpy(rows)).numpy()[:, 0]

    explainer = shap.KernelExplainer(predict, data)
    return lambda rows, budget: explainer.shap_values(rows.numpy(), nsamples=budget, l1_reg=0, silent=True)


def shapley_values(game: Any, players: int, budget: int, seed: int) -> dict[str, Any]:
    """Every peer's estimate of a game's Shapley values, by name; those that raise at this budget are left out."""
    found = {}
    with contextlib.suppress(ImportError):
        found["shap.KernelExplainer"] = explained_by_shap(game, players, budget, seed, l1_reg=0)
        found[SELECTING] = explained_by_shap(game, players, budget, seed)
    with contextlib.suppress(ImportError):
        found |= estimated_by_shapiq(game, players, budget, seed)
    return found


def explained_by_shap(game: Any, players: int, budget: int, seed: int, **options: Any) -> Any:
    """shap.KernelExplainer on the game itself: who plays is its input, nobody its background.

    By default it gives at most ten players a share where it cannot see most coalitions; l1_reg=0 gives all of them one.
    """
    shap = importlib.import_module("shap")
    numpy = importlib.import_module("numpy")
    numpy.random.seed(seed)
    explainer = shap.KernelExplainer(lambda there: game(there > 0.5)[:, 0].numpy(), numpy.zeros((1, players)))
    return explainer.shap_values(numpy.ones((1, players)), nsamples=budget, silent=True, **options)[0]


SELECTING = "shap.KernelExplainer, as it comes"
SHAPIQ = {
    "KernelSHAP": {},
    "UnbiasedKernelSHAP": {},
    "PermutationSamplingSV": {},
    "StratifiedSamplingSV": {},
    "OwenSamplingSV": {},
    "SVARM": {},
    "SHAPIQ": {"index": "SV", "max_order": 1},
    "ProxySPEX": {"index": "SV", "max_order": 1},
    "SPEX": {"index": "SV", "max_order": 1},
}  #: the estimators of Shapley values that shapiq has, and what they must be told


def estimated_by_shapiq(game: Any, players: int, budget: int, seed: int) -> dict[str, Any]:
    """Each of shapiq's estimators; one that cannot work with the budget is left out."""
    approximator = importlib.import_module("shapiq.approximator")
    numpy = importlib.import_module("numpy")
    found = {}

    def worth(there: Any) -> Any:
        there = numpy.asarray(there)
        return game(there.reshape(-1, players))[:, 0].numpy()

    for name, settings in SHAPIQ.items():
        made = getattr(approximator, name)(n=players, random_state=seed, **settings)
        with contextlib.suppress(ValueError, IndexError):
            values = made.approximate(budget=budget, game=worth)
            found[f"shapiq.{name}"] = numpy.array([values[(i,)] for i in range(players)])
    return found


def tree_explainer(estimator: Any, background: Any = None) -> Any:
    """shap.TreeExplainer's values for an ensemble: rows -> values; None without shap."""
    try:
        shap = importlib.import_module("shap")
    except ImportError:
        return None
    explainer = shap.TreeExplainer(estimator, background)
    return lambda rows: explainer.shap_values(rows, check_additivity=False)


def xgboost_regressor(**settings: Any) -> Any:
    """An XGBRegressor, not yet fitted."""
    return importlib.import_module("xgboost").XGBRegressor(**settings)


def xgboost_interactions(estimator: Any, rows: Any) -> Any:
    """XGBoost's own interaction values."""
    data = importlib.import_module("xgboost").DMatrix(rows)
    return estimator.get_booster().predict(data, pred_interactions=True)


def deep_forest(trees: int) -> Any:
    """A forest on 3,000 rows of noise, with leaves of five."""
    numpy = importlib.import_module("numpy")
    x = numpy.random.default_rng(0).normal(size=(3000, 40))
    forest = importlib.import_module("sklearn.ensemble").RandomForestRegressor(
        trees, random_state=0, min_samples_leaf=5
    )
    return forest.fit(x, x[:, :10].sum(1))


def quantus(metric: str, network: Any, explain: Any, **settings: Any) -> Any:
    """One of Quantus's metrics for a network: (x, y, attributions) -> scores, all numpy; None without quantus.

    Scores are about the logit and about attributions as they are given: neither made relative nor cut.
    """
    try:
        library = importlib.import_module("quantus")
    except ImportError:
        return None
    quiet = dict.fromkeys(("normalise", "abs", "return_aggregate", "display_progressbar"), False)
    quiet["disable_warnings"] = True
    if metric in ("PixelFlipping", "FaithfulnessCorrelation"):
        quiet["perturb_baseline"] = 0.0
    made = getattr(library, metric)(**quiet, **settings)
    if metric == "PixelFlipping":
        # its check counts places where the metric itself counts numbers, three to a place in colour
        made.custom_preprocess = lambda **_: None
    options = {"explain_func": explain, "softmax": False, "channel_first": True, "device": "cpu"}
    return lambda x, y, a: made(model=network, x_batch=x, y_batch=y, a_batch=a, **options)

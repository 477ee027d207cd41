"""The metrics by name, and one out of what a user says."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Protocol

from torch import Tensor

from vitrail.errors import BadSetting, near
from vitrail.methods.settings import build
from vitrail.metrics.attribution_localisation import AttributionLocalisation
from vitrail.metrics.average_drop import AverageDrop, AverageGain, AverageIncrease
from vitrail.metrics.average_sensitivity import AverageSensitivity
from vitrail.metrics.completeness import Completeness
from vitrail.metrics.deletion import Deletion
from vitrail.metrics.effective_complexity import EffectiveComplexity
from vitrail.metrics.efficient_randomisation import EfficientParameterRandomisation
from vitrail.metrics.entropy import Entropy
from vitrail.metrics.faithfulness_correlation import FaithfulnessCorrelation
from vitrail.metrics.ffidelity import FFidelity
from vitrail.metrics.infidelity import Infidelity
from vitrail.metrics.input_invariance import InputInvariance
from vitrail.metrics.insertion import Insertion
from vitrail.metrics.irof import IROF
from vitrail.metrics.lipschitz import LocalLipschitz
from vitrail.metrics.localisation_auc import LocalisationAUC
from vitrail.metrics.mass_accuracy import MassAccuracy
from vitrail.metrics.max_sensitivity import MaxSensitivity
from vitrail.metrics.mege import MeGe
from vitrail.metrics.mufidelity import MuFidelity
from vitrail.metrics.non_sensitivity import NonSensitivity
from vitrail.metrics.parameter_randomisation import ParameterRandomisation
from vitrail.metrics.pointing_game import PointingGame
from vitrail.metrics.random_logit import RandomLogit
from vitrail.metrics.rank_accuracy import RankAccuracy
from vitrail.metrics.reco import ReCo
from vitrail.metrics.relative_input_stability import RelativeInputStability
from vitrail.metrics.relative_output_stability import RelativeOutputStability
from vitrail.metrics.relative_representation_stability import RelativeRepresentationStability
from vitrail.metrics.road import ROAD
from vitrail.metrics.saco import SaCo
from vitrail.metrics.selectivity import Selectivity
from vitrail.metrics.sensitivity_n import SensitivityN
from vitrail.metrics.smooth_randomisation import SmoothParameterRandomisation
from vitrail.metrics.sparseness import Sparseness
from vitrail.metrics.srg import SRG
from vitrail.metrics.subject import Judged, Subject
from vitrail.metrics.top_k_intersection import TopKIntersection


class Metric(Protocol):
    """(subject, one explanation) -> (batch,) a score for each example, NaN where it has none. Settings are its fields.

    name     in kebab-case
    better   "higher" or "lower"
    family   what is asked: "faithfulness", "complexity", "localisation", "robustness", "randomisation", "axioms" or
             "consistency"
    asks     whether the method is asked again. Only where the family does not say so: robustness, randomisation and
             consistency always do
    """

    name: ClassVar[str]
    better: ClassVar[str]
    family: ClassVar[str]

    def __call__(self, subject: Subject, judged: Judged, /) -> Tensor: ...


LIST: tuple[type[Metric], ...] = (
    # does the target fall with what was given much?
    SRG,
    Deletion,
    Insertion,
    Selectivity,
    IROF,
    ROAD,
    FaithfulnessCorrelation,
    MuFidelity,
    SensitivityN,
    Infidelity,
    SaCo,
    FFidelity,
    AverageDrop,
    AverageIncrease,
    AverageGain,
    # how few players have it all?
    Sparseness,
    Entropy,
    EffectiveComplexity,
    # is it where it should be?
    PointingGame,
    MassAccuracy,
    RankAccuracy,
    LocalisationAUC,
    TopKIntersection,
    AttributionLocalisation,
    # does it stay when x hardly changes?
    MaxSensitivity,
    AverageSensitivity,
    LocalLipschitz,
    RelativeInputStability,
    RelativeOutputStability,
    RelativeRepresentationStability,
    # does it change when the network does?
    ParameterRandomisation,
    SmoothParameterRandomisation,
    EfficientParameterRandomisation,
    RandomLogit,
    # does it keep what was promised?
    Completeness,
    NonSensitivity,
    InputInvariance,
    # do networks that agree have the same one?
    MeGe,
    ReCo,
)
METRICS: dict[str, type[Metric]] = {metric.name: metric for metric in LIST}


def metric_of(value: Any, shape: Sequence[int]) -> Metric:
    """A Metric from its name, from {"metric": name, **settings}, or from itself.

    Raises BadSetting for a name or a setting that does not exist.
    """
    if isinstance(value, str | Mapping):
        given = {"metric": value} if isinstance(value, str) else dict(value)
        name = str(given.pop("metric", ""))
        if name not in METRICS:
            raise BadSetting(
                f"no metric named {name!r}. {near(name, METRICS)}Metrics are: {', '.join(METRICS)}. Choose one.",
                metric=name,
            )
        return build(METRICS[name], given, {}, shape)  # type: ignore[no-any-return]
    if isinstance(value, type) or not hasattr(value, "better"):
        raise BadSetting(
            f"{value!r} is no metric. A name, {{'metric': name, ...}} or an instance was expected. Metrics are: "
            f"{', '.join(METRICS)}."
        )
    return value  # type: ignore[no-any-return]

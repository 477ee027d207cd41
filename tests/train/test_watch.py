"""What is remembered of a training."""

import json
import math

from vitrail.train.watch import State


def test_a_state_comes_back_from_json():
    for best in (math.inf, 0.25):
        state = State(1, 3, best, "best-1-2.safetensors", 2, True, [{"loss": 0.5}])
        assert State.of(json.loads(json.dumps(state.as_json()))) == state


def test_json_holds_no_infinity():
    assert State().as_json()["best"] is None

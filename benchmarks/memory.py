"""Peak memory of integrated gradients above the loaded model, in a process of its own, for the steps given."""

import re
import sys
from pathlib import Path

import subjects

import vitrail

STATUS, RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def kilobytes(field: str) -> int:
    """VmRSS (now) or VmHWM (the most since the last reset) of this process."""
    found = re.search(rf"{field}:\s+(\d+) kB", STATUS.read_text())
    assert found is not None
    return int(found[1])


def peak(steps: int) -> int:
    """Kilobytes above what the process holds once the model is loaded and has answered once."""
    model = vitrail.open(subjects.efficientnet())
    x = subjects.photographs(1)
    model(x)
    before = kilobytes("VmRSS")
    RESET.write_text("5")
    vitrail.explain(model, x, "integrated-gradients", steps=steps)
    return kilobytes("VmHWM") - before


if __name__ == "__main__":
    print(peak(int(sys.argv[1])))

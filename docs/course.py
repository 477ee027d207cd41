"""Draws the pictures of a page: runs its blocks, and keeps what they draw.

python docs/course.py            those of course.md
python docs/course.py shap       those of another page, such as handbook.md and shap.md
"""

import re
import shutil
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def main(page: str = "course") -> None:
    names: dict[str, Any] = {"__name__": "docs"}
    for number, code in enumerate(BLOCK.findall((HERE / f"{page}.md").read_text(encoding="utf-8")), 1):
        exec(compile(code, f"{page}.md, block {number}", "exec"), names)
    for path in sorted(names["folder"].glob(f"{page}-*.png")):
        shutil.copy(path, HERE / "pictures" / path.name)
    shutil.rmtree(names["folder"])


if __name__ == "__main__":
    main(*sys.argv[1:])

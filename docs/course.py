"""Draws the pictures of docs/course.md: runs its blocks, and keeps what they draw.

python docs/course.py
"""

import re
import shutil
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
BLOCK = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)


def main() -> None:
    names: dict[str, Any] = {"__name__": "docs"}
    for number, code in enumerate(BLOCK.findall((HERE / "course.md").read_text(encoding="utf-8")), 1):
        exec(compile(code, f"course.md, block {number}", "exec"), names)
    for path in sorted(names["folder"].glob("course-*.png")):
        shutil.copy(path, HERE / "pictures" / path.name)
    shutil.rmtree(names["folder"])


if __name__ == "__main__":
    main()

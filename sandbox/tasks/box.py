"""About the box itself: is it there, and what does it see."""

from __future__ import annotations

import os
import platform
from typing import Any


def describe() -> dict[str, Any]:
    """The interpreter, and the files of the strategy with their sizes."""
    files = {}
    for folder, _, names in os.walk("/strategy"):
        for name in names:
            path = f"{folder}/{name}"
            files[path.removeprefix("/strategy/")] = os.stat(path).st_size  # noqa: PTH116 - no more modules than needed
    return {"python": platform.python_version(), "files": files, "jit": os.environ.get("NUMBA_DISABLE_JIT") != "1"}


TASKS = (describe,)

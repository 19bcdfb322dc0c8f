"""pylint inside the box, over packages that lie side by side in /strategy. It reads them and runs none of them."""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path
from typing import Any, Final

import astroid  # type: ignore[import-untyped]  # it ships none
import pylint.checkers  # noqa: F401 - what pylint imports late is imported before the second filter
from pylint.lint import Run
from pylint.message import Message
from pylint.reporters import BaseReporter

ROOT: Final = "/strategy"
CONFIGURATION: Final = Path(__file__).with_name("lint.toml")

OPAQUE: Final = (
    *("numpy", "numba", "importlib", "importlib.abc", "importlib.util", "importlib.machinery"),
    *("pathlib", "functools", "dataclasses"),
)
"""Modules that pylint need not look into, because a strategy uses nothing of them itself: 6 s without, 1 s with it."""


class _Notes(BaseReporter):
    """Remembers every message; prints nothing."""

    def handle_message(self, msg: Message) -> None:
        self.messages.append(msg)

    def _display(self, layout: Any) -> None:
        """No report is asked for."""

    def on_close(self, stats: Any, previous_stats: Any) -> None:
        """Likewise."""


def check(packages: list[str]) -> dict[str, Any]:
    """What pylint says of these packages: the `modules` it looked at, and its `messages`.

    A message has `path` (below /strategy), `line`, `id`, `symbol`, `object` and `text`.
    """
    sys.path.append(ROOT)  # so that a package is found by its name, and its relative imports with it
    for name in OPAQUE:
        astroid.MANAGER.astroid_cache[name] = astroid.parse("def __getattr__(name): ...", name)
    notes = _Notes()
    with contextlib.redirect_stdout(io.StringIO()):
        run = Run(
            [f"--rcfile={CONFIGURATION}", "--jobs=1", *(f"{ROOT}/{name}" for name in packages)], notes, exit=False
        )
    messages = [
        {
            "path": message.abspath.removeprefix(f"{ROOT}/"),
            "line": message.line,
            "id": message.msg_id,
            "symbol": message.symbol,
            "object": message.obj,
            "text": message.msg,
        }
        for message in notes.messages
    ]
    return {"modules": sorted(run.linter.stats.by_module), "messages": messages}


TASKS = (check,)

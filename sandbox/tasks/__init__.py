"""What a judge may ask of a box: `module.function`, where the module says which of its functions are tasks.

A task takes and returns numbers, strings, bytes, lists and dicts. Its module imports what is heavy at its top, so that
trusted code does it, before the strategy is touched.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, Final

MODULES: Final = ("box", "covering", "history", "lint", "security", "tests", "trading", "working", "probing")


def find_task(name: str) -> Callable[..., Any]:
    """The task of that name; KeyError when there is none. Imports its module."""
    module, _, function = name.partition(".")
    if module not in MODULES:
        raise KeyError(f"no task {name}")
    tasks: dict[str, Callable[..., Any]] = {
        task.__name__: task for task in (ready, *importlib.import_module(f"sandbox.tasks.{module}").TASKS)
    }
    return tasks[function]


def ready() -> str:
    """Of every module: it was imported, and the second filter is in place."""
    return "ready"

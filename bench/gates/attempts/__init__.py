"""What strategy code would try that wants out of the box: one function each, by what it is after.

A function that returns got what it wanted; what it raises is what stopped it. It is run by the module level code of a
strategy, in the boxes, and where nothing holds it as its control. None does harm where it succeeds: it leaves a mark in
a folder made for it, reads what was planted, or asks a question that only who is permitted is answered.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Final

from bench.gates.attempts import answers, calls, files, kernel, network, processes, python, resources

FAMILIES: Final[dict[str, ModuleType]] = {
    "files": files,
    "processes": processes,
    "network": network,
    "kernel": kernel,
    "resources": resources,
    "Python": python,
}
ANSWERS: Final[dict[str, ModuleType]] = {"answers": answers}
"""Only of a judge's box, and with a listener in place of the machine."""
SHARED: Final = calls


def attempts_of(module: ModuleType) -> list[Callable[[], object]]:
    """The attempts of a family: every public function that it defines and that takes nothing, in order."""
    found = [value for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
    return [each for each in found if getattr(each, "__module__", "") == module.__name__ and is_attempt(each)]


def is_attempt(function: object) -> bool:
    """Whether it can be called as it is: helpers take arguments."""
    code = getattr(function, "__code__", None)
    return code is not None and not code.co_argcount

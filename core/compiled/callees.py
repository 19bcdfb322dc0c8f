"""What a kernel calls is compiled without a way in from Python, which nobody takes: a third less to compile.

Numba makes of every kernel two functions, one that compiled code calls and one that Python calls, and the second is
made for each of the forty that `decide` comes to. Measured on the shipped strategy, in processor time: 2.4 s with
`decide` as the only way in, 3.4 s with all of them. The code of `decide` is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType, ModuleType
from typing import Any, Final

NO_WAY_IN: Final = "no_cpython_wrapper"

_alive: list[Any] = []
"""What was compiled without a way in: the code of who calls it may speak of it for as long as this process lives."""


@contextmanager
def only_way_in(kernel: Any) -> Iterator[None]:
    """While it lasts, whatever `kernel` calls and is compiled by that can be called by compiled code only.

    At the end such code is forgotten by those kernels, so that Python which calls one compiles it as ever. Kernels that
    were compiled before stay as they are.
    """
    fresh = [each for each in callees(kernel) if not each.overloads]
    for each in fresh:
        each.targetoptions[NO_WAY_IN] = True
    try:
        yield
    finally:
        for each in fresh:
            del each.targetoptions[NO_WAY_IN]
            _alive.extend(each.overloads.values())
            each._reset_overloads()  # as its `recompile` begins: to call what has no way in ends the process


def callees(kernel: Any) -> list[Any]:
    """All kernels that it calls, and that those call, without itself; none of plain Python."""
    found: dict[int, Any] = {id(kernel): kernel}
    waiting = [kernel]
    while waiting:
        for each in called_by(waiting.pop()):
            if id(each) not in found:
                found[id(each)] = each
                waiting.append(each)
    return [each for each in found.values() if each is not kernel]


def called_by(kernel: Any) -> Iterator[Any]:
    """The kernels that its code names, itself or as something of a module."""
    yield from (each for each in named_by(kernel) if hasattr(each, "py_func") and hasattr(each, "targetoptions"))


def named_by(kernel: Any) -> Iterator[Any]:
    """All that its code names, itself or as something of a module; nothing of plain Python."""
    function = getattr(kernel, "py_func", None)
    if function is None:
        return
    code: CodeType = function.__code__
    yield from (cell.cell_contents for cell in function.__closure__ or ())
    for value in (function.__globals__.get(name) for name in code.co_names):
        if isinstance(value, ModuleType):
            yield from (getattr(value, name, None) for name in code.co_names)
        else:
            yield value

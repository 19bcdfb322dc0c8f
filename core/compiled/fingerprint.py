"""What a kernel is compiled from, in one hash: its code and that of all it calls, the values that they are frozen with,
how it is compiled, by what, and for which processor.

Numba freezes what globals and closures hold at the moment it compiles. A hash of files would not see a value that was
changed while they were imported, and numba's own cache sees no file but the kernel's. So the values themselves are
read, the way that the compiler reads them: by the names in the code. Of the parameters of a strategy that are no whole
numbers it is names and kinds, for their values are no part of the code.
"""

from __future__ import annotations

import builtins
import hashlib
import platform
import re
import sys
from collections.abc import Callable
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, Final

import numpy as np

from core.tunable import Tunable

FORMAT: Final = "sorte compiled 2"
"""Another one makes all that was kept before foreign."""
KNOWN: Final = frozenset({"builtins", "math", "operator", "numpy", "numba", "typing", "collections", "_operator"})
"""Packages that the versions below stand for."""
CHOICE: Final = re.compile(r"(?!\w*THREAD)[A-Z]\w*")
"""Numba's settings but for the number of threads; what begins with a line says which packages it found beside it."""
PLAIN: Final = (bool, int, float, complex, str, bytes, type(None), type(Ellipsis))


class UnknownValueError(Exception):
    """The code speaks of something whose every change cannot be seen; it is compiled each time."""


def fingerprint(kernel: Any) -> str:
    """SHA-256 of what the Numba dispatcher `kernel` is compiled from here.

    Raises UnknownValueError when that cannot be said, ValueError for a dtype that has no description.
    """
    walk = _Walk()
    walk.put(FORMAT, *toolchain())
    walk.value(kernel)
    return walk.digest.hexdigest()


def toolchain() -> list[str]:
    """What compiles, how it is set up, and the processor that it compiles for."""
    import llvmlite
    import numba
    from numba.core import config
    from numba.core.registry import cpu_target

    chosen = {
        name: value for name, value in vars(config).items() if CHOICE.fullmatch(name) and isinstance(value, PLAIN)
    }
    return [
        *(platform.python_implementation(), sys.version),
        *(numba.__version__, llvmlite.__version__, np.__version__),
        repr(cpu_target.target_context.codegen().magic_tuple()),  # target, processor and what it can
        repr(sorted((name, repr(value)) for name, value in chosen.items())),
    ]


class _Walk:
    """Takes in one value after the other, each function once."""

    def __init__(self) -> None:
        self.digest = hashlib.sha256()
        self._met: dict[int, tuple[int, Any]] = {}  # by identity, which holds while the value is held too

    def put(self, *words: object) -> None:
        for word in words:
            data = str(word).encode("utf-8", "surrogatepass")
            self.digest.update(len(data).to_bytes(8, "big") + data)

    def value(self, value: Any) -> None:
        """A value that compiled code may be frozen with."""
        if isinstance(value, PLAIN):
            self.put(type(value).__qualname__, repr(value))
        elif isinstance(value, np.dtype):
            self.put("dtype", value.descr, value.itemsize, value.alignment)
        elif isinstance(value, np.ndarray | np.generic):
            self._numbers(np.asarray(value))
        elif isinstance(value, Tunable):  # which numbers they are, the code does not know (`core.compiled.numbers`)
            self._tunable(value)
        elif isinstance(value, tuple):
            self.put("tuple", type(value).__qualname__, getattr(type(value), "_fields", ()), len(value))
            for part in value:
                self.value(part)
        elif isinstance(value, frozenset):
            self.put("set", *sorted(map(repr, value)))
        elif isinstance(value, CodeType):
            self._code(value, {})
        elif id(value) in self._met:
            self.put("again", self._met[id(value)][0])
        else:
            self._met[id(value)] = len(self._met), value
            self._named(value)

    def _tunable(self, value: Tunable) -> None:
        """Whole numbers are taken in: they say how long a ring in the memory is, which is how code finds its fields."""
        shape = [len(part) if isinstance(part, tuple) else part if isinstance(part, int) else "float" for part in value]
        self.put("tunable", value.role, getattr(value, "_fields", ()), *shape)

    def _numbers(self, array: np.ndarray[Any, Any]) -> None:
        if array.dtype.hasobject:
            raise UnknownValueError(f"an array of {array.dtype}")
        self.put("array", array.dtype.descr, array.shape, array.strides)
        self.digest.update(np.ascontiguousarray(array).tobytes())

    def _named(self, value: Any) -> None:
        """What has a name of its own: a kernel, a function, a class, a module."""
        if hasattr(value, "py_func") and hasattr(value, "targetoptions"):
            self.put("kernel", sorted((name, repr(option)) for name, option in value.targetoptions.items()))
            self._function(value.py_func)
        elif isinstance(value, FunctionType) and is_ours(value):
            self._function(value)
        elif isinstance(value, type):
            self.put("class", value.__qualname__, getattr(value, "_fields", ()), known_or_raise(value, "_fields"))
        elif isinstance(value, ModuleType) and is_known(value):
            self.put("module", value.__name__)
        elif isinstance(value, FunctionType | BuiltinFunctionType | np.ufunc) and is_known(value):
            self.put("function", getattr(value, "__module__", ""), value.__name__)
        else:
            raise UnknownValueError(f"a {type(value).__qualname__}")

    def _function(self, function: FunctionType) -> None:
        self.put("function", function.__qualname__)
        self._code(function.__code__, function.__globals__)
        for cell in function.__closure__ or ():
            self.value(cell.cell_contents)
        self.value(function.__defaults__)
        for name, default in sorted((function.__kwdefaults__ or {}).items()):
            self.put(name)
            self.value(default)

    def _code(self, code: CodeType, scope: dict[str, Any]) -> None:
        self.put(code.co_code.hex(), code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
        self.put(code.co_argcount, code.co_kwonlyargcount, code.co_flags, code.co_exceptiontable.hex())
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                self._code(constant, scope)
            else:
                self.value(constant)
        for (
            name
        ) in code.co_names:  # attributes are among them; one that is also a global's name is taken in for nothing
            if name in scope:
                self.put("global", name)
                self._global(scope[name], code)
            elif hasattr(builtins, name):
                self.put("builtin", name)

    def _global(self, value: Any, code: CodeType) -> None:
        """A module that is not known stands for those of its names that the code speaks of."""
        if isinstance(value, ModuleType) and not is_known(value):
            self._code_of_module(value, code)
        else:
            self.value(value)

    def _code_of_module(self, module: ModuleType, code: CodeType) -> None:
        for name in code.co_names:
            if hasattr(module, name):
                self.put("of module", module.__name__.rpartition(".")[2], name)
                self.value(getattr(module, name))


def is_known(value: Any) -> bool:
    """Whether it comes from a package whose version is in the fingerprint."""
    name = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None) or "numpy"
    return str(name).partition(".")[0] in KNOWN


def is_ours(function: FunctionType) -> bool:
    """Whether a plain function is the platform's or a strategy's. What compiles in place of another package's function
    is that package's secret."""
    return function.__module__.partition(".")[0] == "core" or function.__module__.startswith("sorte_strategy_")


def known_or_raise(value: Callable[..., Any], sign: str) -> str:
    """Where a class is from: a package that is known, or one whose classes say all of themselves by `sign`."""
    if is_known(value):
        return value.__module__
    if hasattr(value, sign):
        return ""
    raise UnknownValueError(f"a class {getattr(value, '__qualname__', value)}")

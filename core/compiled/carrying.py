"""A compiled kernel as bytes, and the way back: what Numba's own on-disk cache does, without its files.

`unpack` unpickles, and what it loads runs: give it only what came from `pack` in a place that you trust as much as the
one you are in. A kernel that is restored has an engine of its own, because the names of its machine code were given in
another process and may stand for something else in this one (seen: two strategies whose loops had the same name).
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from core.compiled.callees import callees, named_by
from core.tunable import Tunable, symbol_of

DIGEST_BYTES: Final = 64
"""Of the fingerprint, which what is packed begins with."""
CALLED: Final = ("llvm.", "Py", "_Py", "numba_adapt_ndarray", "numba_unpickle", "numba_runtime_build_excinfo_struct")
"""What machine code of a kernel may call by name and beside the C library's maths: all of it is there once Numba is
imported. Numba's memory management is not, before something was compiled."""
CALLED_EXACTLY: Final = frozenset({"numba_do_raise", "numba_gil_ensure", "numba_gil_release"})
MATHS: Final = re.compile(
    "(acos|asin|atan2?|ceil|cosh?|erfc?|exp2?|expm1|fabs|floor|fmod|hypot|ldexp|lgamma|log|log10|log1p|log2|nearbyint"
    "|pow|rint|round|sinh?|sqrt|tanh?|tgamma|trunc)f?"
)


def pack(kernel: Any, made_from: str) -> bytes | None:
    """The one compiled form of a kernel of that fingerprint; None when it has another number of them, or is not one
    that can be carried."""
    try:
        (compiled,) = kernel.overloads.values()
        return _pack(made_from, compiled, numbers_of(kernel))
    except (ValueError, AttributeError, TypeError, pickle.PicklingError):
        return None


def unpack(kernel: Any, made_from: str, data: bytes) -> bool:
    """Make `kernel`, of that fingerprint, what it was when `data` was packed.

    False, and nothing done, when that was packed from anything else; it then compiles at its first call, as ever.
    """
    try:
        if data[:DIGEST_BYTES] != made_from.encode():
            return False
        kernel.add_overload(_unpack(kernel, data[DIGEST_BYTES:]))
    except Exception:  # noqa: BLE001 - whatever a stranger's bytes do to the unpickler: they are not used
        return False
    return True


def numbers_of(kernel: Any) -> tuple[Tunable, ...]:
    """What its code and that of all it calls reads of numbers that an owner tunes, each once."""
    named = (each for one in (kernel, *callees(kernel)) for each in named_by(one))
    found = {symbol_of(each): each for each in named if isinstance(each, Tunable)}
    return tuple(found[symbol] for symbol in sorted(found))


class _Packed(NamedTuple):
    """What is pickled of a kernel. All it has from the process that compiled it are names."""

    numbers: tuple[str, ...]  # what they are called that it reads
    library: tuple[str, str, tuple[bytes, bytes]]  # name, kind, and object code with bitcode
    described: Any
    signature: Any
    environments: tuple[str, ...]  # empty ones, by name; its own is the first


def _pack(made_from: str, compiled: Any, numbers: Sequence[Tunable]) -> bytes | None:
    from numba.core.serialize import dumps

    envs = (compiled.environment, *compiled._find_referenced_environments())
    if compiled.objectmode or compiled.lifted or compiled.reload_init or any(env.consts for env in envs):
        return None
    library = compiled.library
    if library.has_dynamic_globals or not all(map(_may_call, _called(library))):  # an address of this process is in it
        return None
    described = compiled.fndesc
    described.typemap = described.calltypes = None  # as Numba's own cache leaves them out
    packed = _Packed(
        tuple(map(symbol_of, numbers)),
        library.serialize_using_object_code(),
        described,
        compiled.signature,
        tuple(env.env_name for env in envs),
    )
    carried: bytes = dumps(tuple(packed))  # type: ignore[no-untyped-call]
    return made_from.encode() + carried


def _unpack(kernel: Any, data: bytes) -> Any:
    from numba.core.codegen import JITCPUCodegen
    from numba.core.compiler import CompileResult
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.registry import cpu_target

    packed = _Packed(*pickle.loads(data))  # noqa: S301 - see above: what is loaded is run anyway
    packed.described.modname = kernel.py_func.__module__
    with global_compiler_lock:
        engine = JITCPUCodegen("sorte")  # type: ignore[no-untyped-call]
        context = cpu_target.target_context.subtarget(_internal_codegen=engine)
        own, *others = (_environment(name, kernel) for name in packed.environments)
        parts = (packed.described, own, packed.signature, False, (), "", (), tuple(others))
        return CompileResult._rebuild(context, _library(packed, numbers_of(kernel)), *parts)  # type: ignore[no-untyped-call]


def _library(packed: _Packed, numbers: Sequence[Tunable]) -> tuple[str, str, Any]:
    """As it was compiled, or with other numbers, which costs to make machine code once more.

    Raises ValueError where one role is played by several: a loop over pairs that have numbers of their own.
    """
    if packed.numbers == tuple(map(symbol_of, numbers)):
        return packed.library
    if len(packed.numbers) != len(numbers) or len({each.role for each in numbers}) < len(numbers):
        raise ValueError("nobody knows which numbers to replace")
    from core.compiled.numbers import with_numbers

    name, _, (_, bitcode) = packed.library
    return name, "bitcode", with_numbers(bitcode, numbers)


def _environment(name: str, kernel: Any) -> Any:
    """A kernel has none of Python's objects; what it is compiled with asks for a place for them."""
    from numba.core.environment import Environment

    found = Environment._memo.get(name)
    if found is None:
        found = Environment(kernel.py_func.__globals__)
        found.env_name = name
        Environment._memo[name] = found
    return found


def _called(library: Any) -> list[str]:
    return [function.name for function in library._final_module.functions if function.is_declaration]


def _may_call(name: str) -> bool:
    return name in CALLED_EXACTLY or MATHS.fullmatch(name) is not None or name.startswith(CALLED)

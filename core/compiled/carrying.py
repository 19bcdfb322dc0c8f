"""A compiled kernel as bytes, and the way back: what Numba's own on-disk cache does, without its files.

`unpack` unpickles, and what it loads runs: give it only what came from `pack` in a place that you trust as much as the
one you are in. A kernel that is restored has an engine of its own, because the names of its machine code were given in
another process and may stand for something else in this one (seen: two strategies whose loops had the same name).
"""

from __future__ import annotations

import pickle
import re
from typing import Any, Final

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
        return _pack(made_from, compiled)
    except (ValueError, AttributeError, TypeError, pickle.PicklingError):
        return None


def unpack(kernel: Any, made_from: str, data: bytes) -> bool:
    """Make `kernel`, of that fingerprint, what it was when `data` was packed.

    False, and nothing done, when that was packed from anything else; it then compiles at its first call, as ever.
    """
    try:
        if data[:DIGEST_BYTES] != made_from.encode():
            return False
        kernel.add_overload(_unpack(data[DIGEST_BYTES:]))
    except Exception:  # noqa: BLE001 - whatever a stranger's bytes do to the unpickler: they are not used
        return False
    return True


def _pack(made_from: str, compiled: Any) -> bytes | None:
    from numba.core.serialize import dumps

    envs = (compiled.environment, *compiled._find_referenced_environments())
    if compiled.objectmode or compiled.lifted or compiled.reload_init or any(env.consts for env in envs):
        return None
    library = compiled.library
    if library.has_dynamic_globals or not all(map(_may_call, _called(library))):  # an address of this process is in it
        return None
    carried: bytes = dumps(compiled._replace(type_annotation="")._reduce())  # type: ignore[no-untyped-call]
    return made_from.encode() + carried


def _unpack(data: bytes) -> Any:
    from numba.core.codegen import JITCPUCodegen
    from numba.core.compiler import CompileResult
    from numba.core.compiler_lock import global_compiler_lock
    from numba.core.registry import cpu_target

    with global_compiler_lock:
        engine = JITCPUCodegen("sorte")  # type: ignore[no-untyped-call]
        context = cpu_target.target_context.subtarget(_internal_codegen=engine)
        parts = pickle.loads(data)  # noqa: S301 - see above: what is loaded is run anyway
        return CompileResult._rebuild(context, *parts)  # type: ignore[no-untyped-call]


def _called(library: Any) -> list[str]:
    return [function.name for function in library._final_module.functions if function.is_declaration]


def _may_call(name: str) -> bool:
    return name in CALLED_EXACTLY or MATHS.fullmatch(name) is not None or name.startswith(CALLED)

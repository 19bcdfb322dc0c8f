"""What can be seen inside the box: a short list of read-only binds at neutral places, and nothing else.

The root is an empty file system made for the box and then made read-only. There is no /proc, /sys, /dev, /etc, /home or
/tmp; CPython, NumPy and Numba were traced to live without. Host paths are not repeated inside (`/home/you/...`
becomes `/python`), so no parent folder of a bind, and no user name, is there to be looked at.
"""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

PYTHON: Final = "/python"
PACKAGES: Final = "/packages"
PLATFORM: Final = "/platform"
STRATEGY: Final = "/strategy"
QTABLES: Final = "/qtables"
IN_VIEW: Final = (PYTHON, PACKAGES, PLATFORM, STRATEGY, "/lib", "/lib64", "/usr/lib", "/usr/lib64")
"""What is above every bind of a judge's box."""

PLATFORM_FILES: Final = (
    "core/__init__.py",
    "core/apart.py",
    "core/kernel.py",
    "core/levels.py",
    "core/indicators.py",
    "core/errors.py",
    "core/masking.py",
    "core/overrides.py",
    "core/qtables.py",
    "core/strategy.py",
    "core/syntax.py",
    "core/tunable.py",
    "core/compiled/__init__.py",
    "core/compiled/callees.py",
    "core/compiled/carrying.py",
    "core/compiled/fingerprint.py",
    "core/compiled/kept.py",
    "core/compiled/numbers.py",
    "sandbox/__init__.py",
    "sandbox/runner.py",
    "sandbox/protocol.py",
    "sandbox/lock.py",
)
"""The trusted files that the runner imports. Each is bound alone, so that a new file of `core` is not in the box."""

JUDGE_FILES: Final = (
    "core/__init__.py",
    "core/apart.py",
    "core/kernel.py",
    "core/levels.py",
    "core/indicators.py",
    "core/errors.py",
    "core/masking.py",
    "core/overrides.py",
    "core/strategy.py",
    "core/syntax.py",
    "core/tunable.py",
    "core/compiled/__init__.py",
    "core/compiled/callees.py",
    "core/compiled/carrying.py",
    "core/compiled/fingerprint.py",
    "core/compiled/kept.py",
    "core/compiled/numbers.py",
    "core/metrics.py",
    "core/names.py",
    "core/zone.py",
    "core/backtest/__init__.py",
    "core/backtest/account.py",
    "core/backtest/detail.py",
    "core/backtest/engine.py",
    "core/backtest/inputs.py",
    "core/backtest/naming.py",
    "core/backtest/plain.py",
    "core/backtest/pricing.py",
    "core/backtest/records.py",
    "core/backtest/result.py",
    "core/backtest/simulation.py",
    "sandbox/__init__.py",
    "sandbox/judge.py",
    "sandbox/sight.py",
    "sandbox/counting.py",
    "sandbox/branching.py",
    "sandbox/protocol.py",
    "sandbox/lock.py",
    "sandbox/tasks",
)
"""The trusted files that `sandbox.judge` and its tasks import: the guardian's boxes only."""

HOST_PACKAGES: Final = ("numba", "llvmlite", "numpy")
"""What a strategy host imports from the environment. The rest of site-packages is not bound: it is of no use inside."""

JUDGE_PACKAGES: Final = (
    *HOST_PACKAGES,
    "msgspec",
    *("pytest", "_pytest", "py.py", "pluggy", "iniconfig", "packaging", "pygments"),
    *("hypothesis", "_hypothesis_globals.py", "_hypothesis_ftz_detector.py", "sortedcontainers"),
    *("pylint", "astroid", "dill", "isort", "mccabe.py", "platformdirs", "tomlkit", "typing_extensions.py"),
    *(
        "bandit",
        "bandit-*.dist-info",
        "stevedore",  # it finds its tests by their entry points
        "yaml",
        "_yaml",
        "rich",
        "markdown_it",
        "mdurl",
    ),
)
"""What the guardian's tasks import. A name that this environment lacks is left out; who needs it then says so."""


@dataclass(frozen=True, slots=True)
class Bind:
    """A file or folder of the host, seen read-only at `target` inside."""

    source: Path
    target: str


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link inside: `path` leads to `to`."""

    to: str
    path: str


def base_mounts(packages: Sequence[str] = HOST_PACKAGES, files: Sequence[str] = PLATFORM_FILES) -> list[Bind | Link]:
    """The interpreter, the shared libraries, `packages` of this environment and the platform's `files`."""
    return [*_interpreter(), *_shared_libraries(), *_packages(packages), *_platform(files)]


def python_command(script: str, *words: str) -> list[str]:
    """The argv that runs `script`, a path inside, with this interpreter.

    `-I` would also ignore our PYTHONHASHSEED, and with it the order of sets would differ from start to start. The rest
    of what it does is here: no script folder on the path (-P), no site (-S), no user site (-s), no bytecode (-B).
    """
    return [f"{PYTHON}/bin/{_executable().name}", "-P", "-s", "-S", "-B", script, *words]


def python_path() -> list[str]:
    """`sys.path` inside; the runner sets it before it imports anything else."""
    stdlib = f"{PYTHON}/lib/{_stdlib().name}"
    return [stdlib, f"{stdlib}/lib-dynload", PACKAGES, PLATFORM]


def _executable() -> Path:
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


def _stdlib() -> Path:
    return Path(sysconfig.get_path("stdlib"))


def _interpreter() -> Iterator[Bind]:
    """Only the parts of the base installation that Python needs: its prefix may be /usr, or below somebody's home."""
    yield Bind(_executable(), f"{PYTHON}/bin/{_executable().name}")
    yield Bind(_stdlib(), f"{PYTHON}/lib/{_stdlib().name}")
    library = Path(sysconfig.get_config_var("LIBDIR") or "", sysconfig.get_config_var("INSTSONAME") or "")
    if sysconfig.get_config_var("Py_ENABLE_SHARED") and library.is_file():
        yield Bind(library.resolve(), f"{PYTHON}/lib/{library.name}")


def _shared_libraries() -> Iterator[Bind | Link]:
    """The C library and its friends at their own paths, which the executable's loader name fixes.

    Where the system keeps one folder per architecture (Debian), that folder and the loader are enough.
    """
    for top in (Path("/usr/lib"), Path("/usr/lib64"), Path("/lib"), Path("/lib64")):
        if top.is_symlink():
            yield Link(str(top.readlink()), str(top))
        elif top.is_dir():
            narrow = top / (sysconfig.get_config_var("MULTIARCH") or "")
            chosen = [narrow, *top.glob("ld-linux*")] if narrow.is_dir() and narrow != top else [top]
            yield from (Bind(path, str(path)) for path in chosen)


def _packages(packages: Sequence[str]) -> Iterator[Bind]:
    for name in packages:
        found = [path for folder in _site_packages() for path in Path(folder).glob(name)]
        for path in found[:1]:
            yield Bind(path, f"{PACKAGES}/{path.name}")
        for libraries in (path.with_name(f"{name}.libs") for path in found[:1]):
            if libraries.is_dir():  # shared libraries that a wheel brings along, found relative to the package
                yield Bind(libraries, f"{PACKAGES}/{libraries.name}")


def _site_packages() -> list[str]:
    return list(dict.fromkeys((sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))))


def _platform(files: Sequence[str]) -> Iterator[Bind]:
    root = Path(__file__).resolve().parents[1]
    for file in files:
        yield Bind(root / file, f"{PLATFORM}/{file}")

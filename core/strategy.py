"""A strategy package: its source as bytes with a git tree hash, and how it becomes a compiled kernel.

A strategy is always loaded from a `Source` in memory, under a module name of its own. So what was hashed is what runs,
two versions live side by side, and no stale bytecode of an earlier edit can be picked up.
"""

from __future__ import annotations

import ast
import dataclasses
import difflib
import hashlib
import importlib
import importlib.util
import itertools
import linecache
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Annotated, Any, Final, NamedTuple, get_args, get_origin, get_type_hints

import numpy as np

from core.apart import taken_apart
from core.errors import StrategyError
from core.masking import masked, with_host_field
from core.overrides import overrides_of
from core.syntax import syntax_tree
from core.tunable import values_of

REQUIRED_FILES = ("__init__.py", "parameters.py", "state.py", "signals.py", "rules.py", "decide.py")
MOST_FILES: Final = 1_000
LARGEST_FILE: Final = 4 << 20
"""Bytes. What ships has a tenth of a megabyte in forty files."""

_serials: Final[dict[str, Iterator[int]]] = {}
"""How often each tree was loaded: the first load has the same name in every process, which compiled code asks for."""


class Range(NamedTuple):
    """The values a parameter may take, both ends included, and the unit it is counted in."""

    low: float
    high: float
    unit: str


@dataclass(frozen=True, slots=True)
class Source:
    """The files of a strategy package by their path inside it, and the hash git gives their tree."""

    files: Mapping[str, bytes]
    tree_hash: str

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> Source:
        """The source made of `files`; raises StrategyError when a required one is missing."""
        missing = [name for name in REQUIRED_FILES if name not in files]
        if missing:
            raise StrategyError(f"The strategy has no {', '.join(missing)}.", "Point to a folder like `strategy/`.")
        return cls(MappingProxyType(dict(files)), git_tree_hash(files))

    @classmethod
    def read(cls, folder: Path) -> Source:
        """The source in `folder`, which git would commit: every file but those in `__pycache__` and hidden folders.

        Raises StrategyError when it is no strategy package, or so large that it can only be another folder.
        """
        if not folder.is_dir():
            raise StrategyError(f"There is no strategy folder {folder}.", "Point to a folder like `strategy/`.")
        cls.of({name: b"" for name in REQUIRED_FILES if (folder / name).is_file()})  # before a large one is walked
        files: dict[str, bytes] = {}
        for path in _inside(folder):
            name = path.relative_to(folder).as_posix()
            if not name.isprintable():  # half a surrogate pair, where a name is not UTF-8, is not printable
                raise StrategyError(f"The strategy has a file of the name {name!a}.")
            if len(files) == MOST_FILES or path.stat().st_size > LARGEST_FILE:
                raise StrategyError(
                    f"{folder} holds more than a strategy: {name}.", "Point to a folder that holds nothing else."
                )
            files[name] = path.read_bytes()
        return cls.of(files)

    @classmethod
    def shipped(cls) -> Source:
        """The strategy that comes with Sorte."""
        return cls.read(Path(__file__).parents[1] / "strategy")


def _inside(folder: Path) -> Iterator[Path]:
    """Every file in it and below, but for `__pycache__` and hidden folders."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__" and not name.startswith("."))
        yield from (path for name in sorted(names) if (path := Path(place, name)).is_file())


@dataclass(frozen=True, slots=True)
class Strategy:
    """A loaded strategy. Its kernel is compiled at the first call, or by `core.backtest`."""

    tree_hash: str
    parameters: Any  # the NamedTuple of the package, overrides applied
    ranges: Mapping[str, Range]
    rule_names: tuple[str, ...]  # in the order of `verdicts`, which DECISION.rule counts
    feature_names: tuple[str, ...]
    state_dtype: np.dtype[Any]
    table_shape: tuple[int, int]
    decide: Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], None]
    verdicts: Callable[..., Any] | None = None  # the rules in force, where it has the shipped shape
    own: Mapping[str, Strategy] = dataclasses.field(default_factory=lambda: MappingProxyType({}))
    """By symbol, the strategy with the values that this pair has of its own; pairs of the same values share one."""

    def of(self, symbol: str) -> Strategy:
        """The strategy as it decides for this pair."""
        return self.own.get(symbol, self)

    def rule_name(self, index: int) -> str | None:
        """The rule that a DECISION names; None for -1, the score."""
        return self.rule_names[index] if 0 <= index < len(self.rule_names) else None


Rewrite = Callable[[str, bytes, dict[str, Any]], Any]
"""A module's file, its source and its namespace, to what is executed in its place: an `ast.Module`, or source."""


def load(
    source: Source | Path, overrides: Mapping[str, float] | None = None, *, rewrite: Rewrite | None = None
) -> Strategy:
    """Import a strategy package, with parameters replaced by `overrides`; what a pair has of its own stays.

    `rewrite` executes other code than that of the files; whoever asks for a line still reads the files.

    Raises StrategyError when it does not import, or an override is unknown or out of range. Runs the package's code:
    call it on code that you trust, or inside the sandbox.
    """
    source = source if isinstance(source, Source) else Source.read(source)
    common = _load_once(source, dict(overrides or {}), rewrite)
    return replace(common, own=MappingProxyType(_load_own(source, common, dict(overrides or {}), rewrite)))


def _load_own(
    source: Source, common: Strategy, overrides: Mapping[str, float], rewrite: Rewrite | None
) -> dict[str, Strategy]:
    """By symbol, the strategy with a pair's own values: the same code once more, in modules of its own."""
    loaded: dict[frozenset[tuple[str, float]], Strategy] = {}
    found: dict[str, Strategy] = {}
    for symbol, values in sorted(overrides_of(syntax_tree(source.files["parameters.py"])).items()):
        key = frozenset(values.items())
        try:
            loaded[key] = loaded.get(key) or _load_once(source, {**overrides, **values}, rewrite)
        except StrategyError as error:
            raise StrategyError(f"OVERRIDES of {symbol}: {error.message}", error.hint) from None
        if loaded[key].table_shape != common.table_shape:
            raise StrategyError(f"OVERRIDES of {symbol}: it changes the shape of the Q-table, which all pairs share.")
        found[symbol] = loaded[key]
    return found


def _load_once(source: Source, overrides: Mapping[str, float], rewrite: Rewrite | None = None) -> Strategy:
    short = source.tree_hash[:12]
    name = f"sorte_strategy_{short}_{next(_serials.setdefault(short, itertools.count(1)))}"
    finder = _SourceFinder(name, source, overrides, rewrite)
    sys.meta_path.insert(0, finder)
    try:
        modules = {
            part: importlib.import_module(f"{name}.{part}") for part in ("parameters", "state", "signals", "decide")
        }
        return Strategy(
            tree_hash=source.tree_hash,
            parameters=modules["parameters"].P,
            ranges=MappingProxyType(parameter_ranges(modules["parameters"].Parameters)),
            rule_names=rule_names(source.files["rules.py"].decode()),
            feature_names=modules["state"].Features._fields,
            state_dtype=with_host_field(modules["state"].STATE),
            table_shape=modules["signals"].TABLE_SHAPE,
            decide=masked(modules["decide"].decide),
            verdicts=getattr(modules["decide"], "verdicts", None),
        )
    except StrategyError:
        raise
    except Exception as error:  # whatever the package raises at import is its fault, and is reported as such
        raise StrategyError(f"The strategy does not import: {type(error).__name__}: {error}") from error
    finally:
        sys.meta_path.remove(finder)


def memories(strategies: Sequence[Strategy]) -> list[np.ndarray[Any, Any]]:
    """A state of zeros for each pair, given the strategy that decides for it; those of one layout lie side by side.

    Filled, not only allocated: the kernel hands out zero pages lazily, and a first touch costs a fault.
    """
    places: dict[np.dtype[Any], list[int]] = {}
    for pair, strategy in enumerate(strategies):
        places.setdefault(strategy.state_dtype, []).append(pair)
    found: dict[int, np.ndarray[Any, Any]] = {}
    for dtype, pairs in places.items():
        states = np.empty(len(pairs), dtype)
        states.view(np.uint8).fill(0)
        found |= {pair: states[place : place + 1] for place, pair in enumerate(pairs)}
    return [found[pair] for pair in range(len(strategies))]


def parameter_ranges(parameters: type) -> dict[str, Range]:
    """The declared Range of each field of a Parameters class."""
    ranges = {}
    for field, hint in get_type_hints(parameters, include_extras=True).items():
        declared = (
            [note for note in get_args(hint)[1:] if isinstance(note, Range)] if get_origin(hint) is Annotated else []
        )
        if len(declared) != 1:
            raise StrategyError(
                f"Parameter {field} declares no range.", "Write Annotated[float, Range(low, high, unit)]."
            )
        ranges[field] = declared[0]
    return ranges


def rule_names(rules_source: str) -> tuple[str, ...]:
    """The rules in force, read from the tuple that `verdicts` returns."""
    for node in syntax_tree(rules_source).body:
        if isinstance(node, ast.FunctionDef) and node.name == "verdicts":
            returned = node.body[-1]
            if isinstance(returned, ast.Return) and isinstance(returned.value, ast.Tuple):
                return tuple(
                    ast.unparse(call.func) if isinstance(call, ast.Call) else "" for call in returned.value.elts
                )
    raise StrategyError("rules.py has no function verdicts(f) that returns a tuple of rules.")


def git_tree_hash(files: Mapping[str, bytes]) -> str:
    """The SHA-1 that git gives a tree of these ordinary files (git-scm.com/book, Git Internals: Git Objects)."""
    return _tree({tuple(path.split("/")): data for path, data in files.items()}).hex()


def _tree(files: Mapping[tuple[str, ...], bytes]) -> bytes:
    entries: list[tuple[str, bytes]] = []
    for name in {path[0] for path in files}:
        if (name,) in files:
            entries.append((name, b"100644 " + name.encode() + b"\0" + _object(b"blob", files[(name,)])))
        else:
            below = {path[1:]: data for path, data in files.items() if path[0] == name}
            entries.append((name + "/", b"40000 " + name.encode() + b"\0" + _tree(below)))
    return _object(b"tree", b"".join(entry for _, entry in sorted(entries)))


def _object(kind: bytes, data: bytes) -> bytes:
    return hashlib.sha1(kind + b" %d\0" % len(data) + data, usedforsecurity=False).digest()


class _SourceFinder(MetaPathFinder, InspectLoader):
    """Imports the modules of one Source under one package name, and nothing else."""

    def __init__(
        self, package: str, source: Source, overrides: Mapping[str, float], rewrite: Rewrite | None = None
    ) -> None:
        self.package = package
        self.source = source
        self.overrides = overrides
        self.rewrite = rewrite

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if self._file(fullname) is None:
            return None
        return importlib.util.spec_from_loader(fullname, self, is_package=self.is_package(fullname))

    def is_package(self, fullname: str) -> bool:
        file = self._file(fullname)
        return file is not None and file.endswith("__init__.py")

    def get_source(self, fullname: str) -> str | None:
        file = self._file(fullname)
        return None if file is None else self.source.files[file].decode()

    def exec_module(self, module: ModuleType) -> None:
        file = self._file(module.__name__)
        if file is None:
            raise ImportError(f"{module.__name__} is no module of this strategy")
        module.__file__ = f"<strategy {self.source.tree_hash[:12]}>/{file}"
        linecache.lazycache(module.__file__, module.__dict__)  # so that errors quote the line
        code: Any = self.source.files[file]
        if self.rewrite is not None:
            code = self.rewrite(file, code, module.__dict__)
        exec(compile(taken_apart(code), module.__file__, "exec"), module.__dict__)  # noqa: S102 - this is the loader
        if file == "parameters.py":
            self._override(module)

    def _file(self, fullname: str) -> str | None:
        if fullname != self.package and not fullname.startswith(self.package + "."):
            return None
        stem = fullname[len(self.package) + 1 :].replace(".", "/")
        candidates = (f"{stem}/__init__.py" if stem else "__init__.py", f"{stem}.py")
        return next((file for file in candidates if file in self.source.files), None)

    def _override(self, module: ModuleType) -> None:
        ranges = parameter_ranges(module.Parameters)
        kinds = get_type_hints(module.Parameters)
        for name, value in self.overrides.items():
            if name not in ranges:
                near = difflib.get_close_matches(name, ranges, n=3)
                guess = f"Did you mean {' or '.join(near)}? " if near else ""
                raise StrategyError(f"There is no parameter {name}.", f"{guess}Known: {', '.join(sorted(ranges))}.")
            low, high, unit = ranges[name]
            if not low <= value <= high:
                raise StrategyError(f"{name} = {value} is outside {low} to {high} {unit}.")
            if kinds[name] is int and value != int(value):
                raise StrategyError(f"{name} = {value} must be a whole number of {unit}.")
        # A float that is written 30 is 30.0: another number must not be another kind of number.
        whole = {name for name, value in module.P._asdict().items() if type(value) is int and kinds[name] is float}
        given = {**{name: getattr(module.P, name) for name in whole}, **self.overrides}
        vars(module)["P"] = values_of(module.P._replace(**{name: kinds[name](value) for name, value in given.items()}))

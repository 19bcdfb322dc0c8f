"""What a test may be written with. It only ever runs inside the box, so the list is wider than that of the strategy.

Default deny here too: a test shares its process with pytest and with the tests that judge the strategy, and Python
offers a dozen ways from any module, generator or fixture to all of it (`statistics.sys`, `gi_frame.f_builtins`,
`monkeypatch`). So what is imported, every name that is read, and every attribute stands on a list, or is the
strategy's own.
"""

from __future__ import annotations

import ast
import builtins
import re
import types
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from services.guardian.policy.foreign import FOREIGN
from services.guardian.policy.grouped import SELF, groups
from services.guardian.policy.package import KERNEL, MATH, Package, indicators
from services.guardian.policy.place import kind
from services.guardian.policy.text import Finding, parse, words

FILE: Final = re.compile(r"tests/(__init__|conftest|test_[a-zA-Z0-9_-]{1,80})\.py")
MEMBERS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "__future__": frozenset({"annotations"}),
        ".conftest": words("Desk Package SHIPPED_RULES SOURCE"),
        "collections.abc": words("Callable Iterable Iterator Mapping Sequence"),
        "core.indicators": indicators(),
        "core.kernel": KERNEL | {"DECISION", "EVENT"},
        "core.strategy": words("Range load"),
        "datetime": words("UTC datetime timedelta"),
        "functools": words("cache partial reduce"),
        "hypothesis": words("assume example given strategies"),
        "hypothesis.strategies": words(
            "booleans composite floats integers just lists none one_of permutations sampled_from tuples"
        ),
        "itertools": words("accumulate chain combinations count cycle islice pairwise permutations product repeat"),
        "math": MATH | {"isclose", "fsum"},
        "numpy": words(
            "allclose arange array array_equal asarray diff empty float64 full inf int64 isclose isfinite isnan "
            "linspace nan ones zeros zeros_like"
        ),
        "pytest": words("approx fixture mark param raises"),
        "statistics": words("fmean mean median pstdev stdev"),
        "typing": words("Annotated Any Final NamedTuple"),
    }
)
"""By module, what of it a test may import or ask for."""
ALIASES: Final = MappingProxyType({"numpy": "np", "strategies": "st", "hypothesis.strategies": "st"})
MARKS: Final = frozenset({"parametrize"})
BUILTINS: Final = words(
    "abs all any bool dict divmod enumerate filter float frozenset int isinstance len list map max min next pow range "
    "repr reversed round set slice sorted str sum tuple zip ArithmeticError IndexError KeyError OverflowError "
    "StopIteration TypeError ValueError ZeroDivisionError"
)
ATTRIBUTES: Final = words(
    "add append astype co_argcount co_varnames copy count days decide decode dtype endswith extend feature_names "
    "fields files fill index items join keys lower name names of parameters ranges reshape rule_name rule_names shape "
    "size sort split splitlines startswith state_dtype strategy strip sum table_shape timestamp tobytes tolist "
    "total_seconds tree_hash update upper values view"
)
"""Of what a test has in its hands: arrays, texts, numbers, times and a loaded strategy."""
DUNDERS: Final = frozenset({"__code__"})  # its argument names; of a function that was written by a model
PYTHON_S_OWN: Final = frozenset(
    name
    for kind in (types.FrameType, types.CodeType, types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)
    for name in dir(kind)
) | frozenset(
    name for kind in (types.TracebackType, types.FunctionType, types.MethodType, type, str) for name in dir(kind)
)
"""Attributes that lead from a value to the interpreter. A strategy cannot make them its own by naming a field so."""
FIXTURES: Final = words(
    "cache capfd capfdbinary caplog capsys capsysbinary doctest_namespace monkeypatch pytestconfig pytester "
    "record_property record_testsuite_property record_xml_attribute recwarn request testdir tmp_path tmp_path_factory "
    "tmpdir tmpdir_factory"
)
"""Pytest's own, which reach into it."""
REFUSED_NODES: Final = (
    *(ast.AsyncFor, ast.AsyncFunctionDef, ast.AsyncWith, ast.Await, ast.Delete, ast.Global, ast.Nonlocal, ast.Raise),
    *(ast.Try, ast.TryStar, ast.Yield, ast.YieldFrom, ast.Match, ast.While, ast.ClassDef),
)
MUST_NOT_BE_SET: Final = re.compile(r"pytest_\w*|collect_ignore\w*|\w*__\w*|pytest|numpy|np|math|load|SOURCE|package")


def spoken_names(package: Package, conftest: bytes) -> frozenset[str]:
    """The attributes that its tests may ask for: the strategy's own names, and those of the parent's `conftest.py`."""
    tree = parse(conftest)
    names = {*package.exports, *package.fields}.union(*package.exports.values(), spoken_in(tree))
    lent = names - PYTHON_S_OWN - FIXTURES - (FOREIGN - spoken_in(tree))
    return ATTRIBUTES | {name for name in lent if not name.startswith("_")}


def spoken_in(conftest: object) -> set[str]:
    """The names that the parent's own tools for tests give their parts: these are trusted."""
    nodes = list(ast.walk(conftest)) if isinstance(conftest, ast.Module) else []
    named = {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
    return named | {node.attr for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}


def findings(tree: ast.Module, attributes: frozenset[str]) -> Iterator[Finding]:
    """What is wrong with one file of tests; `attributes` as `spoken` knows them."""
    checker = _Checker(tree, attributes)
    for node in ast.walk(tree):
        why = checker.why(node)
        if why:
            yield getattr(node, "lineno", 1), why


def _is_self(node: ast.AST) -> bool:
    return (isinstance(node, ast.Name) and node.id == SELF) or (isinstance(node, ast.arg) and node.arg == SELF)


class _Checker:
    """One file."""

    def __init__(self, tree: ast.Module, attributes: frozenset[str]) -> None:
        self.attributes = attributes
        self.modules: dict[str, str] = {}  # name here -> module
        self.bound: set[str] = set()
        self.written: set[str] = set()  # functions of this file
        self.fitting: set[int] = set()  # ids of nodes that are right where they stand, and nowhere else
        plain = {id(group.node): group.fitting for group in groups(tree)}
        self.fitting |= plain.keys() | {place for fitting in plain.values() for place in fitting}
        for node in ast.walk(tree):
            self._look(node)
            if isinstance(node, ast.ClassDef) and id(node) not in plain:  # refused whole, and said once
                self.fitting |= {id(inside) for inside in ast.walk(node) if _is_self(inside)}
        self.bound -= {SELF, *self.modules}

    def _look(self, node: ast.AST) -> None:
        match node:
            case ast.Import(names=names):
                self.modules |= {n.asname or n.name: n.name for n in names}
            case ast.ImportFrom(module=module, names=names):
                for alias in names:
                    inner = f"{module}.{alias.name}"
                    if inner in MEMBERS:
                        self.modules[alias.asname or alias.name] = inner
                    else:
                        self.bound.add(alias.asname or alias.name)
            case ast.FunctionDef(name=name):
                self.bound.add(name)
                self.written.add(name)
            case ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()):
                self.bound.add(name)
            case ast.Call(func=ast.Name(id="load") as asked, args=[ast.Name(id="SOURCE")] | [ast.Name(id="SOURCE"), _]):
                self.fitting.add(id(asked))
            case ast.Assign(targets=[ast.Name(id="package") as made], value=ast.Call(func=ast.Name(id="package_with"))):
                self.fitting.add(id(made))  # as the shipped tests make one with other numbers
            case ast.Attribute(value=ast.Name() as base):
                self.fitting.add(id(base))
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.Call(func=ast.Name(id="vars") as asked)]):
                self.fitting.add(id(asked))
            case ast.Assert(test=ast.Call(func=ast.Name(id="vars") as asked)):
                self.fitting.add(id(asked))
            case ast.Call(func=ast.Name(id="getattr") as asked, args=[_, ast.Constant(value="py_func"), *_]):
                self.fitting.add(id(asked))

    def why(self, node: ast.AST) -> str:
        """What is wrong with a node; empty for nothing."""
        if isinstance(node, REFUSED_NODES):
            return "" if id(node) in self.fitting else kind(node)
        if _is_self(node) or (isinstance(node, ast.Attribute) and id(node) in self.fitting):
            return "" if id(node) in self.fitting else "self for anything but what its class gives it"
        match node:
            case ast.Import(names=names):
                return next(filter(None, (self._imported(n.name, n, whole=True) for n in names)), "")
            case ast.ImportFrom(level=level, module=module, names=names):
                place = f"{'.' * level}{module or ''}"
                return next(filter(None, (self._imported(place, n) for n in names)), "")
            case ast.FunctionDef(name=name):
                return self._set(name) and f"a function of the name {name}"
            case ast.arg(arg=name) if name in FIXTURES:
                return f"the fixture {name}"
            case ast.arg(arg=name):
                return "" if name == "package" else self._set(name)
            case ast.Name(id=name, ctx=ast.Store()):
                return "" if id(node) in self.fitting else self._set(name)
            case ast.Name(id=name):
                return self._read(node, name)
            case ast.Attribute(attr=attr, ctx=ast.Store()):
                return f"the attribute {attr} is set"
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in self.modules:
                allowed = attr in MEMBERS.get(self.modules[name], ())
                return "" if allowed else f"{name}.{attr}"
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name in self.written:
                return f"the attribute {attr} of the function {name}"
            case ast.Attribute(value=ast.Attribute(attr="mark"), attr=attr):
                return "" if attr in MARKS else f"the mark {attr}"
            case ast.Attribute(attr=attr):
                return "" if attr in self.attributes | DUNDERS else f"the attribute {attr}"
        return ""

    @staticmethod
    def _imported(module: str, alias: ast.alias, *, whole: bool = False) -> str:
        """`whole`: the module itself, by `import`."""
        if module not in MEMBERS or (whole and ("." in module and not alias.asname)):
            return f"import {'of' if whole else 'from'} {module}"
        if not whole and alias.name not in MEMBERS[module]:
            return f"import of {alias.name} from {module}"
        if alias.asname and ALIASES.get(alias.name) != alias.asname:
            return f"an import under another name: {alias.asname}"
        return ""

    def _set(self, name: str) -> str:
        if MUST_NOT_BE_SET.fullmatch(name) or name in self.modules:
            return f"{name} is set"
        return f"{name} means something else already" if hasattr(builtins, name) or not name.isascii() else ""

    def _read(self, node: ast.AST, name: str) -> str:
        if name in self.modules:
            return "" if id(node) in self.fitting else f"the module {name} as a value"
        if name == "load" and id(node) not in self.fitting:
            return "load for anything but SOURCE"
        if name in BUILTINS | self.bound or (name in ("getattr", "vars") and id(node) in self.fitting):
            return ""
        return f"the name {name}"

"""What the syntax tree of a strategy's code may hold. Default deny: a kind of node without a rule here is refused.

Every name that is read must be bound in the file or stand on the list below, every attribute must be a field of a
record, a feature, a parameter or a function of `math`, and only functions can be called: no methods, so that no string,
no function object and no class has anything to offer. Annotations are code too (`typing.get_type_hints` runs them).
"""

from __future__ import annotations

import ast
import functools
import graphlib
import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import core
from core.kernel import DECISION, EVENT
from core.syntax import syntax_tree
from services.guardian.policy.text import Finding, words

BUILTINS: Final = words("abs bool enumerate float int len max min range round sum zip")
TYPES: Final = words("bool float int str tuple")
"""Names that an annotation may hold beside those of the file."""
MATH: Final = words(
    "acos asin atan atan2 ceil copysign cos cosh degrees e erf erfc exp expm1 fabs floor fmod hypot inf isfinite isinf "
    "isnan log log10 log1p log2 nan nextafter pi pow radians sin sinh sqrt tan tanh tau trunc ulp"
)
KERNEL: Final = words("ACTIONS BAR BUY HOLD NANOSECONDS QUOTE SELL TRADE Records Table kernel record_dtype")
TYPING: Final = frozenset({"Annotated", "Final", "NamedTuple"})
CALLED_AT_IMPORT: Final = frozenset({"Parameters", "Range", "edges", "float", "int", "max", "min", "record_dtype"})
MOST_TEXT: Final = 2000
MOST_INTEGER: Final = 2**63
RECORD_CODES: Final = frozenset({"i8", "f8"})

OPERATORS: Final = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod)
COMPARISONS: Final = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)


@functools.cache
def indicators() -> frozenset[str]:
    """The functions of `core.indicators`, read and not imported: it would bring Numba along."""
    tree = syntax_tree((Path(core.__file__).parent / "indicators.py").read_bytes())
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


class Package:
    """What the files of a strategy offer each other: the names that each binds, and the fields that records have."""

    def __init__(self, trees: Mapping[str, ast.Module]) -> None:
        self.exports = {file.removesuffix(".py"): set(bound(tree)) for file, tree in trees.items()}
        self.fields = {*(EVENT.names or ()), *(DECISION.names or ())}
        for tree in trees.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef):
                    self.fields |= {f.target.id for f in node.body if _is_field(f)}  # type: ignore[attr-defined]
                elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "record_dtype":
                    self.fields |= set(record_fields(node))
        self.fields = {name for name in self.fields if not name.startswith("_")}


def bound(tree: ast.Module) -> Iterator[str]:
    """The names that a file binds at its top, once for each time."""
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from (alias.asname or alias.name for alias in names)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def record_fields(call: ast.Call) -> Iterator[str]:
    """The field names that a call of `record_dtype` lists."""
    for node in ast.walk(call):
        if isinstance(node, ast.Tuple) and node.elts and isinstance(node.elts[0], ast.Constant):
            yield str(node.elts[0].value)


def findings(tree: ast.Module, package: Package) -> list[Finding]:
    """What is wrong with one file of the strategy."""
    checker = _Checker(tree, package)
    checker.check()
    return sorted(checker.found)


class _Checker:
    """One walk over one file."""

    def __init__(self, tree: ast.Module, package: Package) -> None:
        self.tree = tree
        self.package = package
        self.found: set[Finding] = set()
        self.top = set(bound(tree))
        self.functions = {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)}
        self.callable = set(self.functions)  # grows with the imports
        self.imported: set[str] = set()
        self.local: set[str] = set()
        self.inside = False  # a function
        self.expressions: dict[type[ast.AST], Callable[[Any], None]] = {
            ast.Attribute: self._attribute,
            ast.BinOp: self._binary,
            ast.BoolOp: lambda node: self._all(node.values),
            ast.Call: self._call,
            ast.Compare: self._compare,
            ast.Constant: self._constant,
            ast.IfExp: lambda node: self._all([node.test, node.body, node.orelse]),
            ast.List: self._list,
            ast.Name: self._name,
            ast.Subscript: self._subscript,
            ast.Tuple: self._tuple,
            ast.UnaryOp: self._unary,
        }
        self.statements: dict[type[ast.AST], Callable[[Any], None]] = {
            ast.AnnAssign: self._annotated,
            ast.Assign: self._assign,
            ast.AugAssign: self._augmented,
            ast.Break: lambda _node: None,
            ast.Continue: lambda _node: None,
            ast.Expr: self._bare,
            ast.For: self._for,
            ast.If: self._if,
            ast.Pass: lambda _node: None,
            ast.Return: lambda node: self._all([node.value] if node.value else []),
        }

    def refuse(self, node: ast.AST, why: str) -> None:
        self.found.add((getattr(node, "lineno", 1), why))

    def check(self) -> None:
        seen: set[str] = set()
        for name in bound(self.tree):
            if name in seen:
                self.refuse(self.tree, f"{name} is bound twice at the top of the file")
            seen.add(name)
        for place, node in enumerate(self.tree.body):
            self._top(node, place)

    # At the top of a file ---------------------------------------------------------------------------------------------

    def _top(self, node: ast.stmt, place: int) -> None:
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                if place and not isinstance(self.tree.body[place - 1], ast.Assign | ast.AnnAssign):
                    self.refuse(node, "a text that describes nothing")
                self._docstring(node)
            case ast.Import() | ast.ImportFrom():
                self._import(node)
            case ast.FunctionDef():
                self._binding(node, node.name)
                self._function(node)
            case ast.ClassDef():
                self._binding(node, node.name)
                self._class(node)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._binding(node, name)
                self._expression(value)
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=ast.expr() as value):
                self._binding(node, name)
                self._annotation(annotation)
                self._expression(value)
            case _:
                self.refuse(node, f"{_kind(node)} at the top of a file")

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.asname:
                self.refuse(node, f"an import under another name: {alias.asname}")
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name != "math":
                    self.refuse(node, f"import of {alias.name}")
            return
        offered = self._offered(node)
        for alias in node.names:
            if alias.name in offered:
                self.imported.add(alias.name)
                self.callable.add(alias.name)
            else:
                self.refuse(node, f"import of {alias.name} from {'.' * node.level}{node.module or ''}")

    def _offered(self, node: ast.ImportFrom) -> set[str] | frozenset[str]:
        if node.level == 1:
            names = self.package.exports.get(node.module or "", set())
            return {name for name in names if not name.startswith("_")}
        if node.level:
            return frozenset()
        known: dict[str | None, frozenset[str]] = {
            "__future__": frozenset({"annotations"}),
            "core.indicators": indicators(),
            "core.kernel": KERNEL,
            "core.levels": frozenset({"edges"}),
            "core.strategy": frozenset({"Range"}),
            "typing": TYPING,
        }
        return known.get(node.module, frozenset())

    def _binding(self, node: ast.AST, name: str) -> None:
        if not name.isascii() or name.startswith("_") or "__" in name:
            self.refuse(node, f"the name {name}")
        if name in BUILTINS | TYPES | TYPING or name in ("kernel", "math", "record_dtype", "Range"):
            self.refuse(node, f"{name} means something else already")

    def _class(self, node: ast.ClassDef) -> None:
        plain = len(node.bases) == 1 and isinstance(node.bases[0], ast.Name) and node.bases[0].id == "NamedTuple"
        if not plain or node.keywords or node.decorator_list or "NamedTuple" not in self.imported:
            self.refuse(node, f"the class {node.name} is no plain NamedTuple")
        for place, member in enumerate(node.body):
            if place == 0 and isinstance(member, ast.Expr) and isinstance(member.value, ast.Constant):
                self._docstring(member)
            elif isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name):
                if member.target.id.startswith("_") or not member.target.id.isascii():
                    self.refuse(member, f"the field {member.target.id}")
                self._annotation(member.annotation)
                if member.value is not None and _number(member.value) is None:
                    self.refuse(member, f"the default of {member.target.id} is no number")
            else:
                self.refuse(member, f"{_kind(member)} in the class {node.name}")

    def _function(self, node: ast.FunctionDef) -> None:
        decorators = [d.id if isinstance(d, ast.Name) else "" for d in node.decorator_list]
        if decorators != ["kernel"] or "kernel" not in self.imported:
            self.refuse(node, f"{node.name} is not decorated with @kernel alone")
        arguments = node.args
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
            self.refuse(node, f"{node.name} takes more than plain arguments")
        if arguments.defaults or arguments.kw_defaults:
            self.refuse(node, f"{node.name} has arguments with defaults")
        for argument in arguments.args:
            self._binding(argument, argument.arg)
            if argument.annotation is not None:
                self._annotation(argument.annotation)
        if node.returns is not None:
            self._annotation(node.returns)
        self.local = {argument.arg for argument in arguments.args} | stored(node)
        self.inside = True
        for place, statement in enumerate(node.body):
            if place == 0 and isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                self._docstring(statement)
            else:
                self._statement(statement)
        self.inside = False
        self.local = set()

    def _docstring(self, node: ast.Expr) -> None:
        value = node.value.value if isinstance(node.value, ast.Constant) else None
        if not isinstance(value, str) or len(value) > MOST_TEXT:
            self.refuse(node, f"a text of more than {MOST_TEXT:,} letters, or none")

    def _annotation(self, node: ast.expr) -> None:
        match node:
            case ast.Name(id=name):
                if name not in TYPES | self.top:
                    self.refuse(node, f"the type {name}")
            case ast.Constant(value=value) if value is None or value is ...:
                pass
            case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[kind, ast.Call() as called])):
                self._annotation(kind)
                self._range(called)
            case ast.Subscript(value=ast.Name(id="tuple" | "Final") as owner, slice=ast.Tuple(elts=parts)):
                self._annotation(owner)
                for part in parts:
                    self._annotation(part)
            case ast.Subscript(value=ast.Name(id="tuple" | "Final") as owner, slice=part):
                self._annotation(owner)
                self._annotation(part)
            case _:
                self.refuse(node, f"{_kind(node)} as a type")

    def _range(self, node: ast.Call) -> None:
        match node:
            case ast.Call(func=ast.Name(id="Range"), args=[low, high, ast.Constant(value=str(unit))], keywords=[]) if (
                _number(low) is not None and _number(high) is not None and len(unit) <= MOST_TEXT
            ):
                if "Range" not in self.imported:
                    self.refuse(node, "Range is not the one of core.strategy")
            case _:
                self.refuse(node, "a range is Range(low, high, unit) in plain numbers")

    # In functions -----------------------------------------------------------------------------------------------------

    def _statement(self, node: ast.stmt) -> None:
        rule = self.statements.get(type(node))
        if rule is None:
            self.refuse(node, _kind(node))
        else:
            rule(node)

    def _block(self, nodes: list[ast.stmt]) -> None:
        for node in nodes:
            self._statement(node)

    def _assign(self, node: ast.Assign) -> None:
        for target in node.targets:
            self._target(target)
        self._expression(node.value)

    def _annotated(self, node: ast.AnnAssign) -> None:
        self._target(node.target)
        self._annotation(node.annotation)
        if node.value is not None:
            self._expression(node.value)

    def _augmented(self, node: ast.AugAssign) -> None:
        self._target(node.target)
        if not isinstance(node.op, (*OPERATORS, ast.Pow)):
            self.refuse(node, f"the operator {_kind(node.op)}")
        self._expression(node.value)

    def _target(self, node: ast.expr) -> None:
        match node:
            case ast.Name(id=name):
                self._binding(node, name)
                if name in self.imported | self.functions or name == "P":
                    self.refuse(node, f"{name} means something else already")
            case ast.Tuple(elts=parts):
                for part in parts:
                    self._target(part)
            case ast.Attribute() | ast.Subscript():
                if _root(node) not in self.local:
                    self.refuse(node, "something is written outside of the function's own arguments")
                self._expression(node)
            case _:
                self.refuse(node, f"{_kind(node)} as the target of an assignment")

    def _bare(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self._call(node.value)
        else:
            self.refuse(node, "an expression that nothing comes of")

    def _for(self, node: ast.For) -> None:
        self._target(node.target)
        self._expression(node.iter)
        self._block(node.body)
        self._block(node.orelse)

    def _if(self, node: ast.If) -> None:
        self._expression(node.test)
        self._block(node.body)
        self._block(node.orelse)

    # Expressions ------------------------------------------------------------------------------------------------------

    def _expression(self, node: ast.expr) -> None:
        rule = self.expressions.get(type(node))
        if rule is None:
            self.refuse(node, _kind(node))
        else:
            rule(node)

    def _all(self, nodes: list[ast.expr]) -> None:
        for node in nodes:
            self._expression(node)

    def _name(self, node: ast.Name) -> None:
        if node.id not in self.local | self.top:
            self.refuse(node, f"the name {node.id}")
        elif node.id not in self.local and node.id in self.callable - {"P"} and self._is_function(node.id):
            self.refuse(node, f"{node.id} is a function, and can only be called")

    def _is_function(self, name: str) -> bool:
        return (
            name in self.functions or name in ("kernel", "record_dtype", "Range", "NamedTuple") or name in indicators()
        )

    def _attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name) and node.value.id == "math" and "math" not in self.local:
            if node.attr not in MATH or "math" not in self.top:
                self.refuse(node, f"math.{node.attr}")
            elif callable(getattr(math, node.attr)):
                self.refuse(node, f"math.{node.attr} is a function, and can only be called")
            return
        if node.attr not in self.package.fields:
            self.refuse(node, f"the attribute {node.attr}")
        match node.value:
            case ast.Name(id=name) if name in self.local or name == "P":
                self._name(node.value)
            case ast.Subscript():
                self._expression(node.value)
            case _:
                self.refuse(node, f"an attribute of what is no record: .{node.attr}")

    def _subscript(self, node: ast.Subscript) -> None:
        self._expression(node.value)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        self._all(parts)

    def _call(self, node: ast.Call) -> None:
        match node.func:
            case ast.Name(id=name):
                known = (name in BUILTINS and name not in self.top) or name in self.callable
                if not known or name in self.local:
                    self.refuse(node, f"a call of {name}")
                elif not self.inside and name not in CALLED_AT_IMPORT:
                    self.refuse(node, f"a call of {name} at the top of a file")
                elif self.inside and name in ("kernel", "record_dtype", "Range", "Parameters"):
                    self.refuse(node, f"a call of {name} in a function")
                elif name == "record_dtype":
                    self._record(node)
                    return
            case ast.Attribute(value=ast.Name(id="math"), attr=attr) if "math" in self.top - self.local:
                if attr not in MATH or not callable(getattr(math, attr)) or not self.inside:
                    self.refuse(node, f"a call of math.{attr}")
            case _:
                self.refuse(node, "a call of what is no function of this package")
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg not in self.package.fields:
                self.refuse(node, f"the keyword {keyword.arg or '**'}")
            self._expression(keyword.value)
        self._all(node.args)

    def _record(self, node: ast.Call) -> None:
        """`record_dtype([("name", "f8"), ("ring", "f8", (P.period,))])`, nothing else."""
        if len(node.args) != 1 or node.keywords or not isinstance(node.args[0], ast.List):
            self.refuse(node, "record_dtype takes one list of fields")
            return
        for field in node.args[0].elts:
            match field:
                case ast.Tuple(elts=[ast.Constant(value=str(name)), ast.Constant(value=str(code)), *shape]) if (
                    code in RECORD_CODES and name.isidentifier() and name.isascii() and name[0] != "_"
                ):
                    self._all(list(shape))
                case _:
                    self.refuse(field, "a field is a name, i8 or f8, and perhaps a shape")

    def _binary(self, node: ast.BinOp) -> None:
        allowed = (*OPERATORS, ast.Pow) if self.inside else OPERATORS
        if not isinstance(node.op, allowed):
            self.refuse(node, f"the operator {_kind(node.op)}")
        self._all([node.left, node.right])

    def _unary(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Invert):
            self.refuse(node, "the operator ~")
        self._expression(node.operand)

    def _compare(self, node: ast.Compare) -> None:
        for operator in node.ops:
            if not isinstance(operator, COMPARISONS):
                self.refuse(node, f"the comparison {_kind(operator)}")
        self._all([node.left, *node.comparators])

    def _constant(self, node: ast.Constant) -> None:
        if _number(node) is None and not isinstance(node.value, bool):
            self.refuse(node, f"a value of the kind {type(node.value).__name__}, or a number out of reach")

    def _tuple(self, node: ast.Tuple) -> None:
        for part in node.elts:
            self._expression(part.value if isinstance(part, ast.Starred) else part)

    def _list(self, node: ast.List) -> None:
        self.refuse(node, "a list; a kernel has tuples and its state")


def stored(function: ast.FunctionDef) -> set[str]:
    """The names that a function binds in its body."""
    return {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def endless(trees: Mapping[str, ast.Module]) -> Iterator[tuple[str, int, str]]:
    """Functions that call themselves, directly or over others: file, line and why.

    Without recursion, and with loops over finite ranges alone, every answer comes to an end. One that overflows the
    stack of a host is no exception that anybody can catch.
    """
    made: dict[tuple[str, str], ast.FunctionDef] = {}
    brought: dict[tuple[str, str], tuple[str, str]] = {}  # what a file imports from another of the package
    for file, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                made[file, node.name] = node
            elif isinstance(node, ast.ImportFrom) and node.level == 1:
                brought |= {(file, n.asname or n.name): (f"{node.module}.py", n.name) for n in node.names}

    def called(file: str, function: ast.FunctionDef) -> Iterator[tuple[str, str]]:
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                target, steps = (file, node.func.id), 0
                while target not in made and target in brought and steps < len(brought):
                    target, steps = brought[target], steps + 1
                if target in made:
                    yield target

    try:
        graphlib.TopologicalSorter({one: set(called(one[0], made[one])) for one in made}).prepare()
    except graphlib.CycleError as error:
        (file, name), *others = reversed(error.args[1][1:])
        over = f" over {', '.join(other for _, other in others)}" if others else ""
        yield file, made[file, name].lineno, f"{name} calls itself{over}"


def _is_field(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)


def _root(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _number(node: ast.expr) -> float | int | None:
    """The finite number that a literal is, with its sign; None for anything else."""
    sign = 1
    while isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        sign, node = (-sign if isinstance(node.op, ast.USub) else sign), node.operand
    if not isinstance(node, ast.Constant) or type(node.value) not in (int, float):
        return None
    value: float | int = node.value  # type: ignore[assignment]  # just looked
    return sign * value if abs(value) < MOST_INTEGER or (isinstance(value, float) and math.isfinite(value)) else None


def _kind(node: ast.AST) -> str:
    return type(node).__name__

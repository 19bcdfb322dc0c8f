"""What the body of a function may hold, and the expressions at the top of a file.

Every name that is read must be bound in the file or stand on a list, every attribute must be a field of a record, a
feature, a parameter or a function of `math`, and only functions can be called: no methods, so that no string, no
function object and no class has anything to offer.
"""

from __future__ import annotations

# ruff: noqa: N802 - the names of these methods are given by ast.NodeVisitor
import ast
import math
from typing import Final

from core.masking import FIRST_SEEN
from core.overrides import NAME as OVERRIDES
from services.guardian.policy.annotations import Annotation
from services.guardian.policy.package import MATH, indicators
from services.guardian.policy.place import BUILTINS, File, Place, kind, number

CALLED_AT_IMPORT: Final = frozenset({"Parameters", "Range", "edges", "float", "int", "max", "min", "record_dtype"})
RECORD_CODES: Final = frozenset({"i8", "f8"})
OPERATORS: Final = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod)
BOTH_ASKED: Final = (ast.BitAnd, ast.BitOr)
"""Between two answers: `(a > b) & (c > d)`, as it is written for whole tables."""
COMPARISONS: Final = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)


class Body(Place):
    """Statements in a function, and expressions anywhere."""

    def __init__(self, file: File) -> None:
        super().__init__(file)
        self.annotation = Annotation(file)
        self.target = Target(file, self)

    # Statements -------------------------------------------------------------------------------------------------------

    def visit_Break(self, node: ast.Break) -> None:
        """Allowed."""

    def visit_Continue(self, node: ast.Continue) -> None:
        """Allowed."""

    def visit_Pass(self, node: ast.Pass) -> None:
        """Allowed."""

    def visit_Return(self, node: ast.Return) -> None:
        self.visit_all([node.value] if node.value else [])

    def visit_Assign(self, node: ast.Assign) -> None:
        self.target.visit_all(node.targets)
        self.visit(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.target.visit(node.target)
        self.annotation.visit(node.annotation)
        self.visit_all([node.value] if node.value else [])

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        self.target.visit(node.target)
        if not isinstance(node.op, (*OPERATORS, ast.Pow, *BOTH_ASKED)):
            self.file.refuse(node, f"the operator {kind(node.op)}")
        self.visit(node.value)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            self.visit(node.value)
        else:
            self.file.refuse(node, "an expression that nothing comes of")

    def visit_For(self, node: ast.For) -> None:
        self.target.visit(node.target)
        self.visit_all([node.iter, *node.body, *node.orelse])

    def visit_If(self, node: ast.If) -> None:
        self.visit_all([node.test, *node.body, *node.orelse])

    # Expressions ------------------------------------------------------------------------------------------------------

    def visit_Constant(self, node: ast.Constant) -> None:
        if number(node) is None and not isinstance(node.value, bool):
            self.file.refuse(node, f"a value of the kind {type(node.value).__name__}, or a number out of reach")

    def visit_Name(self, node: ast.Name) -> None:
        file = self.file
        if node.id not in file.local | file.top or node.id == OVERRIDES:
            file.refuse(node, f"the name {node.id}")
        elif node.id not in file.local and node.id in file.callable - {"P"} and self._is_function(node.id):
            file.refuse(node, f"{node.id} is a function, and can only be called")

    def _is_function(self, name: str) -> bool:
        known = name in self.file.functions or name in ("kernel", "record_dtype", "Range", "NamedTuple")
        return known or name in indicators()

    def visit_Attribute(self, node: ast.Attribute) -> None:
        file = self.file
        if isinstance(node.value, ast.Name) and node.value.id == "math" and "math" not in file.local:
            if node.attr not in MATH or "math" not in file.top:
                file.refuse(node, f"math.{node.attr}")
            elif callable(getattr(math, node.attr)):
                file.refuse(node, f"math.{node.attr} is a function, and can only be called")
            return
        if node.attr not in file.package.fields or node.attr == FIRST_SEEN:
            file.refuse(node, f"the attribute {node.attr}")
        match node.value:
            case ast.Name(id=name) if name in file.local or name == "P":
                self.visit(node.value)
            case ast.Subscript():
                self.visit(node.value)
            case _:
                file.refuse(node, f"an attribute of what is no record: .{node.attr}")

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)
        self.visit_all(node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice])

    def visit_Tuple(self, node: ast.Tuple) -> None:
        self.visit_all(part.value if isinstance(part, ast.Starred) else part for part in node.elts)

    def visit_List(self, node: ast.List) -> None:
        self.file.refuse(node, "a list; a kernel has tuples and its state")

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        self.visit_all(node.values)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self.visit_all([node.test, node.body, node.orelse])

    def visit_BinOp(self, node: ast.BinOp) -> None:
        allowed = (*OPERATORS, ast.Pow, *BOTH_ASKED) if self.file.inside else OPERATORS
        if not isinstance(node.op, allowed):
            self.file.refuse(node, f"the operator {kind(node.op)}")
        self.visit_all([node.left, node.right])

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Invert):
            self.file.refuse(node, "the operator ~")
        self.visit(node.operand)

    def visit_Compare(self, node: ast.Compare) -> None:
        for operator in node.ops:
            if not isinstance(operator, COMPARISONS) and not (self.file.inside and _is_membership(node)):
                self.file.refuse(node, f"the comparison {kind(operator)}")
        self.visit_all([node.left, *node.comparators])

    # Calls ------------------------------------------------------------------------------------------------------------

    def visit_Call(self, node: ast.Call) -> None:
        file = self.file
        match node.func:
            case ast.Name(id=name):
                known = (name in BUILTINS and name not in file.top) or name in file.callable
                if not known or name in file.local:
                    file.refuse(node, f"a call of {name}")
                elif not file.inside and name not in CALLED_AT_IMPORT:
                    file.refuse(node, f"a call of {name} at the top of a file")
                elif file.inside and name in ("kernel", "record_dtype", "Range", "Parameters"):
                    file.refuse(node, f"a call of {name} in a function")
                elif name == "record_dtype":
                    self._record(node)
                    return
            case ast.Attribute(value=ast.Name(id="math"), attr=attr) if "math" in file.top - file.local:
                if attr not in MATH or not callable(getattr(math, attr)) or not file.inside:
                    file.refuse(node, f"a call of math.{attr}")
            case _:
                file.refuse(node, "a call of what is no function of this package")
        called = node.func.id if isinstance(node.func, ast.Name) else ""
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg not in file.package.fields | file.package.arguments.get(
                called, set()
            ):
                file.refuse(node, f"the keyword {keyword.arg or '**'}")
            self.visit(keyword.value)
        self.visit_all(node.args)

    def _record(self, node: ast.Call) -> None:
        """`record_dtype([("name", "f8"), ("ring", "f8", (P.period,))])`, nothing else."""
        if len(node.args) != 1 or node.keywords or not isinstance(node.args[0], ast.List):
            self.file.refuse(node, "record_dtype takes one list of fields")
            return
        for field in node.args[0].elts:
            match field:
                case ast.Tuple(elts=[ast.Constant(value=str(name)), ast.Constant(value=str(code)), *shape]) if (
                    code in RECORD_CODES and name.isidentifier() and name.isascii() and name[0] != "_"
                ):
                    self.visit_all(shape)
                case _:
                    self.file.refuse(field, "a field is a name, i8 or f8, and perhaps a shape")


class Target(Place):
    """What a function may write to: names of its own, and fields of its arguments."""

    where = " as the target of an assignment"

    def __init__(self, file: File, body: Body) -> None:
        super().__init__(file)
        self.body = body

    def visit_Name(self, node: ast.Name) -> None:
        self.file.check_name(node, node.id)
        if node.id in self.file.imported | self.file.functions or node.id == "P":
            self.file.refuse(node, f"{node.id} means something else already")

    def visit_Tuple(self, node: ast.Tuple) -> None:
        self.visit_all(node.elts)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._part(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self._part(node)

    def _part(self, node: ast.Attribute | ast.Subscript) -> None:
        if root(node) not in self.file.local:
            self.file.refuse(node, "something is written outside of the function's own arguments")
        self.body.visit(node)


def _is_membership(node: ast.Compare) -> bool:
    """Whether it asks if a value is among some that are written there: `f.weekday in (5, 6)`, `f.hour in range(8, 20)`.

    Only so is it known what the value is compared with.
    """
    match node:
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.Tuple(elts=[_, *_] as parts)]):
            return not any(isinstance(part, ast.Tuple | ast.Starred) for part in parts)
        case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[ast.Call(func=ast.Name(id="range"))]):
            return True
    return False


def root(node: ast.expr) -> str:
    """The name that a chain of attributes and subscripts begins with; empty for none."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""

"""What the syntax tree of a strategy's code may hold, from the top of each file. Default deny; see `place`."""

from __future__ import annotations

# ruff: noqa: N802 - the names of these methods are given by ast.NodeVisitor
import ast

from core.errors import StrategyError
from core.overrides import overrides_of
from services.guardian.policy.annotations import Annotation
from services.guardian.policy.body import Body
from services.guardian.policy.package import Package, names_bound
from services.guardian.policy.place import MOST_TEXT, File, Place, kind, number
from services.guardian.policy.text import Finding


def findings(tree: ast.Module, package: Package) -> list[Finding]:
    """What is wrong with one file of the strategy."""
    file = File(tree, package)
    Top(file).check()
    return sorted(file.found)


class Top(Place):
    """The top of a file: imports, functions that are kernels, plain named tuples, and constants."""

    where = " at the top of a file"

    def __init__(self, file: File) -> None:
        super().__init__(file)
        self.annotation = Annotation(file)
        self.body = Body(file)
        self.before: ast.stmt | None = None  # the statement before the one that is visited

    def check(self) -> None:
        """Walk over the whole file."""
        seen: set[str] = set()
        for name in names_bound(self.file.tree):
            if name in seen:
                self.file.refuse(self.file.tree, f"{name} is bound twice at the top of the file")
            seen.add(name)
        for node in self.file.tree.body:
            self.visit(node)
            self.before = node

    def visit_Expr(self, node: ast.Expr) -> None:
        if not (isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)):
            self.generic_visit(node)
            return
        if self.before and not isinstance(self.before, ast.Assign | ast.AnnAssign):
            self.file.refuse(node, "a text that describes nothing")
        self._docstring(node)

    def visit_Import(self, node: ast.Import) -> None:
        self._same_names(node)
        for alias in node.names:
            if alias.name != "math":
                self.file.refuse(node, f"import of {alias.name}")

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self._same_names(node)
        offered = self.file.package.offered(node)
        for alias in node.names:
            if alias.name in offered:
                self.file.imported.add(alias.name)
                self.file.callable.add(alias.name)
            else:
                self.file.refuse(node, f"import of {alias.name} from {'.' * node.level}{node.module or ''}")

    def _same_names(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            if alias.asname:
                self.file.refuse(node, f"an import under another name: {alias.asname}")

    def visit_Assign(self, node: ast.Assign) -> None:
        match node.targets:
            case [ast.Name(id="OVERRIDES")]:
                self._overrides(node)
            case [ast.Name(id=name)]:
                self.file.check_name(node, name)
                self.body.visit(node.value)
            case _:
                self.generic_visit(node)

    def _overrides(self, node: ast.Assign) -> None:
        """What pairs have of their own: texts and numbers beside the class that says what they are, read by nobody."""
        if "Parameters" not in self.file.functions:
            self.generic_visit(node)
        try:
            overrides_of(self.file.tree)
        except StrategyError as error:
            self.file.refuse(node, error.message.rstrip("."))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        match node:
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                self.file.check_name(node, name)
                self.annotation.visit(node.annotation)
                self.body.visit(value)
            case _:
                self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        file = self.file
        file.check_name(node, node.name)
        plain = len(node.bases) == 1 and isinstance(node.bases[0], ast.Name) and node.bases[0].id == "NamedTuple"
        if not plain or node.keywords or node.decorator_list or "NamedTuple" not in file.imported:
            file.refuse(node, f"the class {node.name} is no plain NamedTuple")
        for place, member in enumerate(node.body):
            match member:
                case ast.Expr(value=ast.Constant()) if place == 0:
                    self._docstring(member)
                case ast.AnnAssign(target=ast.Name(id=name)):
                    self._field(member, name)
                case _:
                    file.refuse(member, f"{kind(member)} in the class {node.name}")

    def _field(self, node: ast.AnnAssign, name: str) -> None:
        if name.startswith("_") or not name.isascii():
            self.file.refuse(node, f"the field {name}")
        self.annotation.visit(node.annotation)
        if node.value is not None and number(node.value) is None:
            self.file.refuse(node, f"the default of {name} is no number")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        file = self.file
        file.check_name(node, node.name)
        decorators = [d.id if isinstance(d, ast.Name) else "" for d in node.decorator_list]
        if decorators != ["kernel"] or "kernel" not in file.imported:
            file.refuse(node, f"{node.name} is not decorated with @kernel alone")
        self._arguments(node)
        if node.returns is not None:
            self.annotation.visit(node.returns)
        file.local = {argument.arg for argument in node.args.args} | names_bound_in(node)
        file.inside = True
        match node.body[0]:
            case ast.Expr(value=ast.Constant()) as first:
                self._docstring(first)
                self.body.visit_all(node.body[1:])
            case _:
                self.body.visit_all(node.body)
        file.inside = False
        file.local = set()

    def _arguments(self, node: ast.FunctionDef) -> None:
        arguments = node.args
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs or arguments.posonlyargs:
            self.file.refuse(node, f"{node.name} takes more than plain arguments")
        if arguments.defaults or arguments.kw_defaults:
            self.file.refuse(node, f"{node.name} has arguments with defaults")
        for argument in arguments.args:
            self.file.check_name(argument, argument.arg)
            if argument.annotation is not None:
                self.annotation.visit(argument.annotation)

    def _docstring(self, node: ast.Expr) -> None:
        value = node.value.value if isinstance(node.value, ast.Constant) else None
        if not isinstance(value, str) or len(value) > MOST_TEXT:
            self.file.refuse(node, f"a text of more than {MOST_TEXT:,} letters, or none")


def names_bound_in(function: ast.FunctionDef) -> set[str]:
    """The names that a function binds in its body."""
    return {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}

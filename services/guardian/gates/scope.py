"""Does the difference between parent and candidate do what the plan says, and nothing else?

Worked out from both trees and the plan alone, by other means than the editor's: what the plan permits is taken out of
both files, and the rest must be the same, line for line. What was put in must be what the plan asks for.
"""

from __future__ import annotations

import ast
import math
import re
import time
import tokenize
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from core.contracts import (
    AddFunction,
    AddIndicator,
    AddRule,
    Condition,
    DisableRule,
    EditPlan,
    EnableRule,
    GateReport,
    RemoveIndicator,
    RemoveRule,
    Rename,
    ReplaceFunction,
    SetParameter,
)
from core.errors import StrategyError
from core.symbols import PARAMETERS_FILE, RULES_FILE, STATE_FILE
from core.syntax import syntax_tree
from services.guardian.case import Case
from services.guardian.gates import upgrading
from services.guardian.gates.report import graded
from services.guardian.gates.upgrading import upgrade_of
from services.guardian.renames import new_names, unrenamed

NAME: Final = "scope"
CODE: Final = re.compile(r"[a-z_0-9]+\.py")
TEST: Final = re.compile(r"tests/test_[a-zA-Z0-9_-]+\.py")
GENERATED: Final = re.compile(r"tests/test_change_[a-zA-Z0-9_-]+\.py")
DIFF_PATH: Final = re.compile(r"^(?:---|\+\+\+) (?:[ab]/)?(.+?)\t?$", re.MULTILINE)
INDICATOR_FILES: Final = frozenset({PARAMETERS_FILE, STATE_FILE, "indicators.py"})
OPERATORS: Final = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
KINDS: Final = ("parameter", "rule", "function", "indicator")
ENDINGS: Final = ("is_as_set", "is_as_asked", "has_its_name", "answers")
"""How a generated test is called: `test_<kind>_<name>_<ending>`."""
ANSWERS: Final = {
    ("entry", "require"): "FORBID_ENTRY",
    ("entry", "forbid"): "FORBID_ENTRY",
    ("entry", "force"): "FORCE_ENTRY",
    ("exit", "require"): "FORBID_EXIT",
    ("exit", "forbid"): "FORBID_EXIT",
    ("exit", "force"): "FORCE_EXIT",
}

Files = Mapping[str, bytes]


def gate(case: Case) -> GateReport:
    """The diff against the plan; with no plan only where it may be."""
    started = time.perf_counter()
    old, new = case.parent.files, case.candidate.files
    changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    figures: dict[str, float | int | str | None] = {"files": len(changed), "changed": ", ".join(changed)}
    found = list(_outside(case.diff))
    try:
        if not changed:
            found.append("the candidate is its parent: nothing was changed")
        elif (operation := upgrade_of(case.plan)) is not None:
            found += upgrading.findings(operation, old, new)
        elif case.plan is None:
            figures["functions"] = ", ".join(_changed_functions(old, new, changed))
            found += _by_hand(changed)
        else:
            found += _Planned(case.plan, old, new).findings(changed)
    except (StrategyError, SyntaxError, ValueError, RecursionError, tokenize.TokenError) as error:
        found.append(f"a changed file cannot be read: {error}")
    return graded(NAME, started, found, figures)


def _outside(diff: str) -> Iterator[str]:
    for path in sorted(set(DIFF_PATH.findall(diff))):
        if not path.startswith("strategy/") and path != "/dev/null":
            yield f"{path}: outside of the strategy"


def _by_hand(changed: Sequence[str]) -> Iterator[str]:
    for file in changed:
        if not (CODE.fullmatch(file) or TEST.fullmatch(file)):
            yield f"{file}: not a file of the strategy's code or a new test"


def _changed_functions(old: Files, new: Files, changed: Sequence[str]) -> Iterator[str]:
    for file in changed:
        before, after = _top(old.get(file, b"")), _top(new.get(file, b""))
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name):
                yield f"{file}:{name}"


def _top(data: bytes) -> dict[str, str]:
    """The functions and classes of a file, each as its syntax tree in words."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name: ast.dump(node) for node in syntax_tree(data).body if isinstance(node, kinds)}


class _Planned:
    """One plan, as what each file may differ in."""

    def __init__(self, plan: EditPlan, old: Files, new: Files) -> None:
        self.operations = plan.operations
        self.renames = [op for op in self.operations if isinstance(op, Rename)]
        self.new_names = new_names(plan)
        self.old = {name: unrenamed(name, data, self.new_names) for name, data in old.items()}
        self.new = {name: unrenamed(name, data, self.new_names) for name, data in new.items()}
        self.raw_new = new
        self.raw_old = old
        self.values: dict[str, float | int] = {}
        self.entries: list[Callable[[list[str]], list[str]]] = []
        self.gone: set[str] = set()  # functions of rules.py
        self.made: set[str] = set()
        self.written: dict[str, str] = {}  # name -> source, in any file
        self.indicators: set[str] = set()
        self.subjects: set[str] = set()
        for operation in self.operations:
            self._take(operation)

    def _take(self, operation: object) -> None:
        match operation:
            case SetParameter(name=name, value=value):
                self.values[self._first(name)] = value
            case AddRule(name=name):
                self.made.add(self._first(name))
            case RemoveRule(name=name):
                first = self._first(name)
                if first in self.made:
                    self.made.discard(first)
                else:
                    self.gone.add(first)
            case AddFunction(name=name, source=source) | ReplaceFunction(name=name, source=source):
                self.written[self._first(name)] = source
            case AddIndicator(name=name) | RemoveIndicator(name=name):
                self.indicators.add(name)
        for field in ("name", "old", "new"):
            if isinstance(subject := getattr(operation, field, None), str):
                self.subjects |= {subject, self._first(subject)}

    def _first(self, name: str) -> str:
        """What a name was before the plan's renames."""
        return self.new_names.get(name, name)

    def findings(self, changed: Sequence[str]) -> Iterator[str]:
        """What the difference does beside or against the plan."""
        for op in self.renames:
            if any(op.new in _names_of(self.raw_old, op.what) for op in self.renames):
                yield f"{op.new} is in use already"
        allowed = self._places()
        for file in changed:
            if GENERATED.fullmatch(file):
                yield from self._generated(file)
            elif file not in self.raw_old or file not in self.raw_new:
                yield f"{file}: the plan neither makes nor removes files"
            elif self.renames and self.old[file] == self.new[file]:
                continue  # the new name stands where the old one stood, and nothing else differs
            elif file not in allowed:
                yield f"{file}: the plan does not change it"
        if self.values or PARAMETERS_FILE in changed:
            yield from self._parameters()
        if RULES_FILE in allowed or RULES_FILE in changed:
            yield from self._rules()
        yield from self._functions(changed)
        yield from self._indicators(changed)
        yield from self._renamed()

    def _places(self) -> set[str]:
        places = {PARAMETERS_FILE} if self.values else set()
        rules = (AddRule, RemoveRule, EnableRule, DisableRule)
        if any(isinstance(op, rules) for op in self.operations):
            places.add(RULES_FILE)
        for name in self.written:
            places |= {file for file, data in self.new.items() if CODE.fullmatch(file) and name in _top(data)}
        return places | (INDICATOR_FILES if self.indicators else set())

    # Parameters -------------------------------------------------------------------------------------------------------

    def _parameters(self) -> Iterator[str]:
        old, new = self.old[PARAMETERS_FILE], self.new.get(PARAMETERS_FILE, b"")
        if self.indicators:
            return
        old_rest, _ = _without_defaults(old, set(self.values))
        new_rest, found = _without_defaults(new, set(self.values))
        if old_rest != new_rest:
            yield f"{PARAMETERS_FILE}: more differs than the values that the plan sets"
        for name, value in self.values.items():
            if name not in found:
                yield f"{PARAMETERS_FILE}: there is no parameter {name}"
            elif not _same_number(found[name], value):
                yield f"{PARAMETERS_FILE}: {name} is {found[name]!r}, the plan says {value!r}"

    # Rules ------------------------------------------------------------------------------------------------------------

    def _rules(self) -> Iterator[str]:
        old, new = self.old[RULES_FILE], self.new.get(RULES_FILE, b"")
        loose = {*self.written}
        if _lines_without(old, {"verdicts", *self.gone, *loose}) != _lines_without(
            new, {"verdicts", *self.made, *loose}
        ):
            yield f"{RULES_FILE}: more differs than the rules that the plan names"
        before, after = _top(old), _top(new)
        yield from (f"{RULES_FILE}: the rule {name} was there already" for name in self.made if name in before)
        yield from (f"{RULES_FILE}: the rule {name} is still there" for name in self.gone if name in after)
        old_list, old_frame = _verdicts(old)
        new_list, new_frame = _verdicts(new)
        if old_frame != new_frame:
            yield f"{RULES_FILE}: verdicts does more than list rules"
        yield from self._listed(old_list, new_list, before)
        for op in self.operations:
            if isinstance(op, AddRule) and self._first(op.name) in self.made:
                yield from _check_rule(op, self._first(op.name), new)

    def _listed(self, old: list[str], new: list[str], before: Mapping[str, str]) -> Iterator[str]:
        added, removed = set(self.made), set(self.gone)
        for op in self.operations:
            match op:
                case EnableRule(name=name):
                    added.add(self._first(name))
                    removed.discard(self._first(name))
                case DisableRule(name=name):
                    removed.add(self._first(name))
                    added.discard(self._first(name))
                case AddFunction(name=name) if self._first(name) in new and name not in before:
                    added.add(self._first(name))  # a function of a rule's shape becomes one in force
        kept = [name for name in old if name not in removed]
        if [name for name in new if name not in added - set(old)] != kept:
            yield f"{RULES_FILE}: the list of rules in force differs in more than the plan says"
        if missing := sorted(name for name in added if new.count(name) != 1):
            yield f"{RULES_FILE}: not once on the list of rules in force: {', '.join(missing)}"

    # Functions that a model wrote -------------------------------------------------------------------------------------

    def _functions(self, changed: Sequence[str]) -> Iterator[str]:
        for name, source in self.written.items():
            wanted = [ast.dump(node) for node in syntax_tree(unrenamed("x.py", source.encode(), self.new_names)).body]
            there = {file: _top(data)[name] for file, data in self.new.items() if _is_code(file) and name in _top(data)}
            if len(wanted) != 1 or list(there.values()) != wanted:
                yield f"{name} is not, just once, the function that the plan gives"
        for file in changed:
            if _is_code(file) and file not in (RULES_FILE, PARAMETERS_FILE) and not self.indicators:
                names = set(self.written)
                if _lines_without(self.old.get(file, b""), names) != _lines_without(self.new.get(file, b""), names):
                    yield f"{file}: more differs than the functions that the plan writes"

    # Indicators -------------------------------------------------------------------------------------------------------

    def _indicators(self, changed: Sequence[str]) -> Iterator[str]:
        if not self.indicators:
            return
        removing = any(isinstance(op, RemoveIndicator) for op in self.operations)
        for file in (file for file in changed if file in INDICATOR_FILES):
            small, large = self.old[file], self.new.get(file, b"")
            if removing:
                small, large = large, small
            extra = _more_lines(_lines_without(small, set()), _lines_without(large, set()))
            if extra is None:
                yield f"{file}: lines differ that have nothing to do with the indicator"
            elif strange := [line for line in extra if not any(name in line for name in self.indicators)]:
                yield f"{file}: a line that does not speak of the indicator: {strange[0].strip()}"

    # Names and tests --------------------------------------------------------------------------------------------------

    def _renamed(self) -> Iterator[str]:
        for op in self.renames:
            names = _names_of(self.raw_new, op.what)
            if op.old in names or op.new not in names:
                yield f"the {op.what} {op.old} is not, everywhere, {op.new}"

    def _generated(self, file: str) -> Iterator[str]:
        """Of generated tests only those may come, go or change that speak of what the plan is about."""
        names = {f"test_{kind}_{subject}_{end}" for kind in KINDS for subject in self.subjects for end in ENDINGS}
        before, after = _top(self.raw_old.get(file, b"")), _top(self.raw_new.get(file, b""))
        for name in sorted({*before, *after}):
            if before.get(name) != after.get(name) and name not in names:
                yield f"{file}: {name} has nothing to do with the plan"
        rest = syntax_tree(self.raw_new.get(file, b"")).body
        allowed = (ast.FunctionDef, ast.Import, ast.ImportFrom)
        for place, node in enumerate(rest):
            if not isinstance(node, allowed) and not (place == 0 and _is_text(node)):
                yield f"{file}:{node.lineno}: something that is no test"


def _is_code(file: str) -> bool:
    return CODE.fullmatch(file) is not None


def _same_number(found: object, wanted: float | int) -> bool:
    return type(found) in (int, float) and found == wanted and math.isfinite(wanted)


def _without_defaults(data: bytes, names: set[str]) -> tuple[bytes, dict[str, object]]:
    """The file with the defaults of these parameters cut out, and what they were."""
    lines = data.splitlines(keepends=True)
    found: dict[str, object] = {}
    fields = [f for node in syntax_tree(data).body if isinstance(node, ast.ClassDef) for f in node.body]
    for field in reversed(fields):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and field.target.id in names:
            value = field.value
            if value is not None and value.lineno == value.end_lineno and field.target.id not in found:
                found[field.target.id] = ast.literal_eval(value)
                row = value.lineno - 1
                lines[row] = lines[row][: value.col_offset] + lines[row][value.end_col_offset :]
    return b"".join(lines), found


def _lines_without(data: bytes, functions: set[str]) -> list[str]:
    """The lines that say something, without those of these functions at the top of the file and their comments."""
    lines = data.decode().splitlines()
    for node in reversed(syntax_tree(data).body):
        if isinstance(node, ast.FunctionDef) and node.name in functions:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)]) - 1
            while first and lines[first - 1].lstrip().startswith("#"):
                first -= 1
            lines[first : node.end_lineno] = []
    return [line.rstrip() for line in lines if line.strip()]


def _verdicts(data: bytes) -> tuple[list[str], str]:
    """The rules in force in their order, and the rest of `verdicts` as a syntax tree in words."""
    for node in syntax_tree(data).body:
        if isinstance(node, ast.FunctionDef) and node.name == "verdicts" and isinstance(node.body[-1], ast.Return):
            returned = node.body[-1].value
            if isinstance(returned, ast.Tuple):
                calls = [ast.unparse(call) for call in returned.elts]
                strange = [call for call in calls if not re.fullmatch(r"\w+\(f\)", call)]
                if strange:
                    raise ValueError(f"verdicts lists {strange[0]}")
                returned.elts = []
                return [call.removesuffix("(f)") for call in calls], ast.dump(node)
    raise ValueError("rules.py has no function verdicts that returns a tuple")


def _check_rule(plan: AddRule, name: str, data: bytes) -> Iterator[str]:
    """Whether a new rule means what the plan says: `return A if condition else B`, the condition perhaps named."""
    function = next((n for n in syntax_tree(data).body if isinstance(n, ast.FunctionDef) and n.name == name), None)
    if function is None:
        yield f"{RULES_FILE}: there is no rule {name}"
        return
    answer = ANSWERS[plan.side, plan.effect]
    spoken, otherwise = ("ALLOW", answer) if plan.effect == "require" else (answer, "ALLOW")
    match [node for node in function.body if not _is_text(node)]:
        case [ast.Return(value=ast.IfExp(test=test, body=ast.Name(id=then), orelse=ast.Name(id=other)))]:
            pass
        case [
            ast.Assign(targets=[ast.Name(id=named)], value=test),
            ast.Return(value=ast.IfExp(test=ast.Name(id=asked), body=ast.Name(id=then), orelse=ast.Name(id=other))),
        ] if named == asked:
            pass
        case _:
            yield f"{RULES_FILE}: {name} is not written as one choice between two answers"
            return
    if (then, other) != (spoken, otherwise):
        yield f"{RULES_FILE}: {name} answers {then} or {other}, not {spoken} or {otherwise}"
    if _said(test) != _meant(plan.when):
        yield f"{RULES_FILE}: {name} looks at something else than the plan says: {ast.unparse(test)}"


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _said(node: ast.expr) -> object:
    """What a condition in code says, in the form of `_meant`; its own text when that is none of a plan's shapes."""
    match node:
        case ast.BoolOp(op=operator, values=values):
            return ("all" if isinstance(operator, ast.And) else "any", tuple(_said(value) for value in values))
        case ast.Compare(left=ast.Attribute(value=ast.Name(id="f"), attr=feature), ops=[op], comparators=[right]):
            return (feature, OPERATORS.get(type(op)), _right(right))
    return ast.unparse(node)


def _right(node: ast.expr) -> object:
    match node:
        case ast.Attribute(value=ast.Name(id="f"), attr=other):
            return (other, 1.0)
        case ast.BinOp(op=ast.Mult(), left=factor, right=ast.Attribute(value=ast.Name(id="f"), attr=other)):
            return (other, _literal(factor))
    return _literal(node)


def _literal(node: ast.expr) -> object:
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)
    return float(value) if type(value) in (int, float) else ast.unparse(node)


def _meant(condition: Condition) -> object:
    if condition.branches:
        return ("all" if condition.all else "any", tuple(_meant(branch) for branch in condition.branches))
    if condition.other is not None:
        factor = 1.0 if condition.factor is None else float(condition.factor)
        return (condition.feature, condition.op, (condition.other, factor))
    return (condition.feature, condition.op, None if condition.value is None else float(condition.value))


def _names_of(files: Files, what: str) -> set[str]:
    if what == "parameter":
        fields = [f for n in syntax_tree(files[PARAMETERS_FILE]).body if isinstance(n, ast.ClassDef) for f in n.body]
        return {f.target.id for f in fields if isinstance(f, ast.AnnAssign) and isinstance(f.target, ast.Name)}
    return set().union(*(set(_top(data)) for file, data in files.items() if _is_code(file)))


def _more_lines(small: list[str], large: list[str]) -> list[str] | None:
    """The lines of `large` that `small` lacks; None when `small` is not in it, in order."""
    extra, place = [], 0
    for line in large:
        if place < len(small) and small[place] == line:
            place += 1
        else:
            extra.append(line)
    return extra if place == len(small) else None

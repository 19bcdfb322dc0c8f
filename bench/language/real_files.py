"""Python files that nobody wrote for us: the editor's operations on the files of installed packages.

A file stands in for one of the strategy's: for signals.py, where a function is added, another one is rewritten and a
number is taken out, and for rules.py, where a function gets another name. What the strategy has at the top of such a
file (the decorator, the parameters, the list of rules) is written below it, and the decorator above the function that
is to be rewritten. They are chosen by the hash of their names, so that a second run takes the same ones.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import re
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.contracts import AddFunction, EditPlan, Extract, Operation, Rename, ReplaceFunction
from core.errors import StrategyError
from core.literals import literals
from core.strategy import Source
from services.editor import EditRefused
from services.editor.written import Written

SMALLEST: Final = 500
LARGEST: Final = 12_000
"""Bytes: a file with something in it, and one that is read in no time."""
NEEDED: Final = ("parameters.py", "state.py")
BELOW: Final = b"\n\nfrom core.kernel import kernel\n\nfrom .parameters import P\n"
LISTED: Final = b"\n\n@kernel\ndef verdicts(f):\n    return (\n        %s(f),\n    )\n"
ADDED: Final = "bench_added"
RENAMED: Final = "bench_renamed"
TAKEN_OUT: Final = "bench_number"
NAME: Final = re.compile(r"[a-z][a-z0-9_]{2,50}")


@dataclass(frozen=True, slots=True)
class Trial:
    """One operation on one file: the strategy before it, the file that stands in, and what has to be there after."""

    what: str
    file: str
    files: Mapping[str, bytes]
    plan: EditPlan
    untouched: tuple[bytes, bytes] | None  # the text before and behind; None where a name stands for another text
    instead: tuple[bytes, bytes] | None = None  # what stands there now, and what stood there


def chosen() -> Iterator[Path]:
    """The files, in an order that has nothing to do with what is in them."""
    folder = Path(sysconfig.get_paths()["purelib"])
    found = [path for path in folder.rglob("*.py") if SMALLEST <= path.stat().st_size <= LARGEST]
    names = {path: path.relative_to(folder).as_posix() for path in found if "__editable__" not in path.name}
    return iter(sorted(names, key=lambda path: hashlib.sha256(names[path].encode()).digest()))


def trials(data: bytes) -> list[Trial] | None:
    """One for each operation; None for a file without a function that could be rewritten, or without a number."""
    shipped = Source.shipped().files
    kept = {name: shipped[name] for name in NEEDED}
    try:
        tree = ast.parse(data)
        found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and _is_alone(node.name, tree)]
        rewritten = _rewritable(data, tree)
        if rewritten is None:
            return None
        decorated, replace, spans = rewritten
        helpers = {**kept, "rules.py": shipped["rules.py"], "signals.py": decorated}
        taken = {node.name for node in ast.parse(shipped["rules.py"]).body if isinstance(node, ast.FunctionDef)}
        numbers = literals(decorated)
    except (SyntaxError, ValueError, StrategyError, EditRefused):
        return None
    if not numbers or not found or taken & {node.name for node in found}:
        return None
    number = numbers[len(numbers) // 2]
    line = decorated.splitlines()[number.line - 1]
    text = line[number.start : number.end]
    name = found[len(found) // 2].name
    extract = Extract(
        number.function, number.value, TAKEN_OUT, number.value - 1, number.value + 1, "number", number.place
    )
    source = f'@kernel\ndef {ADDED}(x: float) -> float:\n    """Half of it."""\n    return 0.5 * x\n'
    rules = {**kept, "rules.py": data + BELOW + LISTED % name.encode(), "signals.py": shipped["signals.py"]}
    return [
        _trial("rename", "rules.py", rules, Rename("rule", name, RENAMED), (RENAMED.encode(), name.encode())),
        Trial("replace_function", "signals.py", helpers, EditPlan((replace,)), spans),
        Trial("add_function", "signals.py", helpers, EditPlan((AddFunction(ADDED, source),)), _last(decorated)),
        _trial("extract", "signals.py", helpers, extract, (f"P.{TAKEN_OUT}".encode(), text)),
    ]


def _is_alone(name: str, tree: ast.Module) -> bool:
    """Whether a name that a plan may give stands for one function of the file, and for nothing else."""
    if not NAME.fullmatch(name) or name in vars(builtins):
        return False
    functions, others = 0, 0
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=other) | ast.AsyncFunctionDef(name=other) | ast.ClassDef(name=other):
                functions += other == name
            case ast.arg(arg=other):
                others += other == name
            case ast.alias(name=other, asname=given):
                others += (given or other) == name
            case ast.Name(id=other, ctx=ast.Store() | ast.Del()):
                others += other == name
    return (functions, others) == (1, 0)


def _trial(what: str, file: str, files: Mapping[str, bytes], one: Operation, instead: tuple[bytes, bytes]) -> Trial:
    return Trial(what, file, files, EditPlan((one,)), None, instead)


def kept_bytes(trial: Trial, edited: bytes) -> bool:
    """Whether all is as it was but for what was asked."""
    original = trial.files[trial.file]
    if trial.instead is not None:
        now, was = trial.instead
        return re.sub(rb"\b%s\b" % re.escape(now), lambda _: was, edited) == original and edited != original
    assert trial.untouched is not None  # noqa: S101 - for the type checker; a trial has one of both
    before, behind = trial.untouched
    (operation,) = trial.plan.operations
    assert isinstance(operation, AddFunction | ReplaceFunction)  # noqa: S101 - for the type checker, likewise
    between = edited[len(before) : len(edited) - len(behind)].decode().splitlines()
    whole = edited.startswith(before) and edited.endswith(behind)
    wanted = [line.strip() for line in operation.source.splitlines()]  # a file may indent by two
    return whole and [line.strip() for line in between if line.strip()] == wanted


def _rewritable(data: bytes, tree: ast.Module) -> tuple[bytes, ReplaceFunction, tuple[bytes, bytes]] | None:
    """The file with the decorator above a function that a plan may rewrite, and what stands before and behind it."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and NAME.fullmatch(node.name) and not node.decorator_list:
            rows = data.splitlines(keepends=True)
            newline = b"\r\n" if rows[0].endswith(b"\r\n") else b"\n"
            end = _end(rows, node)
            text = b"@kernel" + newline + b"".join(rows[node.lineno - 1 : end])
            before, behind = b"".join(rows[: node.lineno - 1]), b"".join(rows[end:])
            decorated = before + text + behind + BELOW
            try:
                written = Written.read(node.name, text.decode())
                written.check_names({**_few(), "signals.py": decorated}, "signals.py")
            except (EditRefused, UnicodeDecodeError):
                continue
            head = f"@kernel\ndef {node.name}{written.signature}:"
            source = f'{head}\n    """Rewritten."""\n    return {(*written.arguments, "0")[0]}\n'
            return decorated, ReplaceFunction(node.name, source), (before, behind + BELOW)
    return None


def _few() -> dict[str, bytes]:
    shipped = Source.shipped().files
    return {name: shipped[name] for name in (*NEEDED, "rules.py")}


def _last(data: bytes) -> tuple[bytes, bytes]:
    """What stands before and behind the end of the last function."""
    rows = data.splitlines(keepends=True)
    ends = [_end(rows, node) for node in ast.parse(data).body if isinstance(node, ast.FunctionDef)]
    return b"".join(rows[: ends[-1]]), b"".join(rows[ends[-1] :])


def _end(rows: list[bytes], function: ast.FunctionDef) -> int:
    """The last line of a function, comments of its own below its last statement among it."""
    end = row = function.end_lineno or 0
    while row < len(rows) and (not rows[row].strip() or rows[row].startswith((b" ", b"\t"))):
        row += 1
        end = row if rows[row - 1].strip() else end
    return end

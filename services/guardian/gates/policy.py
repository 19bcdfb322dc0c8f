"""Is it written with what a strategy may be written with, in the bytes that will be loaded?"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from services.guardian.case import Case
from services.guardian.gates.upgrading import trusted
from services.guardian.grade import Grade
from services.guardian.policy import code, tests, text
from services.guardian.policy.package import Package
from services.guardian.policy.parameters import check_parameters
from services.guardian.policy.recursion import find_recursion
from services.guardian.policy.writes import find_writes

CODE_FILE: Final = re.compile(r"(__init__|(?!conftest\.|test_)[a-z][a-z0-9_]{0,59})\.py")
"""Not those that pytest runs by their name: a hook that answers for every test needs nothing that code may not have."""
CONFTEST: Final = "tests/conftest.py"
MOST_FILES: Final = 300


def gate(case: Case) -> Grade:
    """Every file of the candidate; of the tests only what is new, because the parent's are trusted."""
    files = case.candidate.files
    return Grade(tuple(findings(files, trusted(case).files)), figures={"files": len(files)})


def findings(files: Mapping[str, bytes], parent: Mapping[str, bytes]) -> Iterator[str]:
    """What is refused, as `file:line: why`."""
    if len(files) > MOST_FILES:
        yield f"{len(files)} files are more than {MOST_FILES}"
        return
    trees: dict[str, ast.Module] = {}
    for file, data in sorted(files.items()):
        if CODE_FILE.fullmatch(file):
            for line, why in text.findings(data):
                yield f"{file}:{line}: {why}"
            tree = text.parse(data)
            if isinstance(tree, ast.Module):
                trees[file] = tree
            else:
                yield f"{file}:{tree[0]}: {tree[1]}"
        elif not tests.FILE.fullmatch(file):
            yield f"{file!a}:1: a file that has no place in a strategy"
    package = Package(trees)
    spoken = tests.spoken_names(package, parent.get(CONFTEST, b""))
    for file in sorted(filter(tests.FILE.fullmatch, files)):
        yield from _new_in_tests(file, files[file], parent.get(file), spoken)
    for file, tree in trees.items():
        for line, why in code.findings(tree, package):
            yield f"{file}:{line}: {why}"
    for file, line, why in (*check_parameters(trees), *find_recursion(trees)):
        yield f"{file}:{line}: {why}"
    before = {(file, why, told) for file, _, why, told in _writes(parent)}  # an owner's tree goes on working
    for file, line, why, told in find_writes(files, trees):
        if (file, why, told) not in before:
            yield f"{file}:{line}: {why}"


def _writes(files: Mapping[str, bytes]) -> list[tuple[str, int, str, str]]:
    parsed = {file: text.parse(data) for file, data in files.items() if CODE_FILE.fullmatch(file)}
    trees = {file: tree for file, tree in parsed.items() if isinstance(tree, ast.Module)}
    return list(find_writes(files, trees))


def _new_in_tests(file: str, data: bytes, parent: bytes | None, spoken: frozenset[str]) -> Iterator[str]:
    if data == parent:
        return
    known = Counter(why for _, why in _in_tests(parent, spoken)) if parent is not None else Counter()
    for line, why in _in_tests(data, spoken):
        if known[why]:
            known[why] -= 1
        else:
            yield f"{file}:{line}: {why}"


def _in_tests(data: bytes, spoken: frozenset[str]) -> list[text.Finding]:
    tree = text.parse(data)
    found = list(text.findings(data))
    return [*found, *tests.findings(tree, spoken)] if isinstance(tree, ast.Module) else [*found, tree]

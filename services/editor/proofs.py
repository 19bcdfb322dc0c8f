"""The tests that changes write for themselves: `tests/test_change_<id>.py`, one file for a change.

A parameter's value and a rule's standing are claims. There is one claim for each thing, the latest: a change that says
otherwise takes the earlier claim away and notes in its own what stood before and by which change,

    \"\"\"Now 0.05; before, 0.03 (change 7), 0.02.\"\"\"

so that taking the change back restores the earlier test, and the number, as they were written. Files that a person has
edited are left as they are, but for a test that is no longer true.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Final

import libcst as cst

from core.syntax import syntax_tree
from services.editor.conditions import WIDTH
from services.editor.tree import parse

CHANGE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""What an id of a change looks like: it is a part of a file's name and of a ref."""
FILE: Final = re.compile(rf"tests/test_change_({CHANGE.pattern})\.py")
ENDINGS: Final = {
    "value": "is_as_set",
    "standing": "is_as_asked",
    "own": "is_as_asked",
    "name": "has_its_name",
    "behaviour": "answers",
    "crossing": "crosses",
}
NEVER: Final = "not there"
IN_FORCE: Final = "in force"
DISABLED: Final = "disabled"

HISTORY: Final = re.compile(r'"""Now (?P<now>[^;]+); before, (?P<before>.+)\."""')
PAST: Final = re.compile(r"(?P<value>.+?)(?: \(change (?P<change>[^)]+)\))?")

PROOF: Final = {
    "value": (
        "()",
        "    strategy = load(SOURCE)\n"
        '    low, high, _ = strategy.ranges["{name}"]\n'
        "    assert low <= strategy.parameters.{name} == {now} <= high",
    ),
    "own": (
        "()",
        "    strategy = load(SOURCE)\n"
        '    low, high, _ = strategy.ranges["{name}"]\n'
        '    assert low <= strategy.of("{pair}").parameters.{name} == {now} <= high',
    ),
    f"own {NEVER}": (
        "()",
        '    strategy = load(SOURCE)\n    assert strategy.of("{pair}").parameters.{name} == strategy.parameters.{name}',
    ),
    IN_FORCE: ("(package)", '    assert "{name}" in package.strategy.rule_names'),
    DISABLED: (
        "(package)",
        '    assert "{name}" in vars(package.rules)\n    assert "{name}" not in package.strategy.rule_names',
    ),
    NEVER: ("(package)", '    assert "{name}" not in vars(package.rules)'),
    f"indicator {IN_FORCE}": ("(package)", '    assert "WARM_{upper}" in vars(package.indicators)'),
    f"indicator {NEVER}": ("(package)", '    assert "WARM_{upper}" not in vars(package.indicators)'),
    f"parameter {IN_FORCE}": ("(package)", '    assert "{name}" in package.strategy.ranges'),
    f"parameter {NEVER}": ("(package)", '    assert "{name}" not in package.strategy.ranges'),
    "parameter": ("(package)", '    assert "{name}" in package.strategy.ranges'),
    "rule": ("(package)", '    assert "{name}" in vars(package.rules)'),
    "indicator": ("(package)", '    assert "WARM_{upper}" in vars(package.indicators)'),
}


@dataclass(frozen=True, slots=True)
class Thing:
    """What a claim is about."""

    kind: str  # parameter, rule, function or indicator
    name: str
    aspect: str  # value, own, standing, name, behaviour or crossing
    pair: str = ""  # whose own value it is

    @property
    def test(self) -> str:
        """The name of its test."""
        of_pair = f"_of_{self.pair.lower().replace('.', '_')}" if self.pair else ""
        return f"test_{self.kind}_{self.name}{of_pair}_{ENDINGS[self.aspect]}"


@dataclass(frozen=True, slots=True)
class Past:
    """What stood before, and the change that had said so; None when no change had."""

    value: str
    change: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """What a change says of a thing; what stood before is newest first."""

    change: str
    now: str
    before: tuple[Past, ...]


class Proofs:
    """The generated tests among a strategy's files, as one change sees and edits them."""

    def __init__(self, files: MutableMapping[str, bytes], change: str) -> None:
        self.files = files
        self.change = change

    # Claims -----------------------------------------------------------------------------------------------------------

    def claim(self, thing: Thing, now: str, was: str, body: str = "") -> None:
        """Say that `thing` is `now` in place of whatever was said of it; the test goes when this takes itself back.

        `body` is what the test asserts, with the `package` at hand, where PROOF has nothing for it.
        """
        found = self.find(thing)
        self.drop(thing)
        if found is None or found.now != was:  # nobody had said so, or a person has edited it since
            before: tuple[Past, ...] = (Past(was, None),)
        elif found.change == self.change:
            before = found.before
        else:
            before = (Past(found.now, found.change), *found.before)
        if before[0].value != now:
            self._put(self.change, thing, now, before, body)
        elif before[0].change is not None:
            self._put(before[0].change, thing, now, before[1:], body)

    def find(self, thing: Thing) -> Claim | None:
        """The claim in force, if any change made one."""
        for file in generated(self.files):
            for name, text in functions(self.files[file]).items():
                told = HISTORY.search(" ".join(text.split()))
                if name == thing.test and told:
                    pasts = [PAST.fullmatch(part) for part in told["before"].split(", ")]
                    before = tuple(Past(past["value"], past["change"]) for past in pasts if past)
                    return Claim(change_of(file), told["now"], before)
        return None

    def written_before(self, thing: Thing, value: float) -> str | None:
        """How the value was written when a parameter had it last."""
        found = self.find(thing)
        pasts = [past.value for past in found.before if past.value != NEVER] if found else []
        return next((text for text in pasts if float(text) == value), None)

    def _put(self, change: str, thing: Thing, now: str, before: tuple[Past, ...], body: str) -> None:
        told = ", ".join(past.value + (f" (change {past.change})" if past.change else "") for past in before)
        lines = textwrap.wrap(
            f'"""Now {now}; before, {told}."""',
            WIDTH,
            initial_indent="    ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        takes, filled = ("(package)", body) if body else _proof(thing, now)
        text = "\n".join([f"def {thing.test}{takes}:", *lines, filled])
        self.put(change, thing, text)

    # Tests ------------------------------------------------------------------------------------------------------------

    def put(self, change: str, thing: Thing, text: str) -> None:
        """A test in the file of that change."""
        file = f"tests/test_change_{change}.py"
        known = functions(self.files.get(file, b""))
        if file in self.files and render(change, known) != self.files[file]:
            self.files[file] = self.files[file].rstrip(b"\n") + b"\n\n\n" + text.encode() + b"\n"
        else:
            self.files[file] = render(change, {**known, thing.test: text})

    def drop(self, thing: Thing) -> None:
        """Take the tests of that name away, and a file that has no other."""
        for file in generated(self.files):
            known = functions(self.files[file])
            if thing.test not in known:
                continue
            left = {name: text for name, text in known.items() if name != thing.test}
            if render(change_of(file), known) != self.files[file]:
                self.files[file] = _without(file, self.files[file], thing.test)
            elif left:
                self.files[file] = render(change_of(file), left)
            else:
                del self.files[file]

    def behaviour(self, thing: Thing) -> str:
        """The change whose file a rule's behaviour belongs to: this one, unless it only brings back what it removed."""
        found = self.find(Thing(thing.kind, thing.name, "standing"))
        if found is None or found.change != self.change or found.now != NEVER:
            return self.change
        since = [past for past in found.before if past.value != NEVER]
        return (since[-1].change if since else None) or self.change


def _proof(thing: Thing, now: str) -> tuple[str, str]:
    """What a test of PROOF takes, and asserts."""
    standing = now if thing.kind == "rule" else f"{thing.kind} {now}"
    own = f"own {now}" if now == NEVER else "own"
    takes, body = PROOF[{"value": "value", "own": own, "standing": standing, "name": thing.kind}[thing.aspect]]
    return takes, body.format(name=thing.name, upper=thing.name.upper(), now=now, pair=thing.pair)


def generated(files: Mapping[str, bytes]) -> list[str]:
    """The files of tests that changes wrote."""
    return sorted(file for file in files if FILE.fullmatch(file))


def change_of(file: str) -> str:
    """The change that wrote it."""
    found = FILE.fullmatch(file)
    return found[1] if found else ""


def tests_of(files: Mapping[str, bytes], change: str) -> tuple[str, ...]:
    """The ids of a change's tests."""
    file = f"tests/test_change_{change}.py"
    return tuple(f"{file}::{name}" for name in functions(files.get(file, b"")))


def functions(data: bytes) -> dict[str, str]:
    """The test functions of a generated file, by name; none of one that a person has broken."""
    try:
        body = syntax_tree(data).body
        lines = [line.decode() for line in data.splitlines()]  # as Python counts them: no line ends at a form feed
    except (SyntaxError, ValueError):
        return {}
    found = (node for node in body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"))
    return {node.name: "\n".join(lines[node.lineno - 1 : node.end_lineno]) for node in found}


def render(change: str, tests: Mapping[str, str]) -> bytes:
    """A file of tests, its imports just what they need."""
    text = "\n\n\n".join(tests[name] for name in sorted(tests))
    header = [f'"""What change {change} said, for as long as no later change says otherwise."""']
    header.append("from __future__ import annotations")
    if "math." in text:
        header.append("import math")
    if "np." in text:
        header.append("import numpy as np")
    if "show(BAR" in text:
        header.append("from core.kernel import BAR")
    if "load(SOURCE)" in text:
        header += ["from core.strategy import load", "from .conftest import SOURCE"]
    return ("\n\n".join(header) + "\n\n\n" + text + "\n").encode()


def _without(file: str, data: bytes, test: str) -> bytes:
    module = parse(file, data)
    kept: Iterator[cst.CSTNode] = (
        node for node in module.body if not (isinstance(node, cst.FunctionDef) and node.name.value == test)
    )
    return module.with_changes(body=list(kept)).bytes

"""Do the tests of the parent, and those that the change brought, all pass: each of them, and no other?

Which tests there are is known before the candidate is looked at: the parent's own, as pytest finds them in the parent,
and the functions of the new files, as their syntax trees name them. Shipped tests and conftest come from the parent.
What the box answers must name exactly these tests; an exit code, a number of passes or a summary proves nothing.

Among them are a few of the judge's own, thrown anew for each run, of which some must fail: who turns every outcome into
a pass does not know which.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Final

import msgspec

from core.compiled.store import Store
from core.errors import StrategyError
from core.strategy import Source, git_tree_hash
from core.symbols import Symbols
from core.syntax import syntax_tree
from services.guardian.asserting import idle
from services.guardian.boxes.session import shown
from services.guardian.case import Case
from services.guardian.gates.upgrading import trusted
from services.guardian.grade import Grade
from services.guardian.renames import new_names, unrenamed
from services.guardian.tools import versions

FOLDER: Final = "tests/"
GENERATED: Final = re.compile(r"tests/test_change_[a-zA-Z0-9_-]+\.py")
TEST_FILE: Final = re.compile(r"tests/test_[a-zA-Z0-9_-]+\.py")
HOOKS: Final = re.compile(r"(^|/)conftest\.py$")
"""What pytest runs unasked, wherever it lies; only the parent's, among its tests, is trusted."""
ID: Final = re.compile(r"(?P<function>[^\[]+)(?:\[(?P<case>.*)\])?", re.DOTALL)
PASSED: Final = ["passed", "passed", "passed"]  # set up, call, tear down
FAILED: Final = ["passed", "failed", "passed"]
SKIPPED: Final = (["skipped", "passed"], ["passed", "skipped", "passed"])
FREE_OF: Final = 10
"""One assertion of so many may be missing."""
SKIP_REASON: Final = re.compile(r"the rule (\w+) (is not in force|decided)")


class Answer(msgspec.Struct):
    """What the box says came of its tests."""

    found: list[str]
    outcomes: dict[str, list[str]]
    texts: dict[str, str]
    code: int
    said: str
    asserted: dict[str, int] = {}


def gate(case: Case) -> Grade:
    """The whole set, without the compiler; what a test does compiled is the next gate's."""
    case = replace(case, parent=trusted(case))
    try:
        judged = compose(case)
        before = of_parent(case)
        expected = Expected.of(case, judged, before.found)
    except (StrategyError, SyntaxError, ValueError) as error:
        return Grade((f"the tests cannot be known: {error}",))
    if not expected.exact:
        return Grade.not_held("the parent has no tests")
    decoys = Decoys.throw()
    answer = ask_box(case, Source.of({**judged.files, decoys.file: decoys.text}), "tests.run")
    found = list(decoys.find_wrong(answer))
    decoys.take_out(answer)
    found += find_wrong(answer, expected)
    unexplained = [test for test in skipped_tests(answer) if not expected.may_skip(answer.texts.get(test, ""))]
    if unexplained:
        skipped = set(skipped_tests(ask_box(case, case.parent, "tests.run")))
        found += [f"{shown(test)}: skipped, and not in the parent" for test in unexplained if test not in skipped]
    fewer = find_fewer(answer, before, expected, shrunk=shrunk(case.parent, judged))
    found += fewer
    found += find_idle(answer, {name: data for name, data in judged.files.items() if name not in case.parent.files})
    figures = {
        "tests": len(answer.found),
        "asserted": sum(answer.asserted.values()),
        "added": expected.added,
        "skipped": len(list(skipped_tests(answer))),
    }
    return Grade(tuple(found), figures=figures)


def compose(case: Case) -> Source:
    """The candidate's code under trusted tests: the parent's, and those that changes wrote for themselves.

    Where the plan gives something a new name, a test file that differs in this name alone is the candidate's.
    """
    old, new, names = case.parent.files, case.candidate.files, new_names(case.plan)
    files = {name: data for name, data in new.items() if not (name.startswith(FOLDER) or HOOKS.search(name))}
    for name, data in old.items():
        if name.startswith(FOLDER) and not GENERATED.fullmatch(name):
            there = new.get(name, b"")
            files[name] = there if names and unrenamed(name, there, names) == unrenamed(name, data, names) else data
    fresh = (name for name in new if GENERATED.fullmatch(name) or (TEST_FILE.fullmatch(name) and name not in old))
    return Source.of(files | {name: new[name] for name in fresh})


class Ran(msgspec.Struct):
    """What came of the parent's tests: their ids, as pytest finds them, and the assertions that held in each."""

    found: list[str]
    asserted: dict[str, int]


def of_parent(case: Case) -> Ran:
    """The parent's tests, run once for each tree."""
    about = f"ran {git_tree_hash(case.parent.files)} {sorted(versions().items())}"
    store, key = Store("tests"), hashlib.sha256(about.encode()).hexdigest()
    if (known := store.read(key)) is not None:
        with contextlib.suppress(msgspec.MsgspecError):
            return msgspec.json.decode(known, type=Ran)
    answer = ask_box(case, case.parent, "tests.run")
    ran = Ran(answer.found, {test: count for test, count in answer.asserted.items() if passed(answer, test)})
    if answer.found and answer.code == 0:
        store.write(key, msgspec.json.encode(ran))
    return ran


def ask_box(case: Case, source: Source, task: str) -> Answer:
    """What a box with `source` in it answers to a task of `sandbox.tasks.tests`."""
    with closing(case.open_box(source, jit=False, room="tests")) as box:
        return box.ask(task, Answer, seconds=case.gate_seconds)


class Decoys:
    """A file of tests whose outcomes the judge has chosen."""

    def __init__(self, name: str, fails: list[bool]) -> None:
        self.file = f"tests/test_{name}.py"
        self.outcomes = {f"{self.file}::test_{name}_{i}": failed for i, failed in enumerate(fails)}
        bodies = [f"def test_{name}_{i}():\n    assert {not failed}\n" for i, failed in enumerate(fails)]
        self.text = "\n\n".join(bodies).encode()

    @classmethod
    def throw(cls) -> Decoys:
        """Some that pass and some that fail, in an order that nobody knows beforehand."""
        fails = [True, False, *(secrets.randbelow(2) == 1 for _ in range(6))]
        secrets.SystemRandom().shuffle(fails)
        return cls(secrets.token_hex(6), fails)

    def find_wrong(self, answer: Answer) -> Iterator[str]:
        """Whether their outcomes are not the chosen ones."""
        told = {test: answer.outcomes.get(test) for test in self.outcomes}
        if told != {test: FAILED if fails else PASSED for test, fails in self.outcomes.items()}:
            yield "the outcomes of the judge's own tests are not what they must be: the box cannot be believed"

    def take_out(self, answer: Answer) -> None:
        """Leave the answer as it would be without them."""
        answer.found = [test for test in answer.found if test not in self.outcomes]
        for test in self.outcomes:
            answer.outcomes.pop(test, None)
            answer.asserted.pop(test, None)


class Expected:
    """What the box must name: these ids, and of some functions cases that only pytest can name."""

    def __init__(
        self,
        exact: set[str],
        open_ended: set[str],
        added: int,
        gone: set[str],
        came: set[str],
        names: Mapping[str, str],
    ) -> None:
        self.names = names  # that the plan gave anew
        self.exact = exact
        self.open_ended = open_ended  # functions with cases of their own making
        self.added = added
        self.gone = gone  # rules that were in force in the parent
        self.came = came  # rules that are in force now only

    @classmethod
    def of(cls, case: Case, judged: Source, parent_ids: list[str]) -> Expected:
        """From the parent's ids and the syntax trees of both."""
        before, after, names = Symbols.of(case.parent.files), Symbols.of(judged.files), new_names(case.plan)
        shipped = [test for test in parent_ids if not GENERATED.fullmatch(_file(test))]
        exact = {as_before(test, names) for test in _for_names(shipped, before, after)}
        own = {name for name in judged.files if TEST_FILE.fullmatch(name)} - {_file(test) for test in shipped}
        open_ended: set[str] = set()
        for file in sorted(own):
            for function, cases in test_functions(judged.files[file]):
                (open_ended if cases else exact).add(f"{file}::{function}")
        old, new = ({name for name, rule in s.rules.items() if rule.enabled} for s in (before, after))
        added = sum(_file(test) in own for test in exact | open_ended)
        exact |= {test for test in case.added_tests if "[" not in test and test not in open_ended}
        return cls(exact, open_ended, added, old - new, new - old, names)

    def may_skip(self, text: str) -> bool:
        """Whether a test skipped for a rule that this very change took out of force or brought."""
        found = SKIP_REASON.search(text)
        return found is not None and found[1] in (self.gone if found[2] == "is not in force" else self.came)


def find_wrong(answer: Answer, expected: Expected) -> Iterator[str]:
    """Every test that is missing, strange, or did not pass."""
    if len(answer.found) != len({as_before(test, expected.names) for test in answer.found}):
        yield "a test was found twice"
    found = {as_before(test, expected.names) for test in answer.found}
    stray = {test for test in found - expected.exact if test.partition("[")[0] not in expected.open_ended}
    stray |= answer.outcomes.keys() - set(answer.found)
    yield from (f"{shown(test)}: expected, and not found" for test in sorted(expected.exact - found))
    yield from (f"{shown(test)}: nobody knows this test" for test in sorted(stray))
    for function in sorted(expected.open_ended):
        if not any(test.startswith(f"{function}[") for test in found):
            yield f"{function}: no case of it was found"
    for test in answer.found:
        outcomes = answer.outcomes.get(test, [])
        if outcomes != PASSED and outcomes not in SKIPPED:
            told = answer.texts.get(test, "").strip().splitlines()
            yield f"{shown(test)}: {', '.join(outcomes) or 'not run'}{': ' + shown(told[-1]) if told else ''}"


def find_fewer(answer: Answer, before: Ran, expected: Expected, *, shrunk: bool) -> Iterator[str]:
    """Tests that passed with fewer assertions than in the parent: what turned them into less is not looked for.

    Where the candidate has fewer rules, parameters or features, a test that goes through these has less to do; and
    Hypothesis may need an example less.
    """
    now = {as_before(test, expected.names): count for test, count in answer.asserted.items()}
    for test in answer.found:
        then = before.asserted.get(as_before(test, expected.names), 0)
        least = min(then, 1) if shrunk else then - then // FREE_OF
        held = now.get(as_before(test, expected.names), 0)
        if passed(answer, test) and held < least:
            yield f"{shown(test)}: {held:,} assertions held in it, {then:,} in the parent"


def find_idle(answer: Answer, new: Mapping[str, bytes]) -> Iterator[str]:
    """Tests of `new` files that could not fail."""
    held = {test: answer.asserted.get(test, 0) for test in answer.found if passed(answer, test)}
    for test in idle({name: data for name, data in new.items() if TEST_FILE.fullmatch(name)}, held):
        yield f"{test}: it asserts nothing that could be otherwise"


def shrunk(parent: Source, candidate: Source) -> bool:
    """Whether there is less that tests may go through."""
    before, after = (Symbols.of(source.files) for source in (parent, candidate))
    pairs = [(_enabled(before), _enabled(after)), (before.parameters, after.parameters)]
    return any(len(old) > len(new) for old, new in [*pairs, (before.features, after.features)])


def passed(answer: Answer, test: str) -> bool:
    """Whether a test ran and passed."""
    return answer.outcomes.get(test) == PASSED


def skipped_tests(answer: Answer) -> Iterator[str]:
    """The tests that were skipped."""
    return (test for test, outcomes in answer.outcomes.items() if outcomes in SKIPPED)


def test_functions(data: bytes) -> Iterator[tuple[str, bool]]:
    """The tests of a file as pytest names them, and whether each has cases of its own (`parametrize`)."""
    for node in syntax_tree(data).body:
        yield from _tests_in(node, "")


def _tests_in(node: ast.stmt, of_class: str) -> Iterator[tuple[str, bool]]:
    if isinstance(node, ast.ClassDef) and not of_class:
        for part in node.body:
            yield from _tests_in(part, f"{node.name}::")
    elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
        cases = any("parametrize" in ast.unparse(decorator) for decorator in node.decorator_list)
        yield f"{of_class}{node.name}", cases


def _file(test: str) -> str:
    return test.partition("::")[0]


def _for_names(tests: list[str], before: Symbols, after: Symbols) -> Iterator[str]:
    """The ids, where a test with one case for each parameter, rule or feature has one for each of those of now."""
    cases: dict[str, list[str]] = {}
    for test in tests:
        match = ID.fullmatch(test)
        cases.setdefault(match["function"] if match else test, []).append(match["case"] or "" if match else "")
    kinds: list[tuple[Mapping[str, object] | tuple[str, ...], Mapping[str, object] | tuple[str, ...]]] = [
        (before.parameters, after.parameters),
        (before.features, after.features),
        (_enabled(before), _enabled(after)),
    ]
    for function, names in cases.items():
        now = next((list(new) for old, new in kinds if set(names) == set(old)), names)
        yield from (f"{function}[{name}]" if name else function for name in now)


def _enabled(symbols: Symbols) -> tuple[str, ...]:
    return tuple(name for name, rule in symbols.rules.items() if rule.enabled)


def as_before(test: str, names: Mapping[str, str]) -> str:
    """The id with the plan's new names put back, in its case, which is the form that ids are compared in.

    Not the other way round: one name may be a parameter's, which has a new one, and a rule's, which has not.
    """
    function, bracket, case = test.partition("[")
    for new, old in names.items():
        case = re.sub(rf"(?<![a-z0-9_]){re.escape(new)}(?![a-z0-9_])", old, case)
    return function + bracket + case

"""Every kind of finding is said in the owner's language, with why it matters and what to write instead."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace

import pytest

from core.contracts import Language
from core.retelling import retold
from services.guardian.advice import WORDING, advice
from services.guardian.answers import Prepared
from services.guardian.gates import GATES
from services.guardian.gates import compile as compile_gate
from services.guardian.gates.compile import INLINED_HINT, inlined_at
from services.guardian.gates.policy import findings
from tests.core.test_retelling import sample
from tests.guardian.conftest import SHIPPED, appended, case_of, changed
from tests.guardian.test_policy import AT_THE_TOP, IN_A_FUNCTION, KERNEL

ROOM = Path(__file__).parents[2] / "services" / "guardian"
SAYS = ("allowed.py", "bounds", "branches", "fuzz.py", "gates", "known", "play.py", "policy", "relations", "scope")
SAYS_TOO = ("side.py", "trial.py", "upgrading.py", "work")
IS_CODE = ("scope/memory.py", "scope/pieces.py", "scope/sentences.py")
"""What a plan's indicators are made of, and what docstrings are looked through for: compared, and never said."""
OF_ITSELF = {
    "is not in force": "what strategy/tests say when they skip",
    "at the top of a file": "the second half of a finding; the whole is looked for below",
    "as a type": "likewise",
    "as the target of an assignment": "likewise",
    "<x> calls itself<x>": "two sentences, both looked for below",
    "def test_<x>_<x>():\n    assert <x>": "a test of the judge's own",
    "sorte work 1": "a seed",
    "<x> (guardian.most_steps)": "a number, and the setting that it is",
    "<x> (guardian.most_state_kb)": "likewise",
    "NRT required": "words of Numba, which are looked for",
    "after <x> bars": "the end of what a finding names, which is looked for with its beginning",
}
NOT_SAID = ("compile", "debug", "error", "exception", "fullmatch", "info", "search", "split", "warning", "words")
"""What these are called with is no sentence."""


def sentences_in(file: Path) -> Iterator[tuple[int, str]]:
    """Each text of more than one word that is no docstring, with <x> for what is filled in."""
    tree = ast.parse(file.read_bytes())
    quiet: set[ast.AST] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant() as text):
                quiet.add(text)
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in NOT_SAID:
                quiet |= set(ast.walk(node))
            case ast.JoinedStr():
                quiet |= set(ast.walk(node)) - {node}
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and node not in quiet:
            text = re.sub(r"\{[^}]*\}", "<x>", sample(node)).strip()
            if " " in text and "(?m)" not in text and len(re.findall(r"[A-Za-z]{2,}", text.replace("<x>", ""))) > 1:
                yield node.lineno, text


def files() -> Iterator[Path]:
    for name in (*SAYS, *SAYS_TOO):
        place = ROOM / name
        yield from sorted(place.rglob("*.py")) if place.is_dir() else [place] if place.exists() else []


def test_whatever_a_gate_may_say_is_said_in_portuguese_too() -> None:
    said = [
        (file.relative_to(ROOM), line, text)
        for file in files()
        if not str(file.relative_to(ROOM)).startswith(IS_CODE)
        for line, text in sentences_in(file)
    ]
    assert len(said) > 150
    missing = [f"{file}:{line}: {text}" for file, line, text in said if text not in OF_ITSELF and not known(text)]
    assert not missing, "\n".join(["write these into services/guardian/texts.toml, under retold:", *missing])


def known(text: str) -> bool:
    return retold(text, Language.PT) != text


@pytest.mark.parametrize("gate", GATES)
def test_of_each_gate_there_is_something_to_say_even_of_what_nobody_has_seen_yet(gate: str) -> None:
    told = [advice("It is what it is.", language, gate) for language in Language]
    assert all(len(text) > 40 for text in told)
    assert len(set(told)) == len(Language)


def test_what_policy_and_bounds_refuse_is_said_whole() -> None:
    sources = [appended("rules.py", KERNEL.format(body)) for body in IN_A_FUNCTION.values()]
    sources += [appended("rules.py", f"\n\n{text}\n") for text in AT_THE_TOP.values()]
    found = {finding for source in sources for finding in findings(source.files, SHIPPED.files)}
    assert len(found) > 60
    alike = {finding for finding in found if not known(finding.partition(": ")[2])}
    assert {finding.partition(": ")[2] for finding in alike} <= {"math.pi"}, alike


def test_a_text_of_advice_is_there_in_both_languages_and_says_what_to_do() -> None:
    for name, texts in WORDING.texts.items():
        if name.startswith("advice."):
            assert set(texts) == set(Language), name
            assert all(text.count(". ") >= 1 and text.endswith(".") for text in texts.values()), name


def test_a_condition_inside_of_a_call_is_told_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    was = "        rsi=rsi(s.average_gain, s.average_loss),"
    source = changed(indicators=(was, f"{was[:-1]} if s.bars > 1 else 50.0,"))
    line = source.files["indicators.py"].decode().splitlines().index(f"{was[:-1]} if s.bars > 1 else 50.0,") + 1
    assert inlined_at(source) == f"indicators.py:{line}: "
    assert inlined_at(SHIPPED) == ""
    ready: Future[Prepared] = Future()
    ready.set_result(Prepared("", "Unsupported: CALL_FUNCTION_EX with **kwargs"))
    side = SimpleNamespace(ready=ready, prepare_seconds=1.0)
    monkeypatch.setattr(compile_gate, "trial_of", lambda _case: SimpleNamespace(candidate=side, plain=side))
    (finding,) = compile_gate.gate(case_of(source)).refusals
    assert finding == f"indicators.py:{line}: {INLINED_HINT}"
    told = advice(finding, Language.EN, "compile")
    assert "on a line of its own" in told


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ("rules.py:76: a call of any", "or and and"),
        ("rules.py:76: a comprehension", "with a for"),
        ("rules.py:77: a while loop", "for i in range(n)"),
        ("rules.py:76: a lambda", "with @kernel"),
        ("rules.py:76: the comparison Is", "up for up is True"),
        ("rules.py:76: the comparison In", "in (5, 6)"),
        ("rules.py:76: a call of print", "Only of the strategy's own functions"),
    ],
)
def test_ordinary_python_that_no_kernel_may_hold_is_told_with_what_to_write(found: str, told: str) -> None:
    assert told in advice(found, Language.EN, "policy")


def test_a_class_of_tests_that_is_no_plain_one_is_told_to_become_one_or_functions() -> None:
    source = changed(
        {"tests/test_more.py": "class TestStop(int):\n    def test_it(self, package):\n        assert package\n"}
    )
    (found,) = findings(source.files, SHIPPED.files)
    assert "def test_name(package)" in advice(found, Language.EN, "policy")
    assert known(found)

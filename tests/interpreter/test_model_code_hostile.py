"""Hostile answers to a request for code are refused with a reason, whatever server gave them; the rest is harmless."""

from __future__ import annotations

import ast
import random
from collections.abc import Mapping
from typing import Any

from core.contracts import (
    AddFunction,
    Language,
    Status,
)
from services.interpreter.model.writing.asking import written
from services.interpreter.model.writing.vetted import Vetted
from tests.interpreter.code_models import (
    BANDS,
    NARROW,
    SYMBOLS,
    Model,
    Unchecked,
    asked_back,
    code_for,
    rewrite,
    rule,
)

SPIN = ["    while f.price > 0.0:", "        x = f.rsi", "    return ALLOW"]
HOSTILE: Mapping[str, tuple[dict[str, Any], str]] = {
    "an import": (rule("    import os", NARROW), "statement"),
    "exec": (rule('    exec("1")', NARROW), "statement"),
    "a call of a stranger": (rule("    x = open(f.price, f.price)", NARROW), "call"),
    "a call of eval": (rule("    x = eval(f.price)", NARROW), "call"),
    "a huge loop": (rule("    for i in range(10 ** 9):", "        x = i", NARROW), "statement"),
    "a loop without an end": (rule(*SPIN), "statement"),
    "a power": (rule("    x = 9 ** 9 ** 9", NARROW), "part"),
    "a text": (rule('    x = "a"', NARROW), "part"),
    "a lambda": (rule("    x = lambda: f.price", NARROW), "part"),
    "a comprehension": (rule("    x = [f.price for i in (1, 2)]", NARROW), "part"),
    "a walrus": (rule("    x = (y := f.price)", NARROW), "part"),
    "a dunder": (rule("    x = f.__class__", NARROW), "stranger"),
    "an attribute of an attribute": (rule("    x = f.price.real", NARROW), "stranger"),
    "a write into the market": (rule("    f.price = 1.0", NARROW), "statement"),
    "a function in it": (rule("    def g(): return 1", NARROW), "statement"),
    "another function behind it": (rule(NARROW, "@kernel", "def decide(f):", "    return ALLOW"), "no_python"),
    "a second function on the margin": (rule(NARROW, "x = 1"), "no_python"),
    "no Python": (rule("    return return", NARROW), "no_python"),
    "a null byte": (rule("    x = 1\0", NARROW), "no_python"),
    "an endless source": (rule(*["    x = f.price"] * 5000, NARROW), "too_large"),
    "a deep source": (rule("    x = " + "-" * 900 + "f.price", NARROW), "too_large"),
    "a name that is taken": (rule(NARROW, name="cooldown"), "name_taken"),
    "decide": (rewrite("decide", NARROW), "no_target"),
    "decide as a new rule": (rule(NARROW, name="decide"), "name_taken"),
    "verdicts": (rewrite("verdicts", NARROW), "no_target"),
    "a function that nobody named": (rewrite("stop_loss", "    return ALLOW"), "no_target"),
    "a name that is none": (rule(NARROW, name="x; import os"), "name_taken"),
    "a name like a keyword": (rule(NARROW, name="import"), "no_python"),
    "a parameter overwritten": (rule("    P = 1", NARROW), "name_taken"),
    "a side that was not said": (rule(NARROW.replace("FORBID_ENTRY", "FORCE_EXIT")), "stranger"),
    "an effect that was not said": (rule(NARROW.replace("FORBID_ENTRY", "FORCE_ENTRY")), "stranger"),
    "an answer whatever the market": (rule("    return FORBID_ENTRY"), "always_the_same"),
    "an answer that is a number": (rule("    return 1 if f.price > 0 else ALLOW"), "no_verdict"),
    "no answer": (rule("    x = f.price"), "no_answer"),
    "a name without a value": (rule("    if f.price > 1:", "        x = 1", "    y = x", NARROW), "unset"),
    "a division by what may be nothing": (rule("    x = f.price / f.atr", NARROW), "division"),
    "a division by nothing": (rule("    x = f.price / 0", NARROW), "division"),
    "a number left out": (rule(NARROW.replace("0.02", "0.03")), "number_left_out"),
    "a name left out": (rule("    return FORBID_ENTRY if 0.02 * f.price > 3 else ALLOW"), "name_left_out"),
    "an infinite number": (rule(NARROW.replace("0.02", "1e999")), "part"),
    "a number for a condition": (rule("    if f.price:", "        return ALLOW", NARROW), "no_truth"),
    "a condition for a number": (rule("    x = f.price > 1", NARROW), "no_number"),
    "an answer for a number": (rule("    x = FORBID_ENTRY", NARROW), "no_verdict"),
    "a sum with a condition": (rule("    x = 1 + (f.price > 1)", NARROW), "no_number"),
    "truth as a number": (rule(NARROW.replace("0.02", "True")), "part"),
}


def test_hostile_answers_are_refused_with_a_reason_even_from_a_server_that_ignores_the_schema() -> None:
    wrong = []
    for case, (answer, reason) in HOSTILE.items():
        meant = code_for(BANDS, Unchecked(answer, answer))
        told = meant.question or ""
        if meant.offers or "foi recusado" not in told or not _is_reason(reason, told):
            wrong.append(f"{case}: {told}")
        if code_for(BANDS, Model(answer, answer)).offers:
            wrong.append(f"{case}: it was offered from a server that the chain checks")
    assert wrong == []


def _is_reason(case: str, told: str) -> bool:
    from services.interpreter.wording import WORDING

    (text, *_) = WORDING.texts[f"written.fault.{case}"][Language.PT].split("{")
    words = text or WORDING.texts[f"written.fault.{case}"][Language.PT].rpartition("}")[2]
    return words.strip() in told


def test_whatever_a_model_says_under_the_schema_is_refused_or_harmless() -> None:
    """Lines of words that the schema allows, at random, most of them no Python and some of them functions."""
    chance, alone, offered = random.Random(9), asked_back(BANDS), 0  # noqa: S311 - the same each time
    words = ["f.price", "f.bollinger_upper", "f.hour", "P.bollinger_width", "ALLOW", "FORBID_ENTRY", "return",
             "if", "else", "and", "not", "min", "max", "abs", "0.02", "3", "limit", "share"]  # fmt: skip
    between = (" ", " + ", " * ", " - ", " / ", " < ", " == ", "(", ") ", ", ", " = ")
    for _ in range(150):
        said = [chance.choice(words) + chance.choice(between) for _ in range(chance.randint(1, 7))]
        odd = "    " * chance.randint(1, 2) + "".join(said).rstrip(" +*-/<=(,").rstrip() + chance.choice(("", ")", ":"))
        model = Model(rule(odd, NARROW))
        meant = written(alone, BANDS, SYMBOLS, model.ask, lambda *_: Vetted(), 0.0, 4096)
        assert (meant.status, meant.plan, meant.action) == (Status.ASK, None, None)
        for offer in meant.offers:
            offered += 1
            (operation,) = offer.plan.operations if offer.plan is not None else ()
            assert isinstance(operation, AddFunction)
            calls = [node for node in ast.walk(ast.parse(operation.source)) if isinstance(node, ast.Call)]
            assert {ast.unparse(call.func) for call in calls} <= {"min", "max", "abs"}
            assert not any(
                isinstance(node, ast.For | ast.While | ast.Import) for node in ast.walk(ast.parse(operation.source))
            )
    assert offered < 50


def test_each_reason_is_told_to_the_model_without_its_own_words() -> None:
    for answer, _ in HOSTILE.values():
        model = Unchecked(answer, rule(NARROW))
        meant = written(asked_back(BANDS), BANDS, SYMBOLS, model.ask, lambda *_: Vetted(), 60.0, 4096)
        assert len(meant.offers) == 1
        assert len(model.asked[1].prompt) < 400
        assert "import os" not in model.asked[1].prompt


def test_a_line_of_a_hostile_answer_is_checked_in_no_time() -> None:
    """The pattern of a line reads it in one way only, so that no line makes it try them all."""
    long = "    return " + "x" * 3000 + " " + "a b " * 3000 + "$"
    assert code_for(BANDS, Model(rule(long), rule(long))).offers == ()


def test_what_editor_and_guardian_say_is_a_reason_too() -> None:
    model = Model(rule(NARROW), rule(NARROW))
    meant = written(asked_back(BANDS), BANDS, SYMBOLS, model.ask, lambda *_: Vetted("rules.py:9: odd"), 60.0, 4096)
    assert meant.offers == ()
    assert "rules.py:9: odd" in model.asked[1].prompt
    assert "rules.py:9: odd" in (meant.question or "")

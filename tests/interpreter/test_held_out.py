"""Sentences written before the first rule of the grammar and never edited to pass: what it makes of them, counted."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

from core.symbols import Symbols
from services.interpreter import interpret
from tests.interpreter.sentences import HERE, operations, plain, records

FROZEN = "be84049c792e14dedf62e4f46d4993d3150f614b42ac2d1003d31c0aca531d5f"
EXACT = 59


def judged(expected: dict[str, Any], symbols: Symbols) -> str:
    """`exact`, `ask` (it abstained) or `wrong` (it did something that was not asked for)."""
    meant = interpret(expected["text"], symbols)
    done = operations(meant) or plain(meant)["action"]
    if "ops" in expected or "action" in expected:
        wanted = expected.get("ops") or expected.get("action")
        return "exact" if done == wanted else "wrong" if done else "ask"
    if done:
        return "wrong" if meant.plan or not expected.get("trap") else "exact"
    return "exact" if expected.get("trap") or meant.status == expected["status"] else "ask"


def test_the_held_out_sentences_are_the_ones_that_were_written_first() -> None:
    assert hashlib.sha256((HERE / "held_out.jsonl").read_bytes()).hexdigest() == FROZEN


def test_no_held_out_sentence_is_misunderstood(symbols: Symbols) -> None:
    counts = Counter(judged(expected, symbols) for expected in records("held_out.jsonl"))
    assert counts["wrong"] == 0
    assert counts["exact"] >= EXACT, f"was {EXACT} of 62: {counts}"

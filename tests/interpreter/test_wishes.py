"""Deeds and questions among words that nobody knows: the right one is offered, and none to who denies or tells."""

from __future__ import annotations

import tomllib
from typing import Any, Final

from core.contracts import Action, Interpretation, Language, Situation
from core.symbols import Symbols
from services.interpreter import interpret
from services.interpreter.gist.wishes import DEEDS
from tests.interpreter.sentences import HERE

SAID: Final[dict[str, Any]] = tomllib.loads((HERE / "wishes.toml").read_text(encoding="utf-8"))
CHANGING: Final = frozenset({"pause", "resume", "panic", "close", "rollback", "setting"})


def told(action: Action | None) -> str:
    """As the file writes it."""
    return "" if action is None else " ".join([action.name, *(f"{key}={said}" for key, said in action.args.items())])


def actions(meant: Interpretation) -> list[Action]:
    """What is done or offered."""
    found = [meant.action, *(offer.action for offer in meant.offers)]
    return [action for action in found if action is not None]


def test_what_is_wanted_among_other_words_is_offered_first_or_done(symbols: Symbols) -> None:
    wrong = []
    for language, wishes in SAID["offered"].items():
        for wanted, texts in wishes.items():
            for text in texts:
                meant = interpret(text, symbols, situation=Situation(language=Language(language)))
                if not actions(meant) or told(actions(meant)[0]) != wanted or meant.plan is not None:
                    wrong.append(f"{text}: {[told(each) for each in actions(meant)]}")
    assert wrong == []


def test_nothing_is_offered_to_who_denies_supposes_tells_or_puts_off(symbols: Symbols) -> None:
    leaked = []
    for language, said in SAID["nothing"].items():
        for text in said["say"]:
            meant = interpret(text, symbols, situation=Situation(language=Language(language)))
            if meant.plan is not None or any(action.name in CHANGING for action in actions(meant)):
                leaked.append(text)
    assert leaked == []


def test_every_deed_has_words_in_both_languages() -> None:
    words = tomllib.loads((HERE.parents[1] / "services/interpreter/lists/wishes.toml").read_text(encoding="utf-8"))
    assert all(set(DEEDS) <= set(words[language]) for language in ("pt", "en"))

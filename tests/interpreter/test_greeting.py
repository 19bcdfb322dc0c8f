"""Words that only greet are answered with what can be said; not so what says more, or comes while something is open."""

from __future__ import annotations

from core.contracts import Action, Interpretation, Language, Situation, Status
from core.symbols import Symbols
from services.interpreter.dialogue import Dialogue, step

GREETINGS: dict[Language | None, list[str]] = {
    Language.PT: [
        "oi",
        "Olá!",
        "olá sorte",
        "bom dia",
        "Boa noite, tudo bem?",
        "oi, tudo bem?",
        "e aí",
        "opa",
        "oi 👋",
    ],
    Language.EN: ["good morning", "Hello there", "hi there, how are you?", "hey there", "how are you?"],
    None: ["hi", "hello", "Hey!", "hello, Sorte"],  # of the language that was spoken last
}
SAYS_MORE = ["oi, stop 3%", "bom dia, status", "hello, pause", "oi, por que não comprou?", "hi, show the stop"]
NO_GREETING = ["bot", "beleza", "tudo certo", "de novo", "and", "oi e tchau", "oi " * 20, "hello world"]
HELP = Action("help", {"greets": "yes"})


def said(text: str, symbols: Symbols, last: Language | None = None, state: Dialogue | None = None) -> Interpretation:
    return step(state or Dialogue(), text, symbols, Situation(language=last), 0)[1].meant


def test_who_greets_is_told_what_can_be_said(symbols: Symbols) -> None:
    tried = [
        (text, language or last, last) for language, texts in GREETINGS.items() for text in texts for last in Language
    ]
    heard = [(text, said(text, symbols, last), language) for text, language, last in tried]
    assert [each for each in heard if (each[1].action, each[1].language) != (HELP, each[2])] == []


def test_a_greeting_beside_something_else_is_only_courtesy(symbols: Symbols) -> None:
    for text in SAYS_MORE:
        meant = said(text, symbols)
        assert meant.status in (Status.PLAN, Status.ACTION), text
        assert meant.action is None or meant.action.name != "help", text


def test_what_greets_nobody_is_not_greeted(symbols: Symbols) -> None:
    assert [text for text in NO_GREETING if said(text, symbols).action == HELP] == []


def test_while_something_is_open_a_greeting_leaves_it_so(symbols: Symbols) -> None:
    for opening in ("stop em 3%", "aumenta o stop"):
        state, _ = step(Dialogue(), opening, symbols, Situation(), 0)
        after, reply = step(state, "oi", symbols, Situation(), 0)
        assert (reply.meant.status, after.waiting, after.asked) == (Status.NONE, state.waiting, state.asked)

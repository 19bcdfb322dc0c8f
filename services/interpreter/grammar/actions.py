"""What edits nothing: status, history, rollback, resume ... in words or as slash commands, and questions about values.

Pause and panic are not here: they are heard before everything else (`stopping.py`).
The whole sentence has to be one of these. The list is tried from its top: `what is the profit?` is the account's profit
before it is the feature of that name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final

from core.contracts import Action, Offer, Situation
from core.errors import DataError
from core.names import normalise_symbol
from services.interpreter import wording
from services.interpreter.grammar.closing import NAMES
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.outcome import Ask
from services.interpreter.grammar.pattern import Bindings, matches

Arguments = dict[str, str | int | float | list[str]]
Build = Callable[[Bindings], Arguments | str]
"""The arguments, or the case of the question that is left open."""
DEEDS: Final = frozenset({"pause", "resume", "panic", "rollback", "setting"})
"""What changes something: `close everything?` is no order to do it."""
MOST_LISTED: Final = 1000
MOST_DAYS: Final = 3650
PERIODS: Final = {
    "today": "today",
    "yesterday": "yesterday",
    "week": "week",
    "month": "month",
    "year": "year",
    "all_time": "all",
}
SHOWN: Final = {
    "what_parameters": "parameters",
    "what_rules": "rules",
    "what_strategy": "strategy",
    "what_features": "features",
    "what_weights": "weights",
}
OF_THE_ACCOUNT: Final = ("drawdown", "profit")
"""Features that a question means of the account, which has figures of its own."""
REASONS: Final = {"bought": "buy", "sold": "sell", "last_trade": "last trade"}
QUOTES: Final = ("usdt", "usdc", "fdusd", "busd", "tusd", "btc", "eth", "bnb", "brl", "usd", "eur", "try")
PAIR: Final = re.compile(
    rf"(?P<joined>[a-z0-9]{{2,10}}(?:{'|'.join(QUOTES)}))\b"  # btcusdt
    rf"|(?P<parted>[a-z0-9]{{2,10}}[/-](?:{'|'.join(QUOTES)}))\b"  # btc/usdt
    r"|(?P<share>[a-z]{4}\d{1,2})\b"  # petr4
)


def nothing(_bound: Bindings) -> Arguments:
    """No arguments."""
    return {}


def limit(bound: Bindings) -> Arguments | str:
    """`limit` when a number was said."""
    return _count(bound, "limit", MOST_LISTED)


def steps(bound: Bindings) -> Arguments | str:
    """`steps`, one when no number was said."""
    return _count(bound, "steps", MOST_LISTED) or {"steps": 1}


def to_commit(bound: Bindings) -> Arguments:
    """The version that is meant."""
    return {"to": bound["HASH"]}


def backtest(bound: Bindings) -> Arguments | str:
    """`days` and `symbols`, as far as they were said."""
    arguments = _count(bound, "days", MOST_DAYS)
    if not isinstance(arguments, str) and "SYMBOLS" in bound:
        arguments["symbols"] = list(bound["SYMBOLS"])
    return arguments


def pair(bound: Bindings) -> Arguments:
    """`pair`, when one was said."""
    return {"pair": bound["OF_PAIR"]} if "OF_PAIR" in bound else {}


def _count(bound: Bindings, name: str, most: int) -> Arguments | str:
    readings: tuple[Decimal, ...] | None = bound.get("NUMBER")
    if readings is None:
        return {}
    number = readings[0]
    if len(readings) > 1 or number != number.to_integral_value() or not 1 <= number <= most:
        return "many"
    return {name: int(number)}


PATTERNS: Final[tuple[tuple[str, str, Build], ...]] = (
    ("help", "help", nothing),
    ("resume", "resume", nothing),
    ("show|what_is? status be_tail?", "status", nothing),
    ("why held_back|not_sold OF_PAIR? hour_ago?", "why", pair),
    ("why held_back|not_sold hour_ago OF_PAIR", "why", pair),
    ("why OF_PAIR?", "why", pair),
    ("compare", "compare", nothing),
    ("why REASON", "explain", lambda b: {"what": b["REASON"]}),
    ("explain why|what_is? REASON", "explain", lambda b: {"what": b["REASON"]}),
    ("explain what_is? rule? WHAT rule?", "explain", lambda b: {"what": b["WHAT"]}),
    ("show|what_is? last? NUMBER? history", "history", limit),
    ("show|what_is? history NUMBER?", "history", limit),
    ("show|what_is? last? NUMBER? changes", "history", limit),
    ("show? diff at|from|over? changes? HASH", "diff", lambda b: {"change": b["HASH"]}),
    ("show|what_is? diff at|from|over? last? changes?", "diff", nothing),
    ("undo|rollback last? changes?", "rollback", steps),
    ("regret comma? undo|rollback last? changes?", "rollback", steps),
    ("undo|rollback previous", "rollback", steps),
    ("undo|rollback by? last? NUMBER last? changes? last?", "rollback", steps),
    ("undo|rollback to_version? HASH", "rollback", to_commit),
    ("show|what_is? be_tail? positions be_tail?", "positions", nothing),
    (
        "show|what_is? profit_action be_tail? PERIOD? be_tail?",
        "profit",
        lambda b: {"period": b["PERIOD"]} if "PERIOD" in b else {},
    ),
    ("show|what_is? PERIOD be_tail? profit_action", "profit", lambda b: {"period": b["PERIOD"]}),
    ("show|what_is? balance be_tail?", "balance", nothing),
    ("show|what_is? last? NUMBER? trades_action", "trades", limit),
    ("show|what_is? trades_action NUMBER?", "trades", limit),
    ("run? backtest", "backtest", backtest),
    ("run? backtest over? SYMBOLS", "backtest", backtest),
    ("run? backtest over? last? NUMBER days? last?", "backtest", backtest),
    ("run? backtest over? last? NUMBER days? last? over? SYMBOLS", "backtest", backtest),
    ("run? backtest over? SYMBOLS over? last? NUMBER days?", "backtest", backtest),
    ("run? NUMBER days backtest", "backtest", backtest),
    ("run? NUMBER days backtest over? SYMBOLS", "backtest", backtest),
    ("show|what_is? health be_tail?", "health", nothing),
    ("show|what_is? last? logs NUMBER? lines?", "logs", limit),
    ("show|what_is? last? NUMBER lines? logs", "logs", limit),
    (
        "set|alter? language_word in_language|to? LANGUAGE",
        "setting",
        lambda b: {"key": "language", "value": b["LANGUAGE"]},
    ),
    ("speak in_language? LANGUAGE", "setting", lambda b: {"key": "language", "value": b["LANGUAGE"]}),
    ("setting KEY", "setting", lambda b: {"key": b["KEY"][0], "value": b["KEY"][1]}),
    ("show what_is be_tail? WHAT be_tail?", "show", lambda b: {"what": b["WHAT"]}),
    ("show|what_is be_tail? WHAT be_tail?", "show", lambda b: {"what": b["WHAT"]}),
    ("show|what_is rule WHAT", "show", lambda b: {"what": b["WHAT"]}),
    ("show|what_is WHAT rule", "show", lambda b: {"what": b["WHAT"]}),
)


def add_edges(lattice: Lattice) -> None:
    """Periods, pairs, what may be shown and what may be explained."""
    if "actions" in lattice.done:
        return
    lattice.done.add("actions")
    for start in range(lattice.end):
        for table, slot in ((PERIODS, "PERIOD"), (REASONS, "REASON")):
            for category, meaning in table.items():
                for _, end in lattice.edges[start].get(category, ()):
                    lattice.add(start, slot, meaning, end)
        for category in ("language_pt", "language_en"):
            for _, end in lattice.edges[start].get(category, ()):
                lattice.add(start, "LANGUAGE", category[-2:], end)
        for what, end in _shown(lattice, start):
            lattice.add(start, "WHAT", what, end)
        for symbol, end in _pair(lattice, start):
            lattice.add(start, "SYMBOL", symbol, end)
        for symbol, end in _of_pair(lattice, start):
            lattice.add(start, "OF_PAIR", symbol, end)
    for start in range(lattice.end):
        for symbols, end in _pairs(lattice, start):
            lattice.add(start, "SYMBOLS", symbols, end)
    if lattice.has("slash"):
        _add_setting(lattice)


def _shown(lattice: Lattice, start: int) -> Iterator[tuple[str, int]]:
    """A name: the parameter if it is clear which, else the rule, else the feature; several are asked about."""
    edges = lattice.edges[start]
    for category, what in SHOWN.items():
        for _, end in edges.get(category, ()):
            yield what, end
    named = [
        (value[0], end, len(value))
        for category in ("PARAM", "RULE", "FEATURE")
        for value, end in edges.get(category, ())
        if value[0] not in OF_THE_ACCOUNT
    ]
    longest = max((end for _, end, _ in named), default=0)
    clear = [(name, end) for name, end, count in named if end == longest and count == 1]
    if clear:
        yield clear[0]


def _pair(lattice: Lattice, start: int) -> Iterator[tuple[str, int]]:
    found = PAIR.match(lattice.text.lower, lattice.tokens[start].start)
    if found is None:
        return
    end = next((i + 1 for i in range(start, lattice.end) if lattice.tokens[i].end == found.end()), None)
    if end is None or set(range(start, end)) <= lattice.known:
        return
    try:
        yield normalise_symbol(found[0]), end
    except DataError:
        return


def _of_pair(lattice: Lattice, start: int) -> Iterator[tuple[str, int]]:
    """Whose decision is asked about: a symbol, or what people call what it trades."""
    yield from lattice.edges[start].get("SYMBOL", ())
    if (name := NAMES.get(lattice.tokens[start].key)) is not None:
        yield name, start + 1


def _pairs(lattice: Lattice, start: int) -> Iterator[tuple[tuple[str, ...], int]]:
    pending: list[tuple[tuple[str, ...], int]] = [
        ((symbol,), end) for symbol, end in lattice.edges[start].get("SYMBOL", ())
    ]
    while pending:
        symbols, end = pending.pop()
        yield symbols, end
        for bound, last in matches("comma|and? SYMBOL", lattice, end):
            pending.append(((*symbols, bound["SYMBOL"]), last))


def _add_setting(lattice: Lattice) -> None:
    """`/setting key value`: two words, the value as it was written."""
    words = lattice.text.clean.split()
    if len(words) == 3 and words[0].lower() == "/setting":
        for start in range(lattice.end):
            if lattice.tokens[start].key == "setting":
                lattice.add(start + 1, "KEY", (words[1].lower(), words[2]), lattice.end)


def settled(done: Action, lattice: Lattice, starts: tuple[int, ...], situation: Situation) -> Action | Ask:
    """What `volta` and `pode voltar` ask for while nothing is bought: to go on, or to go back if that can be meant."""
    alone = any(lattice.finished(end) for start in starts for _, end in matches("going_back", lattice, start))
    if not (situation.paused and alone):
        return done
    if not situation.can_go_back:
        return Action("resume")
    return Ask(wording.say("back_or_on", lattice.language), (Offer(action=Action("resume")), Offer(action=done)))


def action(lattice: Lattice, starts: tuple[int, ...]) -> Action | Ask | None:
    """The action that the whole sentence is; None when it is none."""
    open_question: Ask | None = None
    for pattern, name, build in PATTERNS:
        for start in starts:
            for bound, end in matches(pattern, lattice, start):
                if not lattice.finished(end):
                    continue
                arguments = build(bound)
                if not isinstance(arguments, str):
                    return Action(name, arguments)
                open_question = open_question or Ask(wording.say(arguments, lattice.language, most=MOST_LISTED))
    return open_question

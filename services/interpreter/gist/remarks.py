"""A remark and an order: `the order book is full of spoofers, drop its weight to 0.1`.

What is not known of the remark is left out. An order comes last. What stands before it may name the thing, complain of
it and tell what it is; a condition, another time, somebody else's words or an order of its own are more than a remark.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Final

from services.interpreter.gist import guarding, orders, topics
from services.interpreter.gist.labels import Gist, Word
from services.interpreter.gist.pieces import is_amount, names
from services.interpreter.grammar import guards

BREAKS: Final = frozenset({",", ".", "...", "\u2026", "!", ";", "-", "\u2013", "\u2014"})
DEEDS: Final = ("set", "alter", "raise", "lower", "widen", "tighten", "double", "triple", "halve")
MORE: Final = (
    *(
        "cond",
        "later",
        "off",
        "keep",
        "past",
        "if",
        "only_if",
        "unless",
        "provided",
        "remove",
        "disable",
        "enable",
        "add",
    ),
    *("rename", "raise", "widen", "tighten", "double", "triple", "halve", "buy_rule"),
)
"""What makes more of it than a remark."""
TURNING: Final = ("reported", "hypothetical", "future")
MOST_UNUSED: Final = 14


def parted(gist: Gist) -> Iterator[tuple[tuple[Word, ...], tuple[str, ...]]]:
    """The words of the order with those that name its thing, and what is left out; the longest order first."""
    lattice = gist.lattice
    if orders.is_another(gist.words):
        return
    if guards.is_quoting(lattice) or guards.coin(lattice) is not None or gist.has("trap"):
        return
    if guards.is_question(lattice) and not guarding.is_polite(gist):
        return
    for place, word in enumerate(gist.words):
        if word.said in BREAKS and place:
            remark, order = gist.words[:place], gist.words[place + 1 :]
            if _is_order(gist, order) and _is_remark(gist, remark):
                yield _joined(remark, order), _left_out(gist, remark)


def _is_order(gist: Gist, words: tuple[Word, ...]) -> bool:
    if not words or not all(word.known for word in words):
        return False
    part = replace(gist, words=words)
    if guarding.turned(part, guarding.TURNING, words[0].start):
        return False
    if any(start >= words[0].start and "future" in edges for start, edges in enumerate(gist.lattice.edges)):
        return False
    ordered = any(word.has(*DEEDS, "strict_to") for word in words[:2]) or any(names(word) for word in words)
    return ordered and any(is_amount(word) or word.has("double", "triple", "halve") for word in words)


def _is_remark(gist: Gist, words: tuple[Word, ...]) -> bool:
    if any(word.has(*MORE) for word in words) or sum(not word.known for word in words) > MOST_UNUSED:
        return False
    if not all(_is_now(word, words, gist) for word in words if is_amount(word)):
        return False
    part = replace(gist, words=words)
    return not guarding.turned(part, TURNING, 0, words[-1].end)


def _is_now(said: Word, words: tuple[Word, ...], gist: Gist) -> bool:
    """Whether an amount is the value that what is named has: `this 2% stop is a joke`."""
    named = topics.named(words)
    if len(named) != 1 or said.amount is None:
        return False
    now = Decimal(repr(gist.lattice.symbols.parameters[named[0]].value))
    return said.amount.number in (now, now * 100)


def _joined(remark: tuple[Word, ...], order: tuple[Word, ...]) -> tuple[Word, ...]:
    """The order, with the names of the remark when it has none of its own, and the value that it had."""
    if any(names(word) for word in order):
        return order
    named = [word for word in remark if names(word)]
    return (*(replace(word, roles=frozenset(), chosen=frozenset()) for word in named[-1:]), *order)


def _left_out(gist: Gist, remark: tuple[Word, ...]) -> tuple[str, ...]:
    end = remark[-1].end
    return (gist.lattice.said(remark[0].start, end),)

"""What holds the pieces of a setting together: lists by their order, what is to be left alone, orders and opinions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from core.contracts import Language
from services.interpreter.gist.force import OUTCOMES
from services.interpreter.gist.labels import NAMED, Gist, Pointer, Word
from services.interpreter.gist.pieces import Piece, amounts, names
from services.interpreter.gist.topics import named
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.lexicon import lexicon
from services.interpreter.offers.skipping import SILENT

HOLD: Final = ("min_hold_seconds", "max_hold_seconds")
ORDERS: Final = {
    ("rsi_period", "rsi_oversold", "rsi_overbought"): "rsi",
    ("rsi_oversold", "rsi_overbought"): "rsi",
    ("bollinger_period", "bollinger_width"): "bollinger",
    HOLD: "hold",
    ("ema_fast", "ema_slow"): "averages",
    ("buy_threshold", "sell_threshold"): "thresholds",
    ("ema_fast", "ema_slow", "macd_signal"): "macd",
}
"""The order in which everybody says the values under a heading."""
SIDES: Final = {
    "exits": {*("stop_loss", "take_profit", "trailing_stop", "max_hold_seconds", "min_hold_seconds", "sell_threshold")},
    "merely": {
        *("order_fraction", "min_confidence", "rsi_oversold", "rsi_overbought", "max_hold_seconds", "buy_threshold")
    },
    "enters": {"order_fraction", "buy_threshold", "min_confidence"},
}
"""The parameters that may be said by selling, and by buying."""
COURSES: Final = {"loses": "down", "gains": "up"}
ONE: Final = frozenset({"um", "uma", "a", "an"})
SMALL: Final = frozenset({"de", "do", "from"})
BETWEEN: Final = frozenset({"between", "entre"})
AVERAGES: Final = {"ema_fast", "ema_slow"}
CONDITIONS: Final = frozenset({"if", "when", "once", "whenever", "se", "quando"})
PERSONS: Final = frozenset({"i", "we", "it", "you", "he", "she", "they", "eu", "ele", "ela", "a gente"})
SCENE: Final = frozenset({"scene"})
DEEDS: Final = ("set", "alter", "raise", "lower", "widen", "tighten", "plus", "minus", "double", "triple", "halve")
TOLD: Final = ("ou", "ei", "iu", "eu", "ava", "aram", "ed", "eram", "iram")
"""How a word ends that tells what was."""
ORDERED: Final = frozenset({"set", "order", "pause", "up", "down"})
MOST_UNKNOWN: Final = 3


def in_order(words: tuple[Word, ...], lattice: Lattice) -> tuple[Piece, ...]:
    """`rsi 21, 25, 75`: as many values as a heading has, in their order, and no other name beside it."""
    places = amounts(words)
    pointing = [word for word in words if names(word)]
    if len(pointing) != 1 or len(places) < 2 or places[0] < words.index(pointing[0]):
        return ()
    groups = {name for pointer in pointing[0].pointers if pointer.kind == "group" for name in pointer.names}
    if any(set(pointer.names) == set(HOLD) for pointer in pointing[0].topics("param")) and any(
        word.said in BETWEEN for word in words
    ):
        groups.add("hold")
    headed = [set(pointer.names) for pointer in pointing[0].topics("param")]
    groups |= {group for members, group in ORDERS.items() if set(members) in headed and group != "hold"}
    for members, group in ORDERS.items():
        if group in groups and len(members) == len(places) and set(members) <= set(lattice.symbols.parameters):
            if not _fit(members, [words[place] for place in places], lattice):
                continue
            return tuple(
                Piece((replace(words[place], pointers=(Pointer("param", (name,), NAMED),)),), 0)
                for name, place in zip(members, places, strict=True)
            )
    return ()


def _fit(members: tuple[str, ...], said: list[Word], lattice: Lattice) -> bool:
    """Whether the values lie in the ranges of these parameters."""
    ranges = [lattice.symbols.parameters[name].range for name in members]
    return all(
        word.amount is not None
        and word.amount.unit == ("seconds" if known.unit == "seconds" else "")
        and known.low <= word.amount.number <= known.high
        for word, known in zip(said, ranges, strict=True)
    )


def in_percent(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """`Stop 2.4, target 4.8, all in percent`: the unit of every bare number."""
    return as_percent(words) if any("all_percent" in word.chosen for word in words) else words


def as_percent(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """With every bare number as a percentage."""
    return tuple(
        replace(word, amount=replace(word.amount, unit="percent")) if word.amount and not word.amount.unit else word
        for word in words
    )


def without_kept(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Without the words from which on something is asked to be left alone: `stop 3%, leave the take profit alone`."""
    if not any(piece.has("keep") for piece in pieces):
        return pieces
    if len(pieces) != 1 or pieces[0].value is None:
        return ()
    piece, value = pieces[0], pieces[0].value
    if _is_left_at(piece.words, value):
        return pieces
    begin = next((place for place, word in enumerate(piece.words) if place > value and word.has("join", "comma")), 0)
    kept = piece.words[begin:]
    if not begin or not any(word.has("keep") for word in kept) or any(word.has("keep") for word in piece.words[:begin]):
        return ()
    said = {name for word in piece.words[:begin] for pointer in word.topics("param") for name in pointer.names}
    left = [name for word in kept for pointer in word.topics("param") for name in pointer.names]
    return (Piece(piece.words[:begin], value),) if left and not said.intersection(left) else ()


def _is_left_at(words: Sequence[Word], value: int) -> bool:
    """`Leave the cooldown at 30s` says the value."""
    kept = [place for place, word in enumerate(words) if word.has("keep")]
    return kept == [0] and words[0].said == "leave" and words[value - 1].said in ("at", "to")


def suits(piece: Piece, names: tuple[str, ...]) -> bool:
    """Whether what is bought or sold in a piece goes with its parameters: `sell 5% of it` is no order size."""
    against = {"take_profit": "loses", "stop_loss": "gains", "trailing_stop": "gains"}
    if any(against.get(name) in word.chosen and not _points(word, names) for word in piece.words for name in names):
        return False  # `if the profit falls 2%`
    if set(names) >= AVERAGES:
        return False  # `an average of 200` is an indicator, and not one of two
    merely = named(piece.words) and piece.has("set", "alter")  # `muda só o stop pra 3%`
    return all(
        set(names) <= parameters or (role == "merely" and merely)
        for role, parameters in SIDES.items()
        if any(role in word.chosen for word in piece.words)
    )


def compares(piece: Piece, names: tuple[str, ...]) -> bool:
    """Whether something else is in it that a rule may look at: `stop on the 20 ema`."""
    return any(_is_measured(word) and not _points(word, names) for word in piece.words)


def _points(word: Word, names: tuple[str, ...]) -> bool:
    return any(name in names for pointer in word.topics("param") for name in pointer.names)


def waits(piece: Piece, names: tuple[str, ...]) -> bool:
    """Whether it is to be done when something happens: `when the market turns, orders of 15%`."""
    sizes = all(name.startswith("weight_") or name == "order_fraction" or name.endswith("_period") for name in names)
    return sizes and any("cond" in word.chosen for word in piece.words)


def losing(piece: Piece, names: tuple[str, ...]) -> Piece | None:
    """`The book loses 0.12`: what is said of a position, said of a parameter that is none of its outcomes."""
    if not any(word.chosen.intersection(COURSES) for word in piece.words) or set(names) & OUTCOMES:
        return None
    words = [
        replace(word, roles=frozenset({COURSES[role]}), chosen=frozenset({COURSES[role]}), pointers=())
        if (role := next((role for role in COURSES if role in word.chosen), ""))
        else word
        for word in piece.words
    ]
    return replace(piece, words=tuple(words))


def stands(words: Sequence[Word]) -> bool:
    """Whether they are an order: no opinion without one beside it, no condition beside a name, no part of the thing."""
    chosen = frozenset(role for word in words for role in word.chosen)
    if ("opinion" in chosen and "order" not in chosen) or "of_it" in chosen or is_another(words):
        return False
    if "cond" in chosen and (len(amounts(words)) > 1 or any(_is_measured(word) for word in words)):
        return False  # a rule
    if "cond" in chosen and any(word.chosen == SCENE for word in words):
        return False  # `when the market turns`
    if "state" in chosen and not chosen & ORDERED:
        return False  # `the RSI is at 30`
    said = named(words)
    if not _is_told_well(words, said):
        return False
    waits = any(word.has("wait") for word in words) and "cooldown_seconds" not in said
    return not said or not ("cond" in chosen or waits or any(word.chosen == SCENE for word in words))


def _is_told_well(words: Sequence[Word], said: list[str]) -> bool:
    """Whether nothing is judged, complained of or told where an order has no place for it."""
    value = next(iter(amounts(words)), len(words))
    complaints = [place for place, word in enumerate(words) if word.has("too_small", "too_large")]
    if any(place > value for place in complaints) or any(word.share for word in words if value < len(words)):
        return False  # `a 3% stop is too tight`
    if said and any(word.said.split()[0] in CONDITIONS and names(word) for word in words):
        return False  # `raise the stop if we lose 5%`
    first = next((word for word in words if not word.has("filler", "skip")), words[0])
    if first.said in PERSONS:
        return False  # `we risk 2% per trade`
    opened = next((place for place, word in enumerate(words) if not word.has("filler", "skip", "judged", "comma")), 0)
    if "order" in words[-1].chosen and len(words) > 1 and words[-2].has("pause", "comma"):
        return True  # `3% is better for the stop, change it`
    judged = [place for place, word in enumerate(words) if "judged" in word.chosen and place > opened]
    return all(complaints and place == value + 1 and words[value - 1].has("pause", "comma") for place in judged)


def _is_measured(word: Word) -> bool:
    """Whether a word is something that a rule may look at, and is not said of what a position comes to."""
    points = {name for pointer in word.topics("param") for name in pointer.names}
    return any(True for _ in word.topics("feature")) and not points & OUTCOMES


def is_another(words: Sequence[Word]) -> bool:
    """Whether an indicator is to be added, beside the one whose period there is."""
    if not any(True for word in words for _ in word.topics("kind")):
        return False
    if any("extra" in word.chosen or (word.has("add") and not word.has("set")) for word in words):
        return True
    return not any("was" in word.chosen and word.said not in SMALL for word in words) and any(
        first.said.split()[-1] in ONE and any(True for _ in second.topics("kind")) for first, second in pairwise(words)
    )


def carries(gist: Gist) -> bool:
    """Whether the sentence is an order without its unknown words too: they stand after a verb, or after the name."""
    unknown = gist.unknown
    if len(unknown) > MOST_UNKNOWN or any(told(word, gist.lattice) for word in unknown):
        return False
    begins = min((word.start for word in gist.words if word.has(*DEEDS)), default=gist.lattice.end)
    named = min((word.start for word in gist.words if names(word)), default=gist.lattice.end)
    value = max((word.start for word in gist.words if word.amount is not None), default=0)
    return all(word.start > begins or named < word.start < value for word in unknown)


def told(word: Word, lattice: Lattice) -> bool:
    """Whether an unknown word tells what was, or means something in the other language."""
    other = lexicon(Language.PT if lattice.language is Language.EN else Language.EN)
    if any(entry.category not in SILENT for entry, _ in other.words_at(lattice.tokens, word.start)):
        return True
    return any(word.said.endswith(ending) for ending in TOLD)

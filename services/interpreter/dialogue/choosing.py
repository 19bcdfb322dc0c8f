"""Which of several offers an answer takes: by its number, its place, its name, its value, or as the lower one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from core.contracts import Offer, Operation, SetOverride, SetParameter
from services.interpreter.dialogue import words
from services.interpreter.grammar.lattice import Lattice, build
from services.interpreter.grammar.normalise import Kind, Text, Token, read
from services.interpreter.grammar.numbers import Quantity

PLACES: Final = ("first", "second", "third")
SMALL: Final = frozenset({"one", "that", "this", "esse", "essa", "it", "is", "e", "para"})
KINDS: Final = ("ema", "sma")
TINY: Final = Decimal("1e-9")
NEGATIONS: Final = frozenset({"not", "never", "nao", "nunca", "jamais"})
"""Of either language: owners answer a question in the one that it was not asked in."""


def chosen(offers: Sequence[Offer], text: str, lattice: Lattice) -> Offer | None:
    """The one offer that an answer takes; None when it takes none, or may take two."""
    said = read(words.bare("around", read(text)))
    ways = {_by_place(offers, said), _by_place(offers, read(text)), _by_number(offers, said)}
    short = _without_fillers(read(text))
    if short is not None:
        ways |= {_by_place(offers, short), _by_number(offers, short)}
    places = {place for place in ways if place is not None}
    valued = _by_value(offers, said, lattice) or (_by_value(offers, short, lattice) if short is not None else [])
    if len(valued) == 1:
        places |= set(valued) if not places or places == set(valued) else {-1, *places}
    if not places:
        bare = read(words.bare("making", said))
        places = set(_by_name(offers, said, lattice) or (_by_name(offers, bare, lattice) if bare.tokens else []))
    return offers[places.pop()] if len(places) == 1 and -1 not in places else None


def _without_fillers(said: Text) -> Text | None:
    """The words that choose; None where it asks, or nothing is left."""
    fillers = set(words.listed("choosing"))
    if any(token.key == "?" for token in said.tokens):
        return None
    left = [said.lower[token.start : token.end] for token in said.tokens if not _is_filler(token, fillers)]
    return read(" ".join(left).replace(" %", "%")) if left else None


def _is_filler(token: Token, fillers: set[str]) -> bool:
    return token.key in fillers or (token.kind is Kind.MARK and token.key in words.MARKS)


def _by_place(offers: Sequence[Offer], said: Text) -> int | None:
    for place, kind in enumerate(PLACES[: len(offers)]):
        if words.is_one(kind, said):
            return place
    if words.is_one("last", said):
        return len(offers) - 1
    for kind, best in (("lower", min), ("higher", max)):
        if words.is_one(kind, said):
            sizes = [_size(offer) for offer in offers]
            known = [size for size in sizes if size is not None]
            if len(known) == len(offers) and len(set(known)) == len(known):
                return sizes.index(best(known))
    return None


def _by_number(offers: Sequence[Offer], said: Text) -> int | None:
    """`2`: a digit alone."""
    alone = said.tokens[0].key if len(said.tokens) == 1 else ""
    return int(alone) - 1 if alone.isdigit() and len(alone) == 1 and 1 <= int(alone) <= len(offers) else None


def _size(offer: Offer) -> float | None:
    """The one value that tells an offer from the others."""
    steps = [each.value for each in _operations(offer) if isinstance(each, SetParameter | SetOverride)]
    return sum(steps) if steps else None


def _by_value(offers: Sequence[Offer], said: Text, lattice: Lattice) -> list[int]:
    """The offers that come to the value which is all that was said."""
    own = build(read(words.bare("making", said)), lattice.language, lattice.symbols)
    quantity = _all_of(own)
    if quantity is None:
        return []
    return [place for place, offer in enumerate(offers) if any(_is(value, quantity) for value in _values(offer))]


def _all_of(lattice: Lattice) -> Quantity | None:
    """The amount that the whole of a sentence is."""
    for start in lattice.starts[0]:
        for quantity, end in lattice.edges[start].get("VALUE", ()):
            if lattice.finished(end) and len(quantity.readings) == 1:
                found: Quantity = quantity
                return found
    return None


def _is(value: float, quantity: Quantity) -> bool:
    number = Decimal(repr(value))
    units = {"percent": ("0.01",), "points_percent": ("0.01",), "bps": ("0.0001",), "": ("1",)}.get(
        quantity.unit, ("1",)
    )
    return any(abs(quantity.number * Decimal(unit) - number) <= TINY for unit in units)


def _values(offer: Offer) -> Iterator[float]:
    for operation in _operations(offer):
        if isinstance(operation, SetParameter | SetOverride):
            yield operation.value


def _by_name(offers: Sequence[Offer], said: Text, lattice: Lattice) -> list[int]:
    """The offers of the one name that was said, whole or in part: `oversold`, `the volume one`."""
    own = build(read(words.without_end("of_them", said.lower)), lattice.language, lattice.symbols)
    if own.has("VALUE") or own.has("not") or any(token.key in NEGATIONS for token in own.tokens):
        return []
    named = {
        name for edges in own.edges for kind in ("PARAM", "RULE") for value, _ in edges.get(kind, ()) for name in value
    }
    commands = {token.key for token in own.tokens}
    found = [
        place
        for place, offer in enumerate(offers)
        if any(_name(each) in named for each in _operations(offer))
        or (offer.action is not None and offer.action.name in commands)
    ]
    return found if len(found) == 1 else _by_own_words(offers, own)


def _by_own_words(offers: Sequence[Offer], own: Lattice) -> list[int]:
    """The offers of the names that all the words are of: `the flow one`, `o de compra`."""
    fits = set(fitting(own, [_name(each) for offer in offers for each in _operations(offer)]))
    return [place for place, offer in enumerate(offers) if any(_name(each) in fits for each in _operations(offer))]


def fitting(own: Lattice, names: Sequence[str]) -> list[str]:
    """Of several names those that all the words said are of."""
    said = {token.key for token in own.tokens if token.key.isalpha() and token.key not in own.lexicon.glue} - SMALL
    return [name for name in dict.fromkeys(names) if said and said <= _words_of(name, own)]


def _words_of(name: str, own: Lattice) -> set[str]:
    """The words of a name, and of what else it is called."""
    kind, _, _ = name.partition("_")
    found = {*name.split("_"), *(words.listed(kind) if kind in KINDS else ())}
    for phrases in own.names.phrases.values():
        for phrase, entries in phrases.items():
            if any(entry.value == (name,) for entry in entries):
                found.update(phrase.split())
    return found


def _name(operation: Operation) -> str:
    return getattr(operation, "name", "") or getattr(operation, "old", "")


def _operations(offer: Offer) -> tuple[Operation, ...]:
    return offer.plan.operations if offer.plan is not None else ()

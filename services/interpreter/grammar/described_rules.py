"""Rules that are described rather than named: `the volume rule`, `a regra de volume acima da média`."""

from __future__ import annotations

from typing import Final

from rapidfuzz import fuzz, process

from core.symbols import Rule, Symbols
from services.interpreter import wording
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.outcome import Ask, ask

DESCRIBING: Final = frozenset({"op_gt", "op_lt", "op_ge", "op_le", "reach", "average", "is", "skip"})
"""What may stand in a description beside the names: `the rule that volume is above average`."""
EVERY: Final = frozenset({"all", "every", "all the", "all of the", "todas", "todas as", "toda", "qualquer", "any"})
"""Of no one rule: they are all there is to choose from."""
NEVER_DESCRIBING: Final = frozenset({"not", "none_of", "if", "provided", "unless", "join", "rule"})
"""What ends a description, or turns it round. In a rule's exact name they are only letters."""


def add_described(lattice: Lattice, start: int, end: int) -> None:
    """`the volume rule`, `a regra de volume acima da média`: the words beside the word `rule`."""
    for first in range(max(0, start - 4), start):
        if not any(category in lattice.edges[first] for category in ("remove", "drop", "disable", "enable", "skip")):
            found = described(lattice, first, start)
            if found or _is_one_word(lattice, first, start):
                lattice.add(first, "REF", found or _missing(lattice, first, start), end)
    begin = max((position for position in lattice.starts[end] if position < lattice.end), default=lattice.end)
    ends = [last for last in range(begin + 1, lattice.end + 1) if _may_end(lattice, last)]
    fitting = [(found, last) for last in ends if (found := described(lattice, begin, last))]
    for found, last in fitting:
        lattice.add(start, "REF", found, last)
    if ends and not fitting:
        lattice.add(start, "REF", _missing(lattice, begin, ends[0]), ends[0])


def _may_end(lattice: Lattice, position: int) -> bool:
    return position == lattice.end or "join" in lattice.edges[position] or lattice.finished(position)


def _is_one_word(lattice: Lattice, first: int, last: int) -> bool:
    """Whether nothing stands between the verb and the word `rule` but one word that is no other rule's."""
    return first == last - 1 and lattice.tokens[first].key.isalpha()


def _missing(lattice: Lattice, first: int, last: int) -> Ask:
    said = lattice.said(first, last)
    near = () if said in EVERY else _nearest(said, lattice.symbols)
    near = near or tuple(lattice.symbols.rules)
    return ask(lattice, "rule_missing", said=said, names=wording.listed(near, lattice.language))


def described(lattice: Lattice, first: int, last: int) -> tuple[str, ...]:
    """The rules that a stretch of words fits: each word is in a rule's name, or names what the rule reads."""
    words = [token.key for token in lattice.tokens[first:last] if token.key not in lattice.lexicon.glue]
    if not any(word.isalpha() for word in words):
        return ()
    said = "_".join(words)
    if said in lattice.symbols.rules:
        return (said,)
    return tuple(rule.name for rule in lattice.symbols.rules.values() if _fits(lattice, first, last, rule))


def _fits(lattice: Lattice, first: int, last: int, rule: Rule) -> bool:
    if any(NEVER_DESCRIBING & lattice.edges[position].keys() for position in range(first, last)):
        return False
    own = set(rule.name.split("_"))
    reads = {*rule.features, *rule.parameters, rule.name}
    covered: set[int] = set()
    meant = False
    for position in range(first, last):
        if lattice.tokens[position].key in own:
            covered.add(position)
            meant = True
        for category in ("FEATURE", "PARAM", "RULE", "NEGATED"):
            for value, end in lattice.edges[position].get(category, ()):
                if len(value) == 1 and value[0] in reads and end <= last:
                    covered.update(range(position, end))
                    meant = True
    small = [lattice.tokens[position].key in lattice.lexicon.glue for position in range(first, last)]
    outer = [position for position in range(first, last) if not small[position - first]]
    if not {outer[0], outer[-1]} <= covered | _at(lattice, "average", first, last):
        return False  # `all rules less the one of cooldown` does not describe it
    for position in range(first, last):
        if DESCRIBING & lattice.edges[position].keys() or small[position - first]:
            covered.add(position)
    return meant and covered == set(range(first, last))


def _at(lattice: Lattice, category: str, first: int, last: int) -> set[int]:
    return {position for position in range(first, last) if category in lattice.edges[position]}


def _nearest(said: str, symbols: Symbols) -> tuple[str, ...]:
    ranked = process.extract(said.replace(" ", "_"), list(symbols.rules), scorer=fuzz.WRatio, limit=3, score_cutoff=50)
    return tuple(name for name, _, _ in ranked)

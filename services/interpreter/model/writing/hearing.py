"""Which sentences a model may be asked to write code for, and what their words settle about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from core.contracts import Interpretation, Language, Status
from core.symbols import Symbols
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.model import speaking
from services.interpreter.model.guarding import begins_with, is_unknown, unguarded
from services.interpreter.model.mentions import Mention, mentions, says, unknown_words
from services.interpreter.model.writing import vocabulary
from services.interpreter.model.writing.licensed import licensed
from services.interpreter.model.writing.numbers import Number, numbers_said
from services.interpreter.model.writing.targets import ALL_ANSWERS, Kind, Target, targets
from services.interpreter.offers import words

MOST_UNKNOWN: Final = 10
"""Words that nobody knows: what no rule can say is said in words that no rule has."""
TURNING: Final = frozenset({"nenhum", "nenhuma", "means"})
"""`By no means`, `de jeito nenhum`."""
TRADING: Final = ("buy", "sell", "trade", "for_entries", "for_exits", "blocking", "blocked", "stay_out")
LOSABLE: Final = frozenset({"profit", "retreat", "drawdown", "stop_loss", "trailing_stop"})
ENTRY, EXIT = "ENTRY", "EXIT"
SIDES: Final = {"entry": ENTRY, "exit": EXIT}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a sentence settles of the function that it asks for."""

    lattice: Lattice
    answers: tuple[str, ...]  # besides ALLOW, that a rule may give
    named: tuple[Mention, ...]  # each has to be in the code
    numbers: tuple[Number, ...]
    targets: tuple[Target, ...]  # that may be written anew
    features: tuple[str, ...]  # that code may look at
    parameters: tuple[str, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """The words that nobody knows, and that nobody has checked."""
        places = range(self.lattice.end)
        strange = (at for at in places if is_unknown(self.lattice, at))
        said = ((at, self.lattice.tokens[at].key) for at in strange)
        return tuple(self.lattice.said(at, at + 1) for at, key in said if key not in vocabulary.writing())

    def of(self, kind: Kind) -> tuple[str, ...]:
        """The names of the functions of a kind that may be written anew."""
        return tuple(target.name for target in self.targets if target.kind is kind)


def asks_for_code(text: str, language: Language, symbols: Symbols) -> bool:
    """Whether the sentence begins by asking for code: `write a rule that ...`."""
    lattice = unguarded(text, language, symbols, vocabulary.writing())
    return lattice is not None and begins_with(lattice, vocabulary.writing())


def wanted(text: str, meant: Interpretation, symbols: Symbols) -> Wanted | None:
    """What the sentence settles; None where no code may be written for it."""
    lattice = unguarded(text, meant.language, symbols, vocabulary.writing())
    if lattice is None or _turns(lattice) or meant.plan is not None or meant.action is not None:
        return None
    begins = begins_with(lattice, vocabulary.writing())
    if meant.status is Status.NONE and not begins:
        return None
    named = _named(lattice)
    rewritten = _named_targets(lattice, named, symbols)
    trades = says(lattice, *TRADING)
    may_alter = bool(rewritten) and not lattice.has("not")
    if not (named or rewritten) or not (trades or may_alter or begins):
        return None
    features, parameters = licensed(named, rewritten, symbols)
    answers = _answers(lattice) if trades or not rewritten else ALL_ANSWERS
    return Wanted(lattice, answers, named, numbers_said(lattice), rewritten, features, parameters)


def _named(lattice: Lattice) -> tuple[Mention, ...]:
    """What the words are the names of; a loss is one of the profit where nothing else that may be lost is named."""
    found = mentions(lattice, "FEATURE", "NEGATED", "PARAM", "RULE")
    if LOSABLE & {name for each in found for name in each.names}:
        return tuple(found)
    inside = {place for each in found for place in range(each.start, each.end)}
    lost = [at for at, token in enumerate(lattice.tokens) if token.key in vocabulary.losing() and at not in inside]
    return (*found, *(Mention(at, at + 1, ("profit",)) for at in lost[:1]))


def _turns(lattice: Lattice) -> bool:
    keys = [token.key for token in lattice.tokens]
    strange = {keys[place] for place in range(lattice.end) if is_unknown(lattice, place)}
    turning = (words.changing() - vocabulary.harmless()) & strange
    return len(strange) > MOST_UNKNOWN or bool(turning or (TURNING | vocabulary.beyond()) & set(keys))


def _named_targets(lattice: Lattice, named: tuple[Mention, ...], symbols: Symbols) -> tuple[Target, ...]:
    """Functions that the sentence names: spelled out, or as a rule is called."""
    known = targets(symbols)
    spoken = {name for each in named for name in each.names}
    return tuple(
        target for name, target in known.items() if name in spoken or ("_" in name and name in lattice.text.lower)
    )


def _answers(lattice: Lattice) -> tuple[str, ...]:
    """By the side and the effect that are said for certain; all where they are not."""
    sides = [SIDES[side] for side in speaking.sides(lattice)] or [ENTRY, EXIT]
    effects = speaking.effects(lattice)
    doubtful = effects == ("force",) and unknown_words(lattice)
    ways = ["FORBID", "FORCE"] if not effects or doubtful else ["FORCE" if effects == ("force",) else "FORBID"]
    return tuple(f"{way}_{side}" for side in sides for way in ways)

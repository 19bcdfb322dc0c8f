"""What is done to something that there is, by its gist: a rule is removed, disabled, enabled; any name is changed.

One thing is done, it is done to what is named or described, and every word is accounted for; then it is a plan.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any, Final, cast

from core.contracts import EditPlan, Offer, Operation, RemoveIndicator, Rename
from core.contracts.plan import NAME
from services.interpreter.gist import rule_atoms
from services.interpreter.gist.rule_atoms import Atoms
from services.interpreter.grammar import guards, telling
from services.interpreter.grammar.described_rules import described
from services.interpreter.grammar.indicators import ADDED
from services.interpreter.grammar.lattice import Lattice
from services.interpreter.grammar.outcome import Ask
from services.interpreter.grammar.rules import OldRule, resolve_old

FILE: Final = "name_words.toml"
THINGS: Final = {"TARGET": "target", "NEW_NAME": "new"}
VERBS: Final = {"remove": "remove", "disable": "disable", "off": "disable", "enable": "enable"}
DOING: Final = frozenset({"remove", "disable", "off", "enable", "rename", "call", "called"})
NAMING: Final = frozenset({"rename", "call", "called", "name"})
LONGEST_DESCRIPTION: Final = 8
AFTER: Final = frozenset(
    ["from", "now", "please", "a", "agora", "por", "daqui", "henceforth", "instead", "then", "e", "ok", "pls"]
)
"""May follow a new name: `call it banker from now on`."""
MARKING: Final = frozenset(["de", "para", "pra", "por", "como", "chama", "nome", "to", "as", "into", "name", "called"])
"""After these, and at the end, a new name may stand."""
GUARDS: Final = ("hypothetical", "past", "reported", "future")


def read(lattice: Lattice) -> EditPlan | None:
    """The plan of a sentence about names; None when it says none, or more than one."""
    words = rule_atoms.roles_of(lattice, FILE)
    if _is_none(words, lattice):
        return None
    _add_targets(words, lattice)
    ways = [way for start in lattice.starts[0] for way in rule_atoms.ways(lattice, start, None, FILE, THINGS)]
    for atoms, _, _ in sorted(ways, key=lambda way: (len(way[0]), way[2])):
        operations = tuple(_operations(atoms, lattice))
        if operations:
            return EditPlan(operations)
    return None


def nearly(lattice: Lattice, kept: frozenset[str]) -> tuple[list[Offer], tuple[str, ...]]:
    """What it does to names without its unknown words, and these words; `kept` are those that it is never without."""
    words = rule_atoms.roles_of(lattice, FILE)
    if _is_none(words, lattice) or lattice.has("COND") or telling.tells(lattice):
        return [], ()
    _add_targets(words, lattice)
    done = rule_atoms.first_of(lattice, DOING, FILE)
    ways = [way for start in lattice.starts[0] for way in rule_atoms.ways(lattice, start, kept, FILE, THINGS)]
    for atoms, skipped, _ in sorted(ways, key=lambda way: (len(way[1]), len(way[0]), way[2])):
        operations = tuple(_operations(rule_atoms.known_atoms(atoms), lattice))
        if operations and skipped and rule_atoms.speaks(lattice, skipped, done):
            unused = tuple(lattice.said(place, place + 1) for place in skipped)
            return [Offer(plan=EditPlan(operations))], unused
    return [], ()


def _is_none(words: set[str], lattice: Lattice) -> bool:
    if not words & (VERBS.keys() | NAMING) or guards.is_quoting(lattice) or guards.coin(lattice) is not None:
        return True
    asked = guards.is_question(lattice) and not guards.is_polite_question(lattice)
    return asked or any(guards.says(lattice, category) for category in GUARDS)


def _add_targets(words: set[str], lattice: Lattice) -> None:
    for start, edges in enumerate(lattice.edges):
        for category, what in (("RULE", "rule"), ("PARAM", "parameter"), ("FEATURE", "indicator")):
            for names, end in tuple(edges.get(category, ())):
                if len(names) == 1 and (what != "indicator" or ADDED.fullmatch(names[0])):
                    lattice.add(start, "TARGET", (what, names[0]), end)
    if lattice.has("rule"):
        for start in range(lattice.end):
            for end in range(start + 1, min(lattice.end, start + LONGEST_DESCRIPTION) + 1):
                found = described(lattice, start, end)
                if len(found) == 1:
                    lattice.add(start, "TARGET", ("rule", found[0]), end)
    if NAMING.isdisjoint(words):
        return
    for start in range(1, lattice.end):
        marked = lattice.tokens[start - 1].key in MARKING
        for end in range(start + 1, lattice.end + 1):
            said = lattice.said(start, end)
            after = lattice.tokens[end].key if end < lattice.end else ""
            placed = marked or not after.isalnum() or after in AFTER
            if placed and NAME.fullmatch(said) and not _is_inside_name(lattice, start, end):
                lattice.add(start, "NEW_NAME", said, end)


def _is_inside_name(lattice: Lattice, start: int, end: int) -> bool:
    text = lattice.text.lower
    first, last = lattice.tokens[start].start, lattice.tokens[end - 1].end
    return text[first - 1 : first] == "_" or text[last : last + 1] == "_"


def _operations(atoms: Atoms, lattice: Lattice) -> Iterator[Operation]:
    roles = [atom.role for atom in atoms]
    targets = [atom.value for atom in atoms if atom.role == "target"]
    if "new" in roles:
        if roles.count("new") == 1 and len(targets) == 1 and not set(roles) & VERBS.keys():
            yield from _renamed(atoms, targets[0], lattice)
        return
    verbs = {VERBS[role] for role in roles if role in VERBS and role != "off"} or {"disable"}
    if ("target", "target") in itertools.pairwise(roles):
        return  # `the trailling stop rule` is one rule, and no other beside it
    if "off" not in roles and VERBS.keys().isdisjoint(roles):
        return
    if len(verbs) != 1 or not targets or NAMING & set(roles) or _says(lattice, "parameter"):
        return
    verb = next(iter(verbs))
    if "again" in roles and verb != "enable":
        return
    found = [operation for what, name in targets for operation in _done(verb, what, name, roles, lattice)]
    if len(found) == len(targets):
        yield from found


def _done(verb: str, what: str, name: str, roles: list[str], lattice: Lattice) -> list[Operation]:
    if what == "indicator" and verb in ("remove", "disable") and "rule" not in roles:
        known = ADDED.fullmatch(name)
        there = known is not None and name in lattice.symbols.features
        return [RemoveIndicator(known["kind"], name)] if known is not None and there else []
    if what != "rule" or "indicator" in roles or (verb != "enable" and not _names_rule(name, roles, lattice)):
        return []
    outcome = resolve_old(OldRule(cast(Any, verb), (name,), explicit="rule" in roles), lattice)
    return [] if isinstance(outcome, Ask) else list(outcome)


def _names_rule(name: str, roles: list[str], lattice: Lattice) -> bool:
    """Whether a rule is meant, and not the parameter of that name: it is said, or there is no such parameter."""
    return "rule" in roles or not any(known.startswith(name) for known in lattice.symbols.parameters)


def _says(lattice: Lattice, what: str) -> bool:
    """Whether the word for a rule, a parameter or an indicator is said, as a filler too."""
    return what in rule_atoms.roles_of(lattice, FILE)


def _renamed(atoms: Atoms, target: tuple[str, str], lattice: Lattice) -> Iterator[Operation]:
    what, old = target
    roles = [atom.role for atom in atoms]
    place = roles.index("new")
    said = {kind for kind in ("rule", "parameter", "indicator") if _says(lattice, kind)}
    both = old in lattice.symbols.rules and old in lattice.symbols.parameters
    if said - {what} or (both and not said) or not NAMING & set(roles):
        return
    before = roles[place - 1] if place else ""
    aim = before in ("into", "called", "name") or (before in ("call", "target", "rule") and "call" in roles)
    taken = place < len(roles) - 1 and before not in ("name", "call")
    new = atoms[place].value
    symbols = lattice.symbols
    known = {*symbols.parameters, *symbols.rules, *symbols.features}
    if aim and not taken and new not in known:
        yield Rename(cast(Any, what), old, new)

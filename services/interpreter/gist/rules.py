"""New rules by their gist: a side, whether it is denied, required or done, and when, in any order of the words.

Side and effect need words of their own: nothing is taken for granted but that `if ... sell` sells. What may be either
is a question with both; what turns itself round twice is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from core.contracts import Condition
from services.interpreter.gist.rule_atoms import Atom, Atoms
from services.interpreter.grammar.clock import READS
from services.interpreter.grammar.further import inverted
from services.interpreter.grammar.rule_names import Effect, Side
from services.interpreter.grammar.rules import NewRule, features_of

SIDES: Final[dict[str, Side]] = {
    "buy": "entry",
    "for_buy": "entry",
    "stay_out": "entry",
    "sell": "exit",
    "for_sell": "exit",
    "keep": "exit",
}


@dataclass(frozen=True, slots=True)
class _When:
    """A condition, and what stands right before it."""

    condition: Condition
    place: int
    turned: bool  # it must not hold: `without volume above average`
    excepted: bool  # everywhere but there: `unless ...`
    nor: bool  # joined by `nor` to the one before

    @property
    def timely(self) -> bool:
        """Whether it speaks of hours and days only."""
        return READS.issuperset(features_of(self.condition))


def meant(atoms: Atoms) -> list[NewRule]:
    """The rules that these atoms may say, the likeliest first; none when they say no rule, or contradict themselves."""
    if not _is_order(atoms) or _tells(atoms):
        return []
    atoms = _kept(_modal(_plain(atoms)))
    side = _side(atoms)
    whens = list(_whens(atoms))
    if side is None or not whens or any(not isinstance(atom.value, Condition) for atom in _of(atoms, "when")):
        return []
    attached = {place for when in whens for place in _before(atoms, when.place)}
    free = [atom for place, atom in enumerate(atoms) if place not in attached]
    denials = [atom for atom in free if atom.role in ("deny", "lacking", "stay_out", "keep")]
    skips = any(atom.role == "skip_day" for atom in free)
    if len(denials) + skips > 1 or ((skips or _of(atoms, "keep")) and _of(atoms, "never")):
        return []  # `do not skip ...`
    if not _emphatic(free):
        return []
    denies = skips or bool(denials) or any(atom.role == "never" for atom in free)
    if (not denies and _of(atoms, "more")) or (denials and _of(atoms, "allow")):
        return []  # `buy more`, `I don't want you to let ...`
    return [NewRule(side, effect, when) for effect, when in _effects(side, denies, atoms, whens)]


def _kept(atoms: Atoms) -> Atoms:
    """`Keep it as long as ...` keeps it while that is so, and requires nothing."""
    if not _of(atoms, "keep"):
        return atoms
    return tuple(Atom("hang", atom.value) if str(atom.value).endswith("long as") else atom for atom in atoms)


def _plain(atoms: Atoms) -> Atoms:
    """Without the words that nobody knows. `Open positions` are opened, where nothing is said of selling them."""
    selling = bool(_of(atoms, "sell", "for_sell"))
    left = {"unknown", "open"} if selling else {"unknown"}
    kept = (atom for atom in atoms if atom.role not in (*left, "subject", "wish"))
    known = tuple(Atom("buy", atom.value) if atom.role == "open" else atom for atom in kept)
    if len(known) > 1 and known[0].role in INFINITIVES and known[1].role == "hang":
        return (Atom(INFINITIVES[known[0].role], known[0].value), *known[1:])  # `to sell if ...`
    return known


def _modal(atoms: Atoms) -> Atoms:
    """`Every sale must be at a profit` requires; `what is at a loss must be sold` only says what is done."""
    found: list[Atom] = []
    for place, atom in enumerate(atoms):
        if atom.role != "modal":
            found.append(atom)
            continue
        after = [later.role for later in atoms[place + 1 :] if later.role not in ("hang", "tie")]
        if after[:1] == ["when"] and any(earlier.role in SIDES for earlier in atoms[:place]):
            found.append(Atom("require", atom.value))
    return tuple(found)


def _of(atoms: Atoms, *roles: str) -> list[Atom]:
    return [atom for atom in atoms if atom.role in roles]


def _does(atoms: Atoms, place: int) -> bool:
    """Whether somebody stands here who does it: `it only sells ...`."""
    if atoms[place].role != "subject":
        return False
    after = [atom for atom in atoms[place + 1 : place + 3] if atom.role not in ("require", "never")]
    verb = str(after[0].value) if after and after[0].role in ("buy", "sell") else ""
    return bool(verb) and (verb.endswith("s") or str(atoms[place].value) in TELLERS)


TELLERS: Final = frozenset(
    [
        *("ele", "ela", "bot", "o bot", "robo", "o robo", "robô", "o robô", "estrategia", "a estrategia", "estratégia"),
        *("a estratégia", "mundo", "todo mundo", "sistema", "o sistema", "gente", "a gente"),
    ]
)
"""Portuguese verbs are in the third person what they are in the imperative."""
INFINITIVES: Final = {"for_buy": "buy", "for_sell": "sell"}
TIMED: Final = (["when", "require"], ["when", "never"], ["when", "require", "when"])
"""What is said of hours and days alone: `8 to 20h only`, `on Sundays nothing`, `on Mondays only after 10h`."""
BEGINNING: Final = frozenset({"deny", "never", "require", "when", "stay_out", "hang", "lacking", *SIDES})
"""What an order begins with."""


def _emphatic(free: Sequence[Atom]) -> bool:
    """Whether a `never` beside a `not` only says it once more, `não compra nunca`, and does not turn it round."""
    place = next((at for at, atom in enumerate(free) if atom.role in ("deny", "lacking", "stay_out", "keep")), -1)
    plain = str(free[place].value).startswith(("não", "nao", "sem", "nada"))
    nevers = [(at, str(atom.value)) for at, atom in enumerate(free) if atom.role == "never"]
    turning = [at for at, said in nevers if said not in EMPHASES]
    if place < 0:
        return len(turning) <= 1
    done = next((at for at, atom in enumerate(free) if at > place and atom.role in SIDES), len(free))
    return all(plain and at > done and free[at].value not in TURNING for at in turning)


TURNING: Final = frozenset({"nunca", "jamais", "nunca mais", "nada de"})
"""Beside a `não` these may turn it round: `nunca não compra`."""
EMPHASES: Final = frozenset({"anymore", "any more", "whatsoever", "ever", "mais nada", "nada mais", "de jeito nenhum"})


def is_doubtful(atoms: Atoms, rule: NewRule) -> bool:
    """Whether it may be about the account: `sell everything when the profit reaches 5%`."""
    condition = rule.when
    if rule.effect != "force" or not isinstance(condition, Condition):
        return False
    return bool(_of(atoms, "all")) and "profit" in features_of(condition)


def _is_order(atoms: Atoms) -> bool:
    """Whether it may be one: no `no, ...` before it, no `may it ...` and no question but one that is answered."""
    roles = [atom.role for atom in atoms]
    if not roles or roles[0] == "may" or roles[:2] in (["deny", "mark"], ["never", "mark"]):
        return False
    if "asks" not in roles:
        return True
    place = roles.index("asks")
    before, answer = set(roles[:place]), set(roles[place + 1 :])
    if roles.count("asks") > 1 or not answer:
        return False
    if "when" in answer:  # `buying? only with ...`
        return "when" not in before and "require" in answer
    return bool(answer & {"never", "deny"}) or (answer <= SIDES.keys() and not before & SIDES.keys())


def _tells(atoms: Atoms) -> bool:
    """Whether it tells something: of what somebody does, `it sells when ...`, or with an unknown word where one may.

    What nobody knows may stand inside of an order, between what is done and when; before it it may be who does it,
    after it what comes of it.
    """
    roles = [atom.role for atom in atoms]
    if "even" in roles or ("wish" not in roles and any(_does(atoms, place) for place in range(len(atoms)))):
        return True
    if "unknown" not in roles:
        return False
    begins = next((place for place, role in enumerate(roles) if role in BEGINNING), len(roles))
    ends = max((place for place, role in enumerate(roles) if role in ("when", *SIDES)), default=-1)
    whens = [place for place, role in enumerate(roles) if role == "when"]
    sides = [place for place, role in enumerate(roles) if role in SIDES]
    unknown = [place for place, role in enumerate(roles) if role == "unknown" and place < _last(roles)]
    if not all(begins < place < ends for place in unknown):
        return True
    return any(when < place < side for place in unknown for when in whens for side in sides)


def _last(roles: list[str]) -> int:
    """Where the order ends: a comma and a word or two more, `..., you muppet`, call somebody something."""
    called = len(roles) - next((place for place, role in enumerate(reversed(roles)) if role != "unknown"), len(roles))
    is_call = len(roles) - called <= MOST_CALLED and roles[called - 1 : called] == ["mark"]
    return called - 1 if is_call else len(roles)


MOST_CALLED: Final = 2


def _side(atoms: Atoms) -> Side | None:
    """The one side that is spoken of; of days that are left out, buying."""
    sides = {SIDES[atom.role] for atom in atoms if atom.role in SIDES}
    if len(sides) == 1:
        return next(iter(sides))
    roles = {atom.role for atom in atoms}
    days = all(READS.issuperset(features_of(each.value)) for each in _of(atoms, "when") if _is_plain(each))
    bare = [atom.role for atom in atoms] in TIMED
    skips = roles == {"skip_day", "when"}
    return "entry" if not sides and days and (bare or skips) else None


def _is_plain(atom: Atom) -> bool:
    return isinstance(atom.value, Condition)


def _whens(atoms: Atoms) -> Iterator[_When]:
    for place, atom in enumerate(atoms):
        if atom.role == "when" and isinstance(atom.value, Condition):
            before = [atoms[at] for at in _before(atoms, place)]
            roles = [each.role for each in before]
            turned = "lacking" in roles or "deny" in roles
            yield _When(atom.value, place, turned, bool({"unless", "before"} & set(roles)), "nor" in roles)


def _before(atoms: Atoms, place: int) -> list[int]:
    """The places right before a condition that belong to it: its ties, and what turns it round.

    A `not` belongs to it after an `if`, `if there is not ...`, or where what is done has a `not` of its own.
    """
    found: list[int] = []
    at = place - 1
    while at >= 0 and atoms[at].role in ("hang", "tie"):
        found.append(at)
        at -= 1
    if at < 0 or atoms[at].role not in ("lacking", "unless", "nor", "deny", "before"):
        return found
    if atoms[at].role == "deny":
        tied = at > 0 and atoms[at - 1].role == "hang"
        others = any(
            atom.role in ("deny", "never") for other, atom in enumerate(atoms) if other != at and other > place
        )
        if not (tied or (others and at == 0)):
            return found
    found.append(at)
    if at > 0 and atoms[at - 1].role == "hang":
        found.append(at - 1)
    return found


def _effects(side: Side, denies: bool, atoms: Atoms, whens: Sequence[_When]) -> Iterator[tuple[Effect, Condition]]:
    roles = [atom.role for atom in atoms]
    turned, excepted = any(when.turned for when in whens), any(when.excepted for when in whens)
    if (turned or excepted) and len(whens) > 1:
        return
    if len(whens) > 1 and any(when.condition.any and not when.timely for when in whens):
        return  # `... and ... or ...`
    whole = _joined(whens, denies=denies)
    if whole is None:
        return
    if "otherwise" in roles:
        if _is_otherwise(roles) and not (turned or excepted):
            yield "require", whole  # `under 6 bps, else no entry`
        return
    if "before" in roles and not (denies and excepted):
        return
    needs = bool({"require", "for_buy", "for_sell"} & set(roles))
    if "require" in roles and denies:
        if roles[roles.index("require") + 1 : roles.index("require") + 2] == ["deny"] and not turned:
            yield "forbid", whole  # `só não compra se ...`
        return
    if needs and (turned or excepted):
        return
    if denies and side == "exit" and whole.feature == "held_seconds":
        return  # the shortest time in a position is a parameter
    if denies:
        yield ("require" if turned or excepted else "forbid"), whole
    elif needs:
        yield from _required(atoms, whens, whole)
    elif excepted:
        yield "forbid", whole
    elif turned:
        other = inverted(whole)
        if other is not None and "lacking" not in roles:
            yield "force", other
    else:
        yield from _done(side, atoms, whens, whole)


def _is_otherwise(roles: Sequence[str]) -> bool:
    """Whether it says when it may, and that it is not done otherwise."""
    place = roles.index("otherwise")
    return "when" in roles[:place] and "when" not in roles[place:] and bool({"deny", "never"} & set(roles[place:]))


def _joined(whens: Sequence[_When], *, denies: bool) -> Condition | None:
    conditions = tuple(when.condition for when in whens)
    if len(conditions) == 1:
        return conditions[0]
    if any(when.nor for when in whens):
        return Condition(any=conditions) if denies and all(when.nor for when in whens[1:]) else None
    return Condition(all=conditions)


def _required(atoms: Atoms, whens: Sequence[_When], whole: Condition) -> Iterator[tuple[Effect, Condition]]:
    """Only then; with hours beside another condition, in these hours only then: `after 8pm only buy if ...`."""
    only = next((place for place, atom in enumerate(atoms) if atom.role == "require"), -1)
    between = len(whens) == 2 and whens[0].place < only < whens[1].place
    side = next((place for place, atom in enumerate(atoms) if atom.role in SIDES), len(atoms))
    if between and whens[0].timely and whens[0].place < side:
        other = inverted(whens[1].condition)
        if other is not None:
            yield "forbid", Condition(all=(whens[0].condition, other))
    elif len(whens) == 1 or len({when.timely for when in whens}) == 1:
        yield "require", whole


def _done(side: Side, atoms: Atoms, whens: Sequence[_When], whole: Condition) -> Iterator[tuple[Effect, Condition]]:
    roles = [atom.role for atom in atoms]
    timely = all(when.timely for when in whens)
    if "allow" in roles or "may" in roles:
        if side == "entry" and (timely or "allow" in roles):
            yield "require", whole
        elif side == "entry":
            yield from (("force", whole), ("require", whole))
    elif side == "entry" and timely:
        trading = any(atom.role == "buy" and str(atom.value).startswith(TRADING) for atom in atoms)
        if trading:
            yield "require", whole
    elif side == "entry" and any(_ties(atoms, when.place) and when.condition.cross is None for when in whens):
        yield from (("force", whole), ("require", whole))
    else:
        yield "force", whole


TRADING: Final = ("trad", "oper", "negoci")
"""Whoever says `trade from 9 to 17h` means these hours only; who says `buy` may mean then."""


def _ties(atoms: Atoms, place: int) -> bool:
    """Whether a condition hangs on by `with` alone, which may be when or only when."""
    return place > 0 and atoms[place - 1].role == "tie"

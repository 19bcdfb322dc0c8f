"""What an edit is held to once it is read: words anywhere in the sentence that throw doubt on it.

A reader looks for what a sentence asks for. The table beside says what tells that it does not, or not so: a denial far
from its verb, other people's accounts, a correction, a permission, mockery. A doubt makes a question of a plan, and of
an offer that nobody may have meant, an open one. Pure, and blind to how the sentence was read.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from core.contracts import Action, EditPlan, Language, Offer
from services.interpreter import misread
from services.interpreter.grammar.normalise import fold, read
from services.interpreter.grammar.outcome import Ask, Refusal
from services.interpreter.subjects import halved, of_plan
from services.interpreter.wording import say

FILE: Final = Path(__file__).with_name("doubts.toml")
NAME: Final = "{name}"
UNUSED: Final = "*"
"""Before words that an offer leaves out."""
Meaning = EditPlan | Action | Ask | Refusal
OFFERED: Final[dict[str, Callable[[EditPlan], tuple[Offer, ...]]]] = {
    "last": lambda plan: (Offer(plan=EditPlan(plan.operations[1:])),) if len(plan.operations) == 2 else (),
    "first": lambda plan: (Offer(plan=EditPlan(plan.operations[:1])),) if len(plan.operations) == 2 else (),
    "half": lambda plan: (Offer(plan=halved(plan)),),
    "pause": lambda plan: (Offer(plan=plan), Offer(action=Action("pause"))),
    "asked": lambda plan: (Offer(plan=plan),),
}
"""What a plan is offered as, by the end of its doubt; the first that offers anything counts."""
NARROWING: Final = ("last", "first")


@dataclass(frozen=True, slots=True)
class Doubt:
    """What of a sentence throws doubt on which edits."""

    says: re.Pattern[str]
    of: frozenset[str]
    unless: re.Pattern[str] | None
    spoken: str

    def is_of(self, subjects: frozenset[str], said: str, spoken: Language) -> bool:
        """Whether it speaks against an edit of these subjects."""
        if (self.of and self.of.isdisjoint(subjects)) or self.spoken not in ("", spoken.value):
            return False
        return self.says.search(said) is not None and (self.unless is None or self.unless.search(said) is None)


@cache
def prepare() -> dict[str, list[Doubt]]:
    """Read the table, which the first edit of a process would wait for."""
    content = tomllib.loads(FILE.read_text(encoding="utf-8"))
    found: dict[str, list[Doubt]] = {}
    for row in content["doubt"]:
        found.setdefault(row["end"], []).extend(_doubts(row, content["words"], content["names"]))
    return found


def _doubts(row: dict[str, Any], words: dict[str, str], names: dict[str, str]) -> Iterator[Doubt]:
    """A row, once for each parameter where it has the parameter's own name."""
    for name, called in names.items() if NAME in row.get("of", ()) else (("", ""),):
        said = {**words, "name": called}
        unless = _compiled(row["unless"], said) if "unless" in row else None
        of = frozenset([name] if name else row.get("of", ()))
        yield Doubt(_compiled(row["says"], said), of, unless, row.get("spoken", ""))


def _compiled(patterns: list[str], words: dict[str, str]) -> re.Pattern[str]:
    whole = "|".join(patterns)
    for name, meant in words.items():
        whole = whole.replace(f"{{{name}}}", meant)
    return re.compile(whole)


def held(meant: Meaning, text: str, spoken: Language) -> Meaning:
    """What is left of a meaning once the whole sentence is heard."""
    offers = meant.offers if isinstance(meant, Ask) else ()
    plans = (meant,) if isinstance(meant, EditPlan) else tuple(each.plan for each in offers if each.plan is not None)
    if not plans:
        return meant
    said = " ".join(token.key for token in read(text.replace("\u2260", "!=")).tokens)
    if any(_ends(plan, "reported", said, spoken) for plan in plans):
        return Refusal(say("reported", spoken))
    if isinstance(meant, EditPlan):
        return _plan_held(meant, said, spoken)
    return _offers_held(meant, said, spoken) if isinstance(meant, Ask) else meant


def _offers_held(asked: Ask, said: str, spoken: Language) -> Ask:
    marked = said
    for words in asked.unused:
        marked = marked.replace(f" {fold(words)}", f" {UNUSED}{fold(words)}")
    kept = tuple(
        each
        for each in asked.offers
        if each.plan is None or not (_is_void(each.plan, said, spoken) or _ends(each.plan, "owned", marked, spoken))
    )
    if len(kept) == len(asked.offers):
        kept = tuple(_narrowed(each, said, spoken) for each in kept)
    return Ask(asked.text, kept, asked.unused) if kept else Ask(say("not_understood", spoken))


def _plan_held(plan: EditPlan, said: str, spoken: Language) -> EditPlan | Ask:
    if _is_void(plan, said, spoken):
        return Ask(say("not_understood", spoken))
    for end, offered in OFFERED.items():
        if _ends(plan, end, said, spoken) and (offers := offered(plan)):
            return Ask(say("gist", spoken), offers)
    return Ask(say("not_understood", spoken)) if _ends(plan, "open", said, spoken) else plan


def _narrowed(offer: Offer, said: str, spoken: Language) -> Offer:
    """Of two edits the one that is meant, where the other was corrected, or is a reason."""
    for end in NARROWING if offer.plan is not None else ():
        if offer.plan is not None and _ends(offer.plan, end, said, spoken):
            return next(iter(OFFERED[end](offer.plan)), offer)
    return offer


def _is_void(plan: EditPlan, said: str, spoken: Language) -> bool:
    """Whether nobody may be offered this."""
    return _ends(plan, "never", said, spoken) or misread.is_misread(plan, said)


def _ends(plan: EditPlan, end: str, said: str, spoken: Language) -> bool:
    subjects = of_plan(plan)
    return any(each.is_of(subjects, said, spoken) for each in prepare()[end])

"""What was spoken of before: `it`, `that rule`, `volta o stop pro que era`, `e ontem?`."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from core.contracts import Action, DisableRule, EditPlan, Language, Offer, RemoveIndicator, RemoveRule
from services.interpreter.dialogue import plans, sentences, words
from services.interpreter.dialogue.state import Reply, Waiting
from services.interpreter.dialogue.turn import Taken, Turn
from services.interpreter.grammar.normalise import read

SHOWING: Final = ("show", "explain", "why", "history")
ENDING: Final = (RemoveRule, DisableRule, RemoveIndicator)
YESTERDAY: Final = re.compile(r"\b(?:ontem|yesterday)")
UNDO: Final = {Language.PT: "desfaz", Language.EN: "undo"}


def put_back(turn: Turn) -> Taken | None:
    """A value as it was: `volta o stop pro que era`."""
    if words.is_one("as_of_a_day", turn.said):
        return _version_of_a_day(turn)
    if (undone := _undone(turn)) is not None:
        return undone
    if not words.found("as_it_was", turn.said):
        return None
    said = turn.said.lower
    for start, end in reversed(words.found("as_it_was", turn.said)):
        said = said[:start] + said[end:]
    own = sentences.lattice(said, turn.language, turn.symbols)
    named = {name for edges in own.edges for value, _ in edges.get("PARAM", ()) for name in value}
    called = named.pop() if len(named) == 1 else plans.topic(turn.state.spoken_of) if not named else None
    if called is None or own.has("VALUE"):
        return None
    plan = plans.as_it_was(called, turn.state.past, turn.symbols)
    if plan is None:
        return turn.state, Reply(turn.question("no_past", name=called))
    return turn.now_waits(plan, "")


def _version_of_a_day(turn: Turn) -> Taken:
    """Which version, with the offer of going back to yesterday's where that is what was said."""
    asked = turn.question("as_of_a_day")
    if not turn.yesterday or not YESTERDAY.search(turn.said.lower):
        return turn.state, Reply(asked)
    back = Offer(action=Action("rollback", {"to": turn.yesterday}))
    return turn.asks(msgspec.structs.replace(asked, offers=(back,)), turn.text, None)


def _undone(turn: Turn) -> Taken | None:
    """What was confirmed last taken back, by its name or as a whole: `põe de volta`, `undo that`."""
    core, called = read(turn.core), plans.topic(turn.state.spoken_of)
    if turn.state.asked is not None or turn.state.waiting is not None:
        return None
    if words.is_one("putting_back", core) and called is not None:
        plan = plans.as_it_was(called, turn.state.past, turn.symbols)
        return None if plan is None else turn.now_waits(plan, "")
    if words.is_one("undoing", core):
        said = UNDO[turn.language]
        meant = turn.understand(said)
        return turn.opened(meant, turn.state, said), Reply(meant)
    return None


def referred(turn: Turn) -> Taken | None:
    """A sentence about `it`."""
    topic = plans.topic(turn.state.spoken_of) or turn.state.topic
    if (
        not topic
        or (turn.peeled.corrects and turn.about is not None)
        or sentences.names_something(turn.text, turn.language, turn.symbols)
    ):
        return None
    said = sentences.with_topic(turn.text, topic) or _about(turn, topic)
    if said is None:
        return None
    said = _in_unit(turn, said)
    meant = turn.understand(said)
    waiting = turn.state.waiting
    if waiting is not None and (ended := _ended(turn, waiting, said, meant.plan)) is not None:
        return ended
    plan = meant.plan if waiting is None else turn.plan_of(said)
    of_both = _relative(turn, waiting, said, plan) if waiting is not None else None
    return of_both or (turn.opened(meant, turn.state, said), Reply(meant))


def _in_unit(turn: Turn, said: str) -> str:
    """`Now put it at 4` of two minutes is four minutes."""
    about = turn.state.waiting or turn.state.last
    bare = sentences.only_amount(turn.text, turn.language, turn.symbols)
    if about is None or not about.said or bare is None:
        return said
    whole = sentences.in_unit_of(about.said, bare, about.language, turn.symbols)
    return said.replace(bare, whole, 1) if whole != bare and said.count(bare) == 1 else said


def asked_about(turn: Turn) -> Taken | None:
    """A question about `it`, which shows something and leaves open what is: `wait, what is it right now?`."""
    topic = plans.topic(turn.state.spoken_of) or turn.state.topic
    core = turn.core
    if not topic or sentences.names_something(core, turn.language, turn.symbols):
        return None
    said = sentences.with_topic(core, topic)
    meant = turn.understand(f"{said.rstrip(' ?')}?") if said is not None else None
    if meant is None or meant.action is None or meant.action.name not in SHOWING:
        return None
    return turn.opened(meant, turn.state, said or ""), Reply(meant)


def _ended(turn: Turn, waiting: Waiting, said: str, plan: EditPlan | None) -> Taken | None:
    """The end of something that only waits, `tira essa regra`: it is withdrawn, and the rest of the plan waits on.

    None for a sentence that ends nothing. What is not in force yet can be spoken of as if it were.
    """
    ends = plan or turn.read_as(said, plans.assumed(turn.symbols, waiting.plan)).plan
    if ends is None or not all(isinstance(each, ENDING) for each in ends.operations):
        return None
    left = plans.without(waiting.plan, ends)
    if left is None or left == waiting.plan:
        return turn.state.settled, turn.nothing("withdrawn")
    return turn.now_waits(left, turn.spelled(left))


def _about(turn: Turn, topic: str) -> str | None:
    """The words with the name that they leave out: `dobra`, `põe em 70%`; None where that says nothing."""
    value = sentences.amount(words.bare("making", turn.said), turn.language, turn.symbols)
    if value is not None and words.after("making", turn.said) is not None:
        return sentences.setting(topic, value, turn.language)
    if turn.understand(turn.text).plan is not None:
        return None
    return next((said for said in sentences.about(turn.core, topic) if turn.plan_of(said) is not None), None)


def looked_again(turn: Turn) -> Taken | None:
    """More of what was shown: `e ontem?`, `and why did you sell?`."""
    rest = words.after("adding", turn.said)
    if not turn.state.looked or not rest:
        return None
    said = sentences.of_time(turn.state.looked, rest, turn.language, turn.symbols) or rest
    meant = turn.understand(said)
    return (turn.opened(meant, turn.state, said), Reply(meant)) if meant.action is not None else None


def _relative(turn: Turn, waiting: Waiting, said: str, plan: EditPlan | None) -> Taken | None:
    """Of what waits or of what is in force: `raise it by 1 pp` may be said of either, and is asked then."""
    later = turn.read_as(said, plans.assumed(turn.symbols, waiting.plan)).plan
    found = [each for each in (plans.as_of(turn.symbols, later), plan) if each is not None]
    whole = [both for each in found if (both := plans.merged(waiting.plan, each)) is not None]
    if not whole:
        return None
    if whole[0] != whole[-1]:
        return turn.which(whole, waiting)
    return turn.now_waits(whole[0], turn.spelled(whole[0]))

"""The owner's words at a yes/no question, until they decide it.

A word that stops is done first: panic declines what was asked, a pause leaves it open. A question is answered, and
what is neither is told how to answer; nothing but a clear yes lets the change go on. After `para tudo`, which asks
whether to close everything, a yes may be for that, and is asked about once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from core.contracts import Change, Language
from core.contracts.answers import Answer, Panicked, Said
from core.contracts.told import TellStep
from services.commander.desk.stopping import stop_by_word
from services.commander.road.deployment import Deployment
from services.commander.texts import say

Questioned = Callable[[Change], Awaitable[bool | str]]
"""Puts the question of a change to its owner: his yes or no, or his words."""
Reword = Callable[[str], Awaitable[Said | bool | None]]
"""Understands words as another plan than the one that is asked about. True: it is one, or none is wanted any more; a
question back; or None for any other words."""
Look = Callable[[str], Awaitable[Answer | None]]
"""Answers a sentence that only shows something; None for any other."""


async def decide(
    deployment: Deployment, look: Look, change: Change, tell: TellStep, asked: Questioned, reword: Reword | None = None
) -> bool:
    """Whether the owner says yes, however often he has to be asked; False when he hangs up, or wants another plan."""
    from services.interpreter.answering import answer
    from services.interpreter.stopping import heard

    asks_back = ""  # the text that says to what a yes may be
    while isinstance(said := await asked(change), str):
        decided, language = answer(said), change.language
        if decided is not None and not (decided and asks_back):
            return decided
        if reword is not None and decided is None and heard(said) is None:
            reworded = await reword(said)
            if isinstance(reworded, bool):
                return False
            if reworded is not None:
                tell(reworded)
                asks_back = "which_offer"
                continue
        line = Said(text=say(asks_back, language)) if decided else await _reply(deployment, look, said, language)
        asks_back = "which_yes" if not decided and _asks_back(said) else ""
        tell(line)
        if isinstance(line, Panicked):
            return False
    return said


async def _reply(deployment: Deployment, look: Look, said: str, language: Language | None) -> Answer:
    """What is said back to words that are neither yes nor no."""
    from services.interpreter.stopping import heard

    stopped = await stop_by_word(said, deployment.context.settings.data_dir, deployment.trader)
    if stopped is not None:
        return stopped
    if heard(said) is not None:
        return Said(text=say("panic_unsure", language))
    return await look(said) or Said(text=say("how_to_answer", language))


def _asks_back(said: str) -> bool:
    """Whether what is said to these words is a question of its own: close everything?"""
    from services.interpreter.stopping import Stop, heard

    stop = heard(said)
    return stop is not None and (stop.stop is Stop.HALT or (stop.unsure and stop.stop is Stop.PANIC))

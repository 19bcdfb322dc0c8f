"""One sentence from its arrival to its end, whoever walks it, and what becomes of it when something breaks.

Every state is written before what it stands for is done, so that a crash finds what to finish or to take back. Refusals
are values: the change ends as asked, rejected or failed, with a reason in the owner's language, and nothing has moved.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from core.contracts import Change, Utterance
from core.contracts.told import Received, TellStep
from core.errors import SorteError
from core.retelling import retold
from core.telemetry import bound, get_logger
from services.commander.road.deployment import Deployment
from services.commander.road.traveller import Confirm, Ended
from services.commander.road.walker import Walker
from services.commander.texts import say
from services.commander.trader_port import TraderGone, TraderRefused

log = get_logger()

ID_BYTES: Final = 4
By = Callable[[Deployment, Change, TellStep, Confirm], Walker]


async def walk(
    deployment: Deployment, utterance: Utterance, tell: TellStep, confirm: Confirm, by: By | None = None
) -> Change:
    """Bring a sentence to its end, and return the change as it ended: whatever breaks on the road, the change says it.

    `by` walks it: a Walker, unless it is understood otherwise. Raises what keeps the sentence from being written down;
    TraderGone and TraderRefused once refs move, for then the next start goes on with it; and CancelledError, with the
    change ended as interrupted unless refs move.
    """
    return await _walk(deployment, utterance, tell, confirm, Walker.walk, by)


async def walk_back(
    deployment: Deployment, utterance: Utterance, to: str | None, steps: int, tell: TellStep, confirm: Confirm
) -> Change:
    """The same for a rollback that was not a sentence, and is asked about first."""

    async def go(walker: Walker) -> None:
        await deployment.settle()
        await walker.go_back(utterance.text, to, steps)

    return await _walk(deployment, utterance, tell, confirm, go)


async def walk_on(deployment: Deployment, change: Change, tell: TellStep) -> Change:
    """The rest of the road of a held change, once its owner has said yes to what it was shown to do."""
    with bound(change=change.id):
        return await _walk_to_its_end(Walker(deployment, change, tell, _nobody), Walker.go_on)


async def _nobody(_: Change) -> None:
    """Whoever is asked has answered before."""


async def _walk(
    deployment: Deployment,
    utterance: Utterance,
    tell: TellStep,
    confirm: Confirm,
    go: Callable[[Walker], Awaitable[None]],
    by: By | None = None,
) -> Change:
    change = deployment.context.changes.save(Change(id=secrets.token_hex(ID_BYTES), utterance=utterance))
    with bound(change=change.id):
        log.info("change.received", text=utterance.text, owner=utterance.owner, message=utterance.message)
        tell(Received(id=change.id))
        return await _walk_to_its_end((by or Walker)(deployment, change, tell, confirm), go)


async def _walk_to_its_end(walker: Walker, go: Callable[[Walker], Awaitable[None]]) -> Change:
    try:
        await go(walker)
    except Ended:
        pass
    except (TraderGone, TraderRefused) as error:
        if walker.moving:  # a rollback is on its way, and the next start goes on with it
            raise
        walker.fail(
            say("trader_gone", walker.change.language)
            if isinstance(error, TraderGone)
            else retold(error.message, walker.change.language)
        )
    except asyncio.CancelledError:
        if not walker.moving:  # what moves goes on without us: the next start looks how far it came
            walker.fail(walker.interrupted)
        raise
    except Exception as error:  # the boundary of the road: whatever it was, the owner is told and nothing has moved
        log.exception("change.failed")
        detail = error.message if isinstance(error, SorteError) else f"{type(error).__name__}: {error}"
        walker.fail(say("internal", walker.change.language, detail=detail))
    finally:
        walker.leave()
    return walker.change

"""Who takes the place of a host that died. Pure: roles in, roles out; `slots.py` carries it out.

Blue decides, previous is fed the same events and stays warm, green waits to become blue. A host may also be the one
that was left: gone back from, and kept warm as previous for the owner alone.

    who dies     | what follows
    -------------|-------------------------------------------------------------------------------------------------------
    blue         | previous becomes blue, and takes its open turns; a spare of its release is started as previous
    blue, alone  | nobody decides until another host of its release is warm
    blue, beside | nobody decides until another host of its release is warm: what was gone back from may have been
      the left   | worse, and decides nothing by itself
    previous     | another of its release is started; of blue's release when it was the left one
    green        | nothing: who staged it hears of it
    any, retired | nothing is started, and no other epoch begins: it was not needed any more
    any, unfit   | nothing is started: its source would fail the same way again
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Generic, TypeVar

H = TypeVar("H")
"""A host; compared by identity only."""


class Death(Enum):
    """Why a host died, as far as its succession goes."""

    FAILED = "failed"
    RETIRED = "retired"  # it was not needed any more: no fault
    UNFIT = "unfit"  # the strategy does not load or compile


@dataclass(frozen=True, slots=True)
class Roles(Generic[H]):
    """Which host is what; None where there is none."""

    blue: H | None = None
    green: H | None = None
    previous: H | None = None
    left: H | None = None  # who was gone back from, dead or alive

    @property
    def heir(self) -> H | None:
        """Who decides when blue cannot."""
        return self.previous if self.previous is not self.left else None


@dataclass(frozen=True, slots=True)
class Succession(Generic[H]):
    """What follows from a death."""

    roles: Roles[H]
    decides: H | None = None  # in place of the dead one from now on; None: nobody, or the same as before
    falls_to: H | None = None  # who was fed the dead one's open turns too, and may answer them
    starts: H | None = None  # another host of the release of this one is started
    gives_up: bool = False  # the dead one's release is not started again


def after_death(roles: Roles[H], dead: H, death: Death) -> Succession[H]:
    """What follows when `dead` dies, whatever its role; it need not have one any more."""
    if dead is roles.green:
        return Succession(replace(roles, green=None))
    was_blue, retired = dead is roles.blue, death is Death.RETIRED
    decides = None
    if was_blue and roles.previous is not None and roles.heir is None and not retired:
        roles = replace(roles, blue=None)
    elif was_blue:
        roles = replace(roles, blue=roles.previous, previous=None)
        decides = roles.blue if not retired else None
    elif dead is roles.previous:
        roles = replace(roles, previous=None)
    falls_to = roles.blue if was_blue else None
    if death is Death.UNFIT:
        return Succession(roles, decides, falls_to, gives_up=True)
    if retired:
        return Succession(roles, decides, falls_to)
    spare = roles.blue is not None and (was_blue or dead is roles.left)
    return Succession(roles, decides, falls_to, starts=roles.blue if spare else dead)

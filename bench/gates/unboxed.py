"""Single gates without a box, for hundreds of programs: what is measured is what they refuse, and not the box.

Run it in plain Python, NUMBA_DISABLE_JIT=1, as the formulas gate does inside of a box.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from bench.gates.corpus import programs
from core.strategy import Source
from sandbox.tasks.trading import Bench
from sandbox.tasks.witness import Witness
from services.guardian.answers import Prepared
from services.guardian.grade import CandidateFault
from services.guardian.known.holding import differences
from services.guardian.side import Side

Answer = TypeVar("Answer")
SECONDS = 600.0


class Unboxed:
    """A `services.guardian.session.Session` that answers in this process, through the same encoding."""

    def __init__(self, source: Source) -> None:
        self._rooms = (Witness(source), Bench(source))

    def ask(self, task: str, answer: type[Answer], *, seconds: float, **arguments: Any) -> Answer:  # noqa: ARG002
        """What the task says."""
        name = task.partition(".")[2]
        function = next(getattr(room, name) for room in self._rooms if hasattr(room, name))
        given = msgspec.msgpack.decode(msgspec.msgpack.encode(arguments))
        return msgspec.msgpack.decode(msgspec.msgpack.encode(function(**given)), type=answer)

    def cpu_ns(self) -> int:
        """Of this process: there is no other."""
        return time.process_time_ns()

    def close(self) -> None:
        """Nothing was opened."""


def side_of(source: Source) -> Side:
    """The strategy loaded here; CandidateFault when it cannot be."""
    side = Side("candidate in plain Python", source.tree_hash, Unboxed(source), SECONDS, blamed=True)
    side.ready.set_result(side.ask("trading.prepare", Prepared))
    if not side.usable:
        raise CandidateFault(side.ready.result().fault)
    return side


def known_differences(source: Source, parent: Source) -> Iterator[str]:
    """The known functions that are not as they are known, and `raises` for one that raises."""
    try:
        yield from dict.fromkeys(one.function for one in differences(side_of(source), source, parent, source.tree_hash))
    except CandidateFault:
        yield "raises"


def main() -> None:
    """`python -m bench.gates.unboxed wrong x001 ...`: a JSON line for each of these programs, or for all of a kind."""
    kind, *names = sys.argv[1:]
    parent = Source.shipped()
    for program in programs(kind):
        if not names or program.name in names:
            found = list(known_differences(program.source(), parent))
            sys.stdout.write(msgspec.json.encode([program.name, found]).decode() + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()

"""`python -m bench.gates.controls`: what wants out of the box or into the grader works, but not where it is held.

A program that is refused proves little when it would not have worked anyway. So each is tried first where nothing holds
it, and counts only when it works there. Of the others it is said which they are, and why where that is known.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from bench.gates import attempts, escapes, hijacks, talking
from bench.gates.corpus import Program, programs
from bench.gates.escapes import Escape, Place, Tried, attempted
from bench.gates.judging import Judged, judged
from core.errors import SandboxError
from core.strategy import Source

ROOT: Final = Path(__file__).parents[2]
AT_A_TIME: Final = 2
HEAD: Final = """
### What would work elsewhere

Each program is tried first where nothing holds it: a hijack of the grader under plain pytest, with a fault that its
tests find without it; an escape in a process without a box, an answer to a listener who believes it. Only what works
there counts. A hijack is held when every gate's verdict refuses it; an escape when it leaves no file, connection or
process, and does not get what it wants, in the judge's box, by bubblewrap and where a daemon answers by Docker, and in
a live host's, with no gate in front; an answer when the judge neither takes it for what it is not nor waits for it.

| group | programs | work where nothing holds them | of these held | not held |
|---|--:|--:|--:|--:|
"""
TOLD: Final = 200
DOES_NOT_WORK: Final = "does not work outside either"


@dataclass(frozen=True, slots=True)
class End:
    """Of one program: whether its control works (if not, why it has none), and at which places it was not held."""

    group: str
    name: str
    control: bool
    why: str
    loose: tuple[str, ...] = ()
    """Places where it got what it wanted, or where it did not come to try and so shows nothing."""


def escaped(group: str, escape: Escape, control: Place, places: dict[str, Place]) -> End:
    """How an escape ended; where it has no control the boxes are not asked, as they could show nothing."""
    if escape.without:
        return End(group, escape.name, control=False, why=escape.without)
    if not attempted(escape, control).out:
        return End(group, escape.name, control=False, why=DOES_NOT_WORK)
    loose = (loosely(place, attempted(escape, hold)) for place, hold in places.items())
    return End(group, escape.name, control=True, why="", loose=tuple(filter(None, loose)))


def loosely(place: str, tried: Tried) -> str:
    """What is wrong with this as a proof that a place holds; empty for nothing."""
    told = " ".join(tried.told.split())[:TOLD]
    if tried.out:
        return f"out of {place}: {told}"
    return "" if tried.reached else f"not tried in {place}: {told}"


def hijacked(program: Program, verdict: Judged | None, *, works: bool) -> End:
    """How a hijack ended. What was not judged is not held."""
    outcome = verdict.outcome if verdict is not None else "not judged"
    loose = () if outcome == "rejected" else (outcome,)
    return End("grader hijacks", program.name, works, "" if works else DOES_NOT_WORK, loose if works else ())


def of_escapes() -> Iterator[End]:
    """All of them, in order; in a container's box too where a daemon answers."""
    with contextlib.ExitStack() as stack, ThreadPoolExecutor(AT_A_TIME) as pool:
        kinds = {"the judge's box": stack.enter_context(escapes.judges_boxes())}
        with contextlib.suppress(SandboxError):
            kinds["a container's box"] = stack.enter_context(escapes.judges_boxes("docker"))
        places = {name: functools.partial(escapes.asked, boxes) for name, boxes in kinds.items()}
        judges = {name: functools.partial(talking.judge, boxes) for name, boxes in kinds.items()}
        everywhere = {**places, "a live host's box": escapes.live_host}
        begun = [pool.submit(escaped, group, one, escapes.outside, everywhere) for group, one in _found()]
        for family, one in escapes.of_attempts(attempts.ANSWERS):
            begun.append(pool.submit(escaped, family, one, talking.believer, judges))
        yield from (future.result() for future in begun)


def _found() -> Iterator[tuple[str, Escape]]:
    """Each escape with its group."""
    yield from (("escapes of the corpus", one) for one in escapes.of_corpus())
    yield from (("attempts at the box", one) for one in escapes.of_probes())
    yield from escapes.of_attempts()


def of_hijacks() -> Iterator[End]:
    """All of them; ValueError when the tests do not find the fault that each of them hides."""
    found = [program for program in programs("hostile") if program.control == "pytest"]
    verdicts = {end.name: end for end in judged(found, ROOT / ".bench" / "gates", Console(stderr=True).print)}
    if hijacks.says_passed(hijacks.fault_alone(Source.shipped())):
        raise ValueError("the tests of the strategy do not find the fault that is planted")
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        for program, works in zip(found, pool.map(hijacks.works, found), strict=True):
            yield hijacked(program, verdicts.get(program.name), works=works)


def markdown(ends: Sequence[End]) -> str:
    """Their part of the page."""
    text = HEAD
    for group in dict.fromkeys(end.group for end in ends):
        own = [end for end in ends if end.group == group]
        works = [end for end in own if end.control]
        loose = sum(bool(end.loose) for end in works)
        text += f"| {group} | {len(own)} | {len(works)} | {len(works) - loose} | {loose} |\n"
    text += "\n#### Not held\n\n"
    text += "".join(f"- {end.name}: {'; '.join(end.loose)}\n" for end in ends if end.loose) or "None.\n"
    text += "\n#### Without a control\n\n"
    return text + ("".join(f"- {end.name}: {end.why}\n" for end in ends if not end.control) or "None.\n")


def table() -> str:
    """The figures as a part of a page."""
    return markdown([*of_hijacks(), *of_escapes()])


def main() -> None:
    """Print them."""
    sys.stdout.write(table())


if __name__ == "__main__":
    main()

"""Server-sent events (WHATWG HTML, section 9.2): the pieces of a board for one open page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Final

from services.gateway.web.live.board import Board

BEAT_SECONDS: Final = 15.0
"""So often a line comes at least: a proxy hangs up on who says nothing, and a session that ended is noticed."""
RETRY_MS: Final = 1000
GAP: Final = "gap"


def frame(name: str, html: str, number: str) -> bytes:
    """One event. Each line of the data is said by itself, so that nothing in it can begin another event."""
    data = "".join(f"data: {line}\n" for line in html.splitlines() or [""])
    return f"id: {number}\nevent: {name}\n{data}\n".encode()


async def stream(
    board: Board, last: str, lasts: Callable[[], bool], missing: Callable[[int | None], str]
) -> AsyncIterator[bytes]:
    """Everything after the event `last`, then what comes, as long as `lasts` says so.

    `missing` says that so many lines are not there any more; None is an unknown number, of another life of ours.
    """
    yield f"retry: {RETRY_MS}\n\n".encode()
    seen = board.number_in(last)
    if last and seen is None:  # of another life: what was told between the two is in the log, not here
        yield frame(GAP, missing(None), f"{board.life}-0")
    seen = seen or 0
    with board.read():
        while lasts():
            pieces, gap = board.after(seen)
            if gap and seen:
                yield frame(GAP, missing(gap), f"{board.life}-{seen}")
            if pieces:
                seen = pieces[-1].number
                yield b"".join(frame(piece.name, piece.html, f"{board.life}-{piece.number}") for piece in pieces)
            if not await board.more_than(seen, BEAT_SECONDS):
                yield b": still here\n\n"

"""Answers the owner's questions on the local socket: one question a connection, a JSON line for each step.

The last line is the answer, which says so (`"last": true`), and after which we hang up. A question for the owner is
`{"kind": "confirm", ...}`, and is answered with `{"confirm": true}`; who hangs up instead has declined. What was
confirmed goes on without its asker.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path
from typing import Final

import msgspec

from core.contracts import Change
from core.contracts.answers import Answer, ChangeEnded, CloseSaid, Failed, Panicked, Paused, Resumed, Unkilled
from core.contracts.asking import Confirmation, Question, Word, encode_last
from core.contracts.told import Tell, Telling, encode_line
from core.errors import SorteError
from core.telemetry import get_logger
from services.commander.desk.desk import Desk
from services.commander.line.local_socket import is_owner, listen
from services.commander.texts import confirmation

log = get_logger()

LONGEST_LINE: Final = 1 << 16
QUESTION_SECONDS: Final = 60.0
"""Who connects and says nothing is hung up on by then; each keeps a descriptor from who has something to say."""
TO_ALL: Final = (ChangeEnded, Paused, Resumed, Panicked, Unkilled, CloseSaid)
"""Answers that everybody who listens hears too: what they tell of concerns them all."""
BEHIND_BYTES: Final = 1 << 22
"""A listener that has not read so much is dropped: nobody's memory is a mailbox."""


class Asker:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def tell(self, told: Telling) -> None:
        """One line; for nobody when he has gone."""
        self._write(encode_line(told))

    def end(self, answer: Answer) -> None:
        """The last line, which says so."""
        self._write(encode_last(answer))

    def _write(self, line: bytes) -> None:
        if self.writer.is_closing():
            return
        if self.writer.transport.get_write_buffer_size() > BEHIND_BYTES:
            self.writer.transport.abort()
            return
        self.writer.write(line + b"\n")

    async def confirm(self, change: Change) -> bool | str:
        """Ask him; no answer is no, and words come back as they are."""
        self._write(encode_line(Confirmation(id=change.id, question=confirmation(change))))
        try:
            line = await self.reader.readline()
            word = msgspec.json.decode(line, type=Word) if line else Word(confirm=False)
        except (ValueError, msgspec.MsgspecError, ConnectionError):
            return False
        return word.said if word.confirm is None else word.confirm


async def _question(reader: asyncio.StreamReader, within_seconds: float) -> bytes:
    """The line that asks. Raises TimeoutError when none comes, SorteError for one that is longer than any question."""
    try:
        async with asyncio.timeout(within_seconds):
            return await reader.readline()
    except ValueError:
        raise SorteError("The question is too long.") from None


class Server:
    """Listens until it is closed."""

    def __init__(self, desk: Desk, folder: Path, *, question_seconds: float = QUESTION_SECONDS) -> None:
        self._desk, self._question_seconds = desk, question_seconds
        self._folder = folder
        self._listeners: set[Asker] = set()
        self._questions: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to listen."""
        self._server = await asyncio.start_unix_server(self._take, sock=listen(self._folder), limit=LONGEST_LINE)

    async def close(self) -> None:
        """Stop listening; what is being walked is cancelled, and ends as failed."""
        if self._server is not None:
            self._server.close()
        for question in self._questions:
            question.cancel()
        await asyncio.gather(*self._questions, return_exceptions=True)

    def broadcast(self, told: Telling) -> None:
        """Tell everybody who listens."""
        for asker in list(self._listeners):
            asker.tell(told)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._questions.add(task)
            task.add_done_callback(self._questions.discard)
        asker = Asker(reader, writer)
        try:
            await self._answer(asker, writer.get_extra_info("socket"))
        except asyncio.CancelledError:
            pass  # we close; asyncio would report it as a fault of the connection
        finally:
            self._listeners.discard(asker)
            with contextlib.suppress(ConnectionError):
                writer.close()
                await writer.wait_closed()

    async def _answer(self, asker: Asker, connection: socket.socket) -> None:
        if not is_owner(connection):
            return
        final: Answer
        try:
            asked = msgspec.json.decode(await _question(asker.reader, self._question_seconds), type=Question)
            if asked.do == "listen":
                self._listeners.add(asker)
                await asker.reader.read()
                return
            final = await self._desk.answer(asked, self._teller(asker), asker.confirm)
        except msgspec.MsgspecError as error:
            final = Failed(message=f"This is no question: {error}.", hint="")
        except SorteError as error:
            final = Failed(message=error.message, hint=error.hint)
        except TimeoutError:
            final = Failed(message=f"No question came within {self._question_seconds:.0f} s.", hint="")
        except Exception as error:  # the boundary of one question
            log.exception("question.failed")
            final = Failed(message=f"Unexpected: {type(error).__name__}: {error}.", hint="")
        asker.end(final)
        if isinstance(final, TO_ALL):
            self.broadcast(final)

    def _teller(self, asker: Asker) -> Tell:
        """Steps go to who asked, and to everybody who listens."""

        def tell(told: Telling) -> None:
            asker.tell(told)
            self.broadcast(told)

        return tell

"""The gateway's line to the commander: what an owner asks, and what everybody who listens is told.

The commander may be away. What stops trading then goes by the owner's files, which the trader looks at every second;
anything else is told as what it is: nobody can be asked just now.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

import msgspec

from core.contracts import Change
from core.contracts.answers import Answer, CloseSaid, Failed
from core.contracts.asking import Confirmation, Last, Question, Word, decode_line
from core.contracts.told import Telling, TellStep
from core.errors import SorteError
from core.language import Language
from core.owner import OwnersWord
from core.settings import Settings
from services.commander.desk.stopping import stop_by_word
from services.commander.desk.switches import SWITCHES, switch
from services.commander.line.local_socket import connect
from services.commander.line.words import readable, unreachable
from services.commander.texts import confirmation
from services.gateway.listening import Deaf, listen

Confirm = Callable[[Confirmation], Awaitable[bool | str]]
"""Asks the owner: his yes or no, or words that the commander is to understand."""
LINE_BYTES: Final = 1 << 23
"""The longest line that is read: a history of a thousand changes."""
STOP_SECONDS: Final = 3.0
"""A commander that takes longer over a word that stops is not waited for: the files say it too."""
VERSION_HINT: Final = "Stop it, and start it again with `sorte run`."


class Line:
    """One person at one surface: his questions say so, and are answered in his language."""

    def __init__(
        self,
        settings: Settings,
        owner: str,
        surface: str,
        language: Language | None = None,
        *,
        stop_seconds: float = STOP_SECONDS,
    ) -> None:
        """`owner` is his name for the record, `surface` where he speaks: telegram, web."""
        self._settings, self._owner, self._surface, self._language = settings, owner, surface, language
        self._stop_seconds = stop_seconds

    def of(self, owner: str, surface: str, language: Language | None = None) -> Line:
        """The line of somebody else."""
        return Line(self._settings, owner, surface, language, stop_seconds=self._stop_seconds)

    async def ask(self, question: Question, on_step: TellStep, confirm: Confirm | None = None) -> Answer:
        """The answer; `on_step` hears what comes before it, `confirm` asks the owner, who else declines.

        Raises SorteError for what the other side calls an error, and where nobody can be asked.
        """
        question = readable(self._signed(question))
        if question.do in SWITCHES or (question.do == "change" and stops(question.text)):
            return await self._stop(question, on_step)
        connection = await self._connect()
        if connection is None:
            return await self._alone(question, confirm)
        with contextlib.closing(connection[1]):
            return await _ask(*connection, question, on_step, confirm)

    async def listen(self) -> AsyncIterator[Telling | Deaf]:
        """All that is told, for good; `Deaf` when the commander is away, and again when it is back."""
        async for told in listen(self._connect):
            yield told

    def kill(self, *, everything: bool = False) -> None:
        """Throw the kill switch. Raises OSError where it could not be written."""
        OwnersWord(self._settings.data_dir).kill(everything=everything)

    @property
    def runs(self) -> bool:
        """Whether a trader hears the owner's word now."""
        return OwnersWord(self._settings.data_dir).listener is not None

    # How --------------------------------------------------------------------------------------------------------------

    def _signed(self, question: Question) -> Question:
        message = question.message or f"{self._surface}:{secrets.token_hex(6)}"
        signed = msgspec.structs.replace(question, owner=question.owner or self._owner, message=message)
        return signed if question.language or self._language is None else signed.spoken_in(self._language)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        found = await asyncio.to_thread(connect, self._settings.data_dir)  # one that is busy may let us wait
        return None if found is None else await asyncio.open_connection(sock=found, limit=LINE_BYTES)

    async def _stop(self, question: Question, on_step: TellStep) -> Answer:
        """A word that must not wait: by the commander when it answers at once, else by the files."""
        with contextlib.suppress(TimeoutError, SorteError, OSError):
            async with asyncio.timeout(self._stop_seconds):
                if (connection := await self._connect()) is not None:
                    with contextlib.closing(connection[1]):
                        return await _ask(*connection, question, on_step, None)
        folder, language = self._settings.data_dir, question.language or self._language
        if question.do != "change":
            return await switch(question.do, folder, None, language)
        stopped = await stop_by_word(question.text, folder, None)
        assert stopped is not None  # noqa: S101 - it was heard as such a word
        return stopped

    async def _alone(self, question: Question, confirm: Confirm | None) -> Answer:
        listener = OwnersWord(self._settings.data_dir).listener
        if listener is None:
            raise SorteError("Nobody trades here at the moment.", "`sorte run` starts it.")
        if question.do == "close":
            return await self._close(question, confirm)
        raise unreachable(listener)

    async def _close(self, question: Question, confirm: Confirm | None) -> CloseSaid:
        from services.commander.desk.closing import close_by_file  # what it reads of the journal weighs 20 MB

        async def asked(change: Change) -> bool:
            if question.yes or confirm is None:
                return question.yes
            return await confirm(Confirmation(id=change.id, question=confirmation(change))) is True

        return await close_by_file(question.pair, self._settings.data_dir, asked, question.language or self._language)


def stops(text: str) -> bool:
    """Whether a sentence is a word that stops trading at once."""
    from services.interpreter.stopping import Stop, heard  # loads the phrases, which an idle gateway needs not

    stop = heard(text)
    return stop is not None and not (stop.unsure and stop.stop is Stop.PANIC)


async def _ask(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    question: Question,
    on_step: TellStep,
    confirm: Confirm | None,
) -> Answer:
    writer.write(msgspec.json.encode(question) + b"\n")
    while line := await _line(reader):
        try:
            told = decode_line(line)
        except msgspec.ValidationError as error:
            said = f"The running instance is of another version, and what it said is not known here: {error}."
            raise SorteError(said, VERSION_HINT) from None
        except msgspec.DecodeError:  # torn: it died in the middle of a word
            break
        match told:
            case Last(Failed(message=message, hint=hint)):
                raise SorteError(message, hint)
            case Last(answer):
                return answer
            case Confirmation():
                said_back = await confirm(told) if confirm is not None else False
                word = Word(said=said_back) if isinstance(said_back, str) else Word(confirm=said_back)
                writer.write(msgspec.json.encode(word) + b"\n")
            case step:
                on_step(step)
    raise SorteError("The running instance went away before the end.", "`sorte history` shows how it ended.")


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except (ConnectionError, ValueError):
        return b""

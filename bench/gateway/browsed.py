"""What is sent from the page while a gateway is killed, and how often it was done; see `bench.gateway.deeds`.

A browser that got no answer says so itself, and its owner looks again. What was answered is done, once, or still waits.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator
from typing import Final

import httpx

from bench.gateway.deeds import Tally, counted, history, next_sentence
from bench.gateway.killing import Killing
from core.contracts.answers import Held, Paused
from core.contracts.asking import Question
from core.contracts.change import State
from services.gateway.door import ADDRESS_NOTE
from services.gateway.store import opened

CSRF: Final = re.compile(r'name="csrf" value="([^"]+)"')
TOKEN: Final = re.compile(r'formaction="/changes/(\w+)/approve" name="token" value="([^"]+)"')
PATIENCE_SECONDS: Final = 30.0


class Visit:
    """A browser of the owner's, logged in at the gateway that runs now; its session outlives that gateway."""

    def __init__(self, it: Killing) -> None:
        with opened(it.folder / "data") as store:
            code = store.entering.make_link(time.time_ns(), owner="bench")
            address = store.notes.get(ADDRESS_NOTE)
        self._client = httpx.Client(base_url=address, headers={"Origin": address}, timeout=PATIENCE_SECONDS)
        self._client.post("/login", data={"code": code})
        self.page = self._client.get("/").text
        self.broken = False

    def send(self, path: str, **fields: str) -> None:
        """Send a form; `broken` when no answer comes."""
        form = {"csrf": CSRF.findall(self.page)[0], **fields}
        try:
            self.broken = self._client.post(path, data=form).status_code != httpx.codes.SEE_OTHER
        except httpx.TransportError:
            self.broken = True
        finally:
            self._client.close()


async def page_pause(it: Killing, tally: Tally, name: str) -> AsyncIterator[None]:
    """A switch of the page."""
    visit, heard = await asyncio.to_thread(Visit, it), counted(it, Paused)
    yield
    sending = asyncio.ensure_future(asyncio.to_thread(visit.send, "/pause"))
    yield
    await sending
    tally.add("post", name, counted(it, Paused) - heard, told=visit.broken)
    await it.line.ask(Question(do="resume"), lambda _: None)


async def page_sentence(it: Killing, tally: Tally, name: str) -> AsyncIterator[None]:
    """A sentence from the page."""
    visit, text = await asyncio.to_thread(Visit, it), next_sentence(it)
    yield
    sending = asyncio.ensure_future(asyncio.to_thread(visit.send, "/say", text=text))
    yield
    await sending
    changes = [each for each in await history(it) if each.text == text]
    tally.add("post", name, len(changes), told=visit.broken)
    for each in changes:
        if each.state is State.HELD:
            await it.line.ask(Question(do="reject", id=each.id), lambda _: None)


async def page_apply(it: Killing, tally: Tally, name: str) -> AsyncIterator[None]:
    """A yes from the page; one that did not get through still waits there, and is told so by standing there."""
    text = next_sentence(it)
    held = await it.line.ask(Question(do="change", text=text, holds=True), lambda _: None)
    if not isinstance(held, Held):
        raise TypeError(f"{text} was not held: {held}")
    visit = await asyncio.to_thread(Visit, it)
    while not (tokens := dict(TOKEN.findall(visit.page))).get(held.id):
        visit = await asyncio.to_thread(Visit, it)
    yield
    sending = asyncio.ensure_future(asyncio.to_thread(visit.send, f"/changes/{held.id}/approve", token=tokens[held.id]))
    yield
    await sending
    changes = [each for each in await history(it) if each.text == text]
    waits = changes[0].state is State.HELD
    again = await asyncio.to_thread(Visit, it)
    tally.add("post", name, int(not waits), told=visit.broken or (waits and held.id in again.page))
    if waits:
        await it.line.ask(Question(do="reject", id=held.id), lambda _: None)

"""A WebSocket that stays: opened, watched, and opened again with a growing pause after each loss."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

import msgspec
from picows import WSError, WSFrame, WSHandshakeError, WSListener, WSMsgType, WSTransport, ws_connect

from core.tasks import report, start_task
from services.trader.exchanges.ban import Ban, is_wait

FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 5.0
PING_AFTER_SECONDS: Final = 5.0
PONG_WITHIN_SECONDS: Final = 5.0
STEADY_SECONDS: Final = 10.0  # a connection that stood so long was a good one: after it the pauses begin anew


class _Listener(WSListener):
    def __init__(self, owner: Connection) -> None:
        super().__init__()
        self.owner = owner

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.owner.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.TEXT:
            received_ns = time.monotonic_ns()
            try:
                self.owner.on_text(frame.get_payload_as_memoryview(), received_ns)
            except msgspec.DecodeError as error:
                self.owner.drop(f"sent what cannot be read: {type(error).__name__}")
            except Exception as error:  # noqa: BLE001 - picows would keep it until somebody waits for the connection
                report("a message was not dealt with", error)
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()


class Connection:
    """Calls `on_text(payload, received_ns)` for each message inside the socket's own callback.

    `on_up()` and `on_down(reason)` alternate. The payload is only valid during the call.
    """

    def __init__(
        self,
        url: str,
        *,
        on_text: Callable[[memoryview, int], None],
        on_up: Callable[[], None],
        on_down: Callable[[str], None],
        ban: Ban | None = None,
    ) -> None:
        self.url = url
        self.ban = ban or Ban()
        self.on_text = on_text
        self.transport: WSTransport | None = None
        self._on_up, self._on_down = on_up, on_down
        self._task: asyncio.Task[None] | None = None
        self._reason = "closed by the exchange"

    def open(self) -> None:
        """Start to connect; returns at once."""
        self._task = start_task(self._stay_connected())

    def send(self, text: bytes) -> bool:
        """Write a message now; False when there is no connection."""
        if self.transport is None:
            return False
        self.transport.send(WSMsgType.TEXT, text)
        return True

    def drop(self, reason: str) -> None:
        """Cut the connection; it is opened again."""
        self._reason = reason
        if self.transport is not None:
            self.transport.disconnect(False)

    async def close(self) -> None:
        """Cut the connection for good."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self.transport is not None:
            self.transport.disconnect(False)
            self.transport = None

    async def _stay_connected(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            opened = time.monotonic()
            if (transport := await self._connect()) is not None:
                self._on_up()
                try:
                    await transport.wait_disconnected()
                except WSError as error:
                    self._reason = f"broke the protocol: {error}"
                self.transport = None
                self._on_down(self._reason)
                self._reason = "closed by the exchange"
                if time.monotonic() - opened > STEADY_SECONDS:
                    pause = FIRST_PAUSE_SECONDS
            await asyncio.sleep(max(pause, self.ban.orders_left()))
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    async def _connect(self) -> WSTransport | None:
        try:
            transport, _ = await ws_connect(
                lambda: _Listener(self),
                self.url,
                enable_auto_ping=True,
                auto_ping_idle_timeout=PING_AFTER_SECONDS,
                auto_ping_reply_timeout=PONG_WITHIN_SECONDS,
                max_redirects=0,  # our key goes where the settings say and nowhere else
            )
        except WSHandshakeError as error:
            if error.response is not None and is_wait(status := int(error.response.status)):
                seconds = error.response.headers.get("Retry-After", "")
                self.ban.begin(status, float(seconds) if seconds.isdecimal() else None, order=True)
            return None
        except (OSError, WSError, TimeoutError):
            return None
        return transport

"""Brings parcels to a webhook, as Slack takes them: a JSON object whose `text` is shown."""

from __future__ import annotations

from typing import Final

import httpx

from core.errors import first_line
from services.gateway.outbox.parcel import Later, Never, Parcel, Sent
from services.gateway.outbox.texts import say

TIMEOUT_SECONDS: Final = 15.0
LONGEST: Final = 3_000
"""Characters of a text that Slack shows whole."""
ESCAPED: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
"""What Slack would read as a link or a mention."""


class Webhook:
    """One address."""

    name = "webhook"

    def __init__(self, address: str, client: httpx.AsyncClient) -> None:
        self._address, self._client = address, client

    async def send(self, parcel: Parcel) -> Sent | Later | Never:
        """Post it. The header says which message it is, for who wants to leave out the second of two."""
        head = {"X-Sorte-Message": f"{parcel.made_ns}-{parcel.ids[0]}"}
        try:
            answer = await self._client.post(
                self._address, json=body_of(parcel), headers=head, timeout=TIMEOUT_SECONDS, follow_redirects=False
            )
        except httpx.ConnectError as error:
            return Later(0.0, first_line(error, typed=True))
        except httpx.HTTPError as error:
            return Later(0.0, first_line(error, typed=True), perhaps=True)
        return outcome_of(answer)


def body_of(parcel: Parcel) -> dict[str, object]:
    """What is posted."""
    perhaps = f"{say('perhaps')}\n" if parcel.perhaps else ""
    title, text = (part.translate(ESCAPED) for part in (parcel.title, parcel.text))
    shown = f"*{title}*\n{text}" if title else text
    return {"text": f"{perhaps}{shown}"[:LONGEST]}


def outcome_of(answer: httpx.Response) -> Sent | Later | Never:
    """What an answer says: taken, come again, or never."""
    if answer.is_success:
        return Sent()
    why = f"HTTP {answer.status_code}"
    if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        wait = answer.headers.get("retry-after", "")
        return Later(float(wait) if wait.isdigit() else 0.0, why)
    if answer.is_server_error or answer.status_code == httpx.codes.REQUEST_TIMEOUT:
        return Later(0.0, why)
    return Never(why)

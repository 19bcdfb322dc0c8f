"""The page that the owner looks at, and the JSON interface beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services.gateway.house import House


async def serve(house: House) -> None:
    """Serve the page until cancelled."""
    from services.gateway.web.serving import serve_house

    await serve_house(house)

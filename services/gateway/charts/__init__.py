"""Pictures for the chat: what an account is worth, a price with its trades, before and after a change.

They are drawn in a process of their own that ends when it has nothing to do: drawing takes memory, and a loop's time.
"""

from services.gateway.charts.asking import Request
from services.gateway.charts.joining import joined
from services.gateway.charts.painter import Painter

__all__ = ["Painter", "Request", "joined"]

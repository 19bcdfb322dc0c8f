"""What the Bot API answers when it refuses: an HTTP status, its own words, and when to come back."""

from __future__ import annotations


class ApiRefusal(Exception):  # noqa: N818 - a refusal, which the server turns into an answer
    """One refusal; `retry_after` in whole seconds where it is about too many requests."""

    def __init__(self, code: int, description: str, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.code, self.description, self.retry_after = code, description, retry_after

    @property
    def body(self) -> dict[str, object]:
        """The JSON of the answer."""
        told: dict[str, object] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.retry_after is not None:
            told["parameters"] = {"retry_after": self.retry_after}
        return told


def bad(words: str) -> ApiRefusal:
    """A request that is wrong in itself."""
    return ApiRefusal(400, f"Bad Request: {words}")


def too_many(seconds: int) -> ApiRefusal:
    """Too many requests; the bot has to wait."""
    return ApiRefusal(429, f"Too Many Requests: retry after {seconds}", seconds)


def conflict() -> ApiRefusal:
    """Two programs ask for the updates of one bot."""
    told = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    return ApiRefusal(409, told)

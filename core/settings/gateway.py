"""The settings of the owner's hands and eyes: the chat, the page, and what tells him of trouble."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, SecretStr, model_validator

from core.settings.section import Section, measured_in

Level = Literal["on", "silent", "off"]
Hour = Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")]
"""A time of the day as 23:30, by the clock of the owner's zone; empty for none."""


class TelegramSettings(Section):
    """The bot on Telegram. It starts when there is a token and at least one user; see docs/telegram.md."""

    token: SecretStr | None = None
    """Token of the bot, as @BotFather gives it."""
    users: tuple[int, ...] = ()
    """Ids of the users whom the bot obeys; `sorte telegram pair` finds yours."""
    chats: tuple[int, ...] = ()
    """Ids of the chats where it speaks; empty for the private chats with those users."""
    base_url: Annotated[str, Field(pattern=r"^https?://[^/\s@]+(/\S*)?/bot$")] = "https://api.telegram.org/bot"
    """Address of the Bot API, with its /bot at the end."""


class WebSettings(Section):
    """The page in your browser; see docs/page.md."""

    enabled: bool = True
    """Whether `sorte run` serves it."""
    host: Annotated[str, Field(pattern=r"^[\w.:-]+$")] = "127.0.0.1"
    """Address that it listens at. Leave it at this machine's own and put a proxy with TLS before it."""
    port: int = Field(8787, ge=0, le=65_535)
    """Its port; 0 takes any that is free."""
    names: tuple[str, ...] = ()
    """Names under which a proxy serves it, such as sorte.example.org."""
    metrics_token: SecretStr | None = None
    """Who asks for /metrics from another machine gives it as a bearer token; unset, only this machine may ask."""


class AlertSettings(Section):
    """What you are told without asking: on makes a sound, silent makes none, off is not told; see docs/alerts.md."""

    fault: Level = "on"
    """Something went wrong and was survived."""
    rollback: Level = "on"
    """A change was taken back."""
    refusal: Level = "silent"
    """The exchange refused an order, or the guardian a change."""
    limit: Level = "on"
    """A limit forbade an order."""
    silent_pair: Level = "on"
    """A pair has had no news for too long, or has news again."""
    drawdown: Level = "on"
    """The account fell below its best by more than alerts.drawdown_share."""
    watch_ended: Level = "silent"
    """The watch over a change has ended well."""
    decayed: Level = "on"
    """What trades earns clearly less than when it was judged."""
    stranger: Level = "on"
    """Somebody who is not on the list has written to the bot."""
    login: Level = "on"
    """A login to the page failed."""
    drawdown_share: float = Field(0.05, gt=0, lt=1, json_schema_extra=measured_in("fraction of equity"))
    """A fall of this size below the best is told, and each further one of the same size."""
    cooldown_seconds: float = Field(300, ge=0, le=86_400, json_schema_extra=measured_in("seconds"))
    """The same about the same is told once within this time, with a count of what came in between."""
    quiet_from: Hour = ""
    """From this time of your day on nothing makes a sound, such as 22:30; what is critical does all the same."""
    quiet_to: Hour = ""
    """Until this time, such as 07:00."""
    daily_at: Hour = "08:00"
    """When the summary of the day before comes; empty for none."""
    weekly: Literal["monday", "sunday", "off"] = "monday"
    """On which day the summary of the week comes, at the same time."""
    webhook: SecretStr | None = None
    """Address that is told the same in Slack's format."""

    @model_validator(mode="after")
    def _quiet_has_both_ends(self) -> AlertSettings:
        if bool(self.quiet_from) != bool(self.quiet_to):
            raise ValueError("quiet_from and quiet_to are given together, or neither is")
        return self


class MailSettings(Section):
    """A mailbox that is told the same; nothing is sent without a server and somebody to send it to."""

    host: str = ""
    """SMTP server."""
    port: int = Field(587, ge=1, le=65_535)
    """Its port."""
    security: Literal["starttls", "tls", "none"] = "starttls"
    """starttls turns to TLS after the greeting, tls begins with it, none is for a server on this machine."""
    user: str = ""
    """Name to log in with; empty for none."""
    password: SecretStr | None = None
    """Password for it."""
    sender: str = ""
    """Address that mails come from; empty for the user's name."""
    to: tuple[str, ...] = ()
    """Addresses that they go to."""

    @model_validator(mode="after")
    def _can_be_sent(self) -> MailSettings:
        if self.to and not self.host:
            raise ValueError("to names somebody, and host says nothing")
        if self.to and not (self.sender or self.user):
            raise ValueError("to names somebody, and neither sender nor user says whom it comes from")
        if self.security == "none" and self.password is not None and self.host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError("a password goes to another machine with TLS only: set security")
        return self

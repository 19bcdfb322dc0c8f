"""The first line that the gateway hears: the settings that it works by. What it has no business with is not in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from pydantic import BaseModel, SecretStr

from core.language import Language
from core.settings import (
    AlertSettings,
    CommanderSettings,
    ExchangeSettings,
    LogSettings,
    MailSettings,
    Settings,
    TelegramSettings,
    TraderSettings,
    WebSettings,
)


class Hello(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the gateway is told. Neither the exchange's keys nor the address of a database are part of it."""

    workspace: str  # empty where the trader has none, and nothing can be changed
    data_dir: str
    telegram: dict[str, Any]
    web: dict[str, Any]
    alerts: dict[str, Any]
    mail: dict[str, Any]
    trader: dict[str, Any]
    commander: dict[str, Any]
    time_zone: str
    logs: dict[str, Any] = {}
    language: Language | None = None
    debug: bool = False
    owner: str = ""  # the machine's user, whose conversation goes on everywhere
    run: str = ""  # of whose trader the numbers of what is told are
    shows_link: bool = False  # somebody reads what we say, who may log in to the page

    @classmethod
    def of(
        cls, settings: Settings, workspace: Path | None, *, owner: str, run: str, debug: bool, shows_link: bool
    ) -> Hello:
        """What a gateway of these settings is told."""
        return cls(
            workspace=str(workspace.resolve()) if workspace is not None else "",
            data_dir=str(settings.data_dir.resolve()),
            telegram=plain(settings.telegram),
            web=plain(settings.web),
            alerts=plain(settings.alerts),
            mail=plain(settings.mail),
            trader=plain(settings.trader),
            commander=plain(settings.commander),
            time_zone=settings.time_zone,
            logs=plain(settings.logs),
            language=settings.language,
            debug=debug,
            owner=owner,
            run=run,
            shows_link=shows_link,
        )

    def settings(self) -> Settings:
        """As settings, without a look at files or environment."""
        return Settings.model_construct(
            data_dir=Path(self.data_dir),
            workspace=Path(self.workspace) if self.workspace else None,
            database_url=SecretStr(""),
            telegram=TelegramSettings.model_validate(self.telegram),
            web=WebSettings.model_validate(self.web),
            alerts=AlertSettings.model_validate(self.alerts),
            mail=MailSettings.model_validate(self.mail),
            trader=TraderSettings.model_validate(self.trader),
            commander=CommanderSettings.model_validate(self.commander),
            exchange=ExchangeSettings(),
            logs=LogSettings.model_validate(self.logs),
            time_zone=self.time_zone,
            language=self.language,
        )


def plain(section: BaseModel) -> dict[str, Any]:
    """A section as JSON, with its secrets as they are: it goes through a pipe that nobody else reads."""
    secrets = {name: value for name, value in section if isinstance(value, SecretStr)}
    return section.model_dump(mode="json") | {name: value.get_secret_value() for name, value in secrets.items()}

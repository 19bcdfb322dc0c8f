"""One typed settings tree, from `sorte.toml`, the environment (`SORTE_TRADER__MODE=shadow`) and secret files.

The first of these that names a value wins: command line, environment, secret file, `sorte.toml`, default. An unknown
key refuses to load. Secrets are masked wherever they are shown. A field marked `live` may change without a restart.
"""

from core.settings.gateway import AlertSettings, MailSettings, TelegramSettings, WebSettings
from core.settings.loading import explain, load_settings, nonsense, spoken
from core.settings.section import measured_in
from core.settings.sections import (
    SETTINGS_FILE,
    CommanderSettings,
    ExchangeSettings,
    GuardianSettings,
    LogSettings,
    Mode,
    ModelSettings,
    Settings,
    TraderSettings,
)

__all__ = [
    "SETTINGS_FILE",
    "AlertSettings",
    "CommanderSettings",
    "ExchangeSettings",
    "GuardianSettings",
    "LogSettings",
    "MailSettings",
    "Mode",
    "ModelSettings",
    "Settings",
    "TelegramSettings",
    "TraderSettings",
    "WebSettings",
    "explain",
    "load_settings",
    "measured_in",
    "nonsense",
    "spoken",
]

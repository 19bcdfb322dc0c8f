"""One typed settings tree, from `sorte.toml`, the environment (`SORTE_TRADER__MODE=shadow`) and secret files.

The first of these that names a value wins: command line, environment, secret file, `sorte.toml`, default. An unknown
key refuses to load. Secrets are masked wherever they are shown. A field marked `live` may change without a restart.
"""

from core.settings.loading import explain, load_settings, nonsense, spoken
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
    measured_in,
)

__all__ = [
    "SETTINGS_FILE",
    "CommanderSettings",
    "ExchangeSettings",
    "GuardianSettings",
    "LogSettings",
    "Mode",
    "ModelSettings",
    "Settings",
    "TraderSettings",
    "explain",
    "load_settings",
    "measured_in",
    "nonsense",
    "spoken",
]

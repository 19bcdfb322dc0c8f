"""Price history: read files as the world writes them, check them, keep them, hand them out as `BAR_ROW` arrays."""

from core.history.importing.hints import Hints
from core.history.importing.importing import Imported, Refused, import_file, import_sample
from core.history.loading import History, load
from core.history.resample import resample
from core.history.store import Stored, default_root, list_stored
from core.names import format_timeframe, normalise_symbol, parse_timeframe

__all__ = [
    "Hints",
    "History",
    "Imported",
    "Refused",
    "Stored",
    "default_root",
    "format_timeframe",
    "import_file",
    "import_sample",
    "list_stored",
    "load",
    "normalise_symbol",
    "parse_timeframe",
    "resample",
]

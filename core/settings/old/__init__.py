"""Settings of the owner's earlier agents: read from their `.env` and `config.yaml`, by name, into keys of ours."""

from core.settings.old.names import Kept, Left, Taken, taken_from
from core.settings.old.reading import read_old
from core.settings.old.writing import write

__all__ = ["Kept", "Left", "Taken", "read_old", "taken_from", "write"]

"""Logs that can be read: JSON lines in `logs` of the data folder, redacted, written beside the work. See docs/logs.md.

A module logs with `get_logger` and `bound`; an entry point begins the log with `core.telemetry.process`; who reads it
uses `core.telemetry.reading`.
"""

from __future__ import annotations

from core.telemetry.logger import Logger, bound, get_logger

__all__ = ["Logger", "bound", "get_logger"]

"""Text to plan, action or question."""

from services.interpreter.interpret import interpret, prepare

__all__ = ["interpret", "prepare"]

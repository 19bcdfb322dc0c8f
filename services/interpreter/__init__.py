"""Text to plan, action or question."""

from services.interpreter.interpret import interpret

__all__ = ["interpret"]

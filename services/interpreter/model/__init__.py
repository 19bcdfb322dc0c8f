"""A language model's guess at what the grammar cannot read: it becomes an offer or nothing, never a plan or an act."""

from services.interpreter.model.helping import helped, warm, with_models

__all__ = ["helped", "warm", "with_models"]

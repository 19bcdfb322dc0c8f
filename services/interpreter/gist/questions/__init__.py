"""What a question asks about, in whatever order its words come: barring and choosing, reasons, names, topics."""

from services.interpreter.gist.questions.asking import asked, name_alone, nearly

__all__ = ["asked", "name_alone", "nearly"]

"""A conversation: what is open between an owner and us, and what his next words do to it."""

from services.interpreter.dialogue.state import Dialogue, Open, Reply, Waiting
from services.interpreter.dialogue.stepping import step

__all__ = ["Dialogue", "Open", "Reply", "Waiting", "step"]

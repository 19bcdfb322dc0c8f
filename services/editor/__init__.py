"""Plan to candidate: `edit` is text in, text out; `propose` makes it a commit of its own in the workspace."""

from services.editor.editing import Edited, edit, inverse
from services.editor.proposing import propose
from services.editor.refusals import EditRefused

__all__ = ["EditRefused", "Edited", "edit", "inverse", "propose"]

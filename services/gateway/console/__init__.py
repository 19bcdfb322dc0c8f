"""The terminal: the prompt, the steps of a change as text, the live view of a run."""

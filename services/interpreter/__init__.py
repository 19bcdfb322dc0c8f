"""Text to plan, action or question."""

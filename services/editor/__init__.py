"""Plan to candidate."""

"""The same in JSON, under /api/v1, for programs."""

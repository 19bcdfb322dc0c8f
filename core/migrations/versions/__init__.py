"""One step of the database each, named `v` and its number."""

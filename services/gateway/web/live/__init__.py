"""What an open page hears without asking: fragments of it, numbered, and said again to who missed some."""

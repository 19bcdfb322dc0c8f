"""What the judge makes of programs that were written to fool it, of wrong edits, and of good ones."""

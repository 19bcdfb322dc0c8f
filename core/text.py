"""Words of strangers, fit to be shown: nothing in them that a terminal obeys, and no more than is read."""

from __future__ import annotations


def printable(text: str, *, instead: str = "\ufffd", most: int | None = None) -> str:
    """Without what would move the cursor, ring the bell or turn the direction of writing; the first `most` characters.

    `instead` stands for each character that is not printable. Half of a surrogate pair, which no file can hold, is one.
    """
    return "".join(letter if letter.isprintable() else instead for letter in text[:most])


def one_line(text: str, *, most: int | None = None, more: str = "") -> str:
    """Its words with single blanks between them; what is longer than `most` characters is cut, and ends in `more`."""
    words = " ".join(printable(text, instead=" ").split())
    return words if most is None or len(words) <= most else words[: most - len(more)] + more

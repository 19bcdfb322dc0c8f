"""Lists of words by what they stand for in a question or a deed, in whatever order they are said; what turns one."""

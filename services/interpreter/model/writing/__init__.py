"""A function that a language model writes where no rule can say what is asked: an offer with its code, or nothing.

`hearing` says which sentences, `prompt` and `schema` what is asked; an answer is held to `shape`, `flow` and `fitting`.
`offering` says what the owner reads. Off unless `models.write_code` is true.
"""

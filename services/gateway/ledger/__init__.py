"""The ledger as its owner reads it, in his language: on a terminal, in a chat, on a page."""

"""The page in the browser of its owner, and the JSON interface beside it."""

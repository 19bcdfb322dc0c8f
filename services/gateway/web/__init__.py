"""The page that the owner looks at, and the JSON interface beside it."""

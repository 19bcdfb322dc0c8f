"""Every message to the owner is a row first: sent in order, over restarts; what is critical is never dropped."""

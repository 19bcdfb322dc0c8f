"""From what is told to what a template prints; nothing here has an effect."""

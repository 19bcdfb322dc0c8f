"""A simulated Telegram: the Bot API on loopback, as strict as the real one about what a bot may send."""

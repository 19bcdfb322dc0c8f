"""The Telegram bot: its owner's hand and eye on his phone. It acts for listed people in listed chats alone."""

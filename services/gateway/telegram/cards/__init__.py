"""Pictures of each answer for a phone: pure, from a typed answer to the message that shows it."""

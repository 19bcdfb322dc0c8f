"""The lines of the commander: to who asks, and to the trader that it works on."""

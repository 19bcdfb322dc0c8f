"""What an owner is told without asking."""

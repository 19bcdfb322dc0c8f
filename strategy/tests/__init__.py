"""What the shipped strategy promises. These tests travel with it, and a change adds its own beside them."""

"""What the owner touches: prompt and live view in the terminal. It holds no exchange key."""

"""Files of the world to bars: read, understood, checked, kept."""

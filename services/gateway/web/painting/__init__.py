"""Paints the live parts of the page, once for everybody who looks."""

"""Verdict to release: deploy, watch, take back."""

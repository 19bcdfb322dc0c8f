"""Candidate to verdict."""

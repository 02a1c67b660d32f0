"""Dual certificates η, and the searches for where they are largest."""

"""Pilanci and Ergen: the convex program over activation patterns."""

"""Poggio and Liao: normalised networks on the square loss."""

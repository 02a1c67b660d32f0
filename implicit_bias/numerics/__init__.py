"""Arithmetic that the rest is built on: arrays, tolerances, sums in twice the precision, banded systems, quadrature."""

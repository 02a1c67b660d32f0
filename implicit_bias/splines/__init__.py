"""Curvature splines: interpolation and smoothing with the curvature penalty 1/ζ that an initialisation implies."""

"""Quadratic problems: curvature splines, splines of higher order, and functions of several inputs in the kernel of an initialisation."""

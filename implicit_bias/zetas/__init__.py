"""ζ, the inverse curvature penalty that an initialisation implies, for one input and as kernels for several."""

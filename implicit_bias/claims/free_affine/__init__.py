"""Optima with a free affine part: Hanin, Debarre et al., Savarese et al., Boursier and Flammarion."""

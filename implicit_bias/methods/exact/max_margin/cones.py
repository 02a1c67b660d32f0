"""Second-order cones {(u_0, u) : ‖u‖ ≤ u_0}, many at once: rows of an array are vectors, their first entry is u_0.

References
----------
L. Vandenberghe, The CVXOPT linear and quadratic cone program solvers (2010), sections 2 to 5, for the Nesterov-Todd scaling.
"""

from __future__ import annotations

import numpy as np

from implicit_bias.numerics.arrays import FloatArray


def dot(u: FloatArray, v: FloatArray) -> FloatArray:
    """Return the inner product of every row."""
    out: FloatArray = np.einsum("ij,ij->i", u, v)
    return out


def determinant(u: FloatArray) -> FloatArray:
    """Return u_0² - ‖u‖² as a product: positive inside the cone, zero on its boundary."""
    size = np.sqrt(dot(u[:, 1:], u[:, 1:]))
    return (u[:, 0] - size) * (u[:, 0] + size)


def product(u: FloatArray, v: FloatArray) -> FloatArray:
    """Return the Jordan product u ∘ v = (u·v, u_0 v + v_0 u)."""
    return np.hstack([dot(u, v)[:, None], u[:, :1] * v[:, 1:] + v[:, :1] * u[:, 1:]])


def quotient(u: FloatArray, r: FloatArray) -> FloatArray:
    """Return y with u ∘ y = r."""
    first = ((u[:, 0] * r[:, 0] - dot(u[:, 1:], r[:, 1:])) / determinant(u))[:, None]
    return np.hstack([first, (r[:, 1:] - first * u[:, 1:]) / u[:, :1]])


def longest_step(u: FloatArray, d: FloatArray) -> float:
    """Return the largest a ≤ 1 with all of u + a d in the cone, for u inside."""
    a, b, c = dot(d[:, 1:], d[:, 1:]) - d[:, 0] ** 2, dot(u[:, 1:], d[:, 1:]) - u[:, 0] * d[:, 0], determinant(u)
    # roots of a t² + 2 b t - c, those that need no cancelling: the product of both is -c / a
    q = -(b + np.copysign(np.sqrt(np.maximum(b * b + a * c, 0.0)), b))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        roots = np.concatenate([q / a, -c / q])
    return float(min(1.0, roots[np.isfinite(roots) & (roots > 0)].min(initial=np.inf)))


def longest_positive_step(u: FloatArray, d: FloatArray) -> float:
    """Return the largest a ≤ 1 with u + a d ≥ 0, for u > 0."""
    down = d < 0
    return float(min(1.0, (-u[down] / d[down]).min(initial=np.inf)))


class Scaling:
    """The Nesterov-Todd scaling W of the cones' pairs s = (t, w) and z = (1, ζ): W z = W⁻¹ s = λ.

    The first entry of s never occurs: it follows from w and from the determinant of s, which the caller carries along because
    near the boundary it cannot be computed from s and z without cancellation. The same holds for z.

    Attributes
    ----------
    square : (m,) β², and ``axis`` : (m, k) o, such that the vector part of W² (0, u) is P u with P = β² (I + 2 o oᵀ)
    point : (m, k+1) λ
    """

    def __init__(self, w: FloatArray, zeta: FloatArray, det_s: FloatArray, det_z: FloatArray, half: FloatArray) -> None:
        """Scale; ``half`` is the square root of (1 + s̄·z̄)/2 for s and z divided by the roots of their determinants."""
        root_s, root_z = np.sqrt(det_s), np.sqrt(det_z)
        s, z, z_first = w / root_s[:, None], zeta / root_z[:, None], 1 / root_z
        s_first = np.sqrt(1 + dot(s, s))
        self.axis = (s - z) / (2 * half)[:, None]
        first = np.sqrt(1 + dot(self.axis, self.axis))
        self.square = root_s / root_z
        self._beta = np.sqrt(self.square)[:, None]
        root = np.sqrt(2 * (first + 1))
        self._v0, self._v = ((first + 1) / root)[:, None], self.axis / root[:, None]
        direction = ((half + z_first)[:, None] * s + (half + s_first)[:, None] * z) / (s_first + z_first + 2 * half)[:, None]
        length = np.sqrt(1 + dot(direction, direction))[:, None]
        self.point = np.sqrt(root_s * root_z)[:, None] * np.hstack([length, direction])

    def apply(self, u: FloatArray) -> FloatArray:
        """Return W u."""
        along = 2 * (self._v0 * u[:, :1] + dot(self._v, u[:, 1:])[:, None])
        out: FloatArray = self._beta * np.hstack([self._v0 * along - u[:, :1], self._v * along + u[:, 1:]])
        return out

    def times_p(self, u: FloatArray) -> FloatArray:
        """Return P u."""
        out: FloatArray = self.square[:, None] * (u + self.axis * (2 * dot(self.axis, u)[:, None]))
        return out

    def roots(self) -> FloatArray:
        """Return the symmetric square root β (I + κ o oᵀ) of every P, (m, k, k)."""
        kappa = 2 / (np.sqrt(1 + 2 * dot(self.axis, self.axis)) + 1)
        outer = kappa[:, None, None] * self.axis[:, :, None] * self.axis[:, None, :]
        root: FloatArray = self._beta[:, :, None] * (np.eye(self.axis.shape[1]) + outer)
        return root

"""The exact method for problem (14): max-margin classification in one dimension, to about ten digits of the gap.

An interior point method whose linear systems know the problem's structure. Of the forms of these systems that were measured, two
are kept. With few classes a Kalman filter along the line solves them in O(n k³), and to all digits; with many classes and few points
a dense Cholesky factorisation on the margins in use is faster. Not kept, because they lose their digits where rising and falling
features overlap: elimination of the certificate in favour of node values, banded KKT systems in node values, and filters in
covariance or information form.
"""

from implicit_bias.methods.maxmargin.solving import solve_max_margin

__all__ = ["solve_max_margin"]

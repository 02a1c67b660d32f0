"""The exact method for problem (14): max-margin classification in one dimension, to a relative gap of about 1e-9.

An interior point method whose linear systems know the problem's structure. Of the forms of these systems that were measured, two
are kept. With few classes a Kalman filter along the line solves them in O(n k³), and loses the fewest digits; with many classes
and few points a dense Cholesky factorisation on the margins in use is faster. Not kept, because they lose their digits where
rising and falling features overlap: elimination of the certificate in favour of node values, banded KKT systems in node values,
and filters in covariance or information form. Weights are of order 1/gap and margins of order 1, so points of different labels
closer than about 1e-7 of the range cost digits in float64, whatever the method; the answer says so.
"""

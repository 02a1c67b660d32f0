"""What `implicit-bias solve` says of each of its commands."""

REGRESSION = """Interpolate the data with the least total variation, and bound how far the answer is from the optimum.

The problem is (13) of Stewart et al.: unit-slope ReLU features with kinks in the data's range. With --weight sphere it is (4): kinks
anywhere on the line, a kink t costs sqrt(1 + t^2) times its slope change, a constant its size. With --affine free a line costs nothing.
Several inputs, each with an --x, have features on the sphere: a unit costs the norm of its weights and bias.
The bounds are recomputed from the answer, whatever found it. Exit code: 0 if solved to the tolerance, 1 if not, 2 for bad input.

\b
Methods
  auto         exact where it applies, else sparse, or column-generation
               of several inputs; if a backend is named, sparse, or
               dictionary if an affine part is free or inputs are several
  exact        closed form or dynamic programme, in (nearly) linear time; for
               problem (4) where its affine part costs nothing extra
  sparse       second-difference program, on a CVXPY backend
  dictionary   program over a dictionary of kinks, on a CVXPY backend
  column-generation
               features off the grid, added where the certificate is large

\b
Examples
  implicit-bias solve regression data.csv
  implicit-bias solve regression data.csv --x year --y sunspots --plot fit.pdf
  implicit-bias solve regression data.csv --weight sphere --affine free
  implicit-bias solve regression data.csv --x width --x height --y price
  implicit-bias solve regression data.csv --backend CLARABEL --json -"""

CLASSIFICATION = """Classify the data with margin 1 and the least total variation, and bound how far that is from the optimum.

The problem is (14) of Stewart et al.: every point's own class scores at least 1 more than every other one. Classes are a column of
whole numbers from 0 on (--labels), or real targets cut into bins of equal width (--bins). The bounds are recomputed from the answer
and all the data, whatever found it. With --weight sphere, or several --x, it is (5): kinks anywhere, a unit costs the norm of its
weights and bias. Exit code: 0 if solved to the tolerance, 1 if not, 2 for bad input.

\b
Methods
  auto         exact, or sparse if a backend is named; on the sphere
               column-generation, or dictionary if a backend is named
  exact        interior point method made for this problem
  sparse       second-difference program, on a CVXPY backend
  dictionary   program over a dictionary of kinks, on a CVXPY backend
  column-generation
               features off the grid, added where the certificate is large

\b
Examples
  implicit-bias solve classification data.csv --labels class
  implicit-bias solve classification data.csv --bins 10 --range 0,1
  implicit-bias solve classification data.csv --bins 10 --weight sphere
  implicit-bias solve classification data.csv --labels kind --x a --x b
  implicit-bias solve classification data.csv --bins 10 --json -"""

REGULARIZED = """Fit the data at the least loss plus LAMBDA times the total variation, and bound how far that is from the optimum.

The problem is the convex network of Neyshabur et al.: of features on the sphere, where a unit costs the norm of its weights and
bias, of one or several inputs. Rows may share their x. Losses: squared, half the sum of (f(x) - y)^2; cross-entropy, of labels
0, 1, ...; hinge, of labels 1 and -1. With --weight unit --affine free it is denoising by the total variation of the slope: a kink costs
its slope change, a line nothing. The bounds are recomputed from the answer, whatever found it. Exit code: 0 if solved to the
tolerance, 1 if not, 2 for bad input.

\b
Methods
  auto                 column-generation, or dictionary if a backend is named;
                       for denoising, exact, or sparse
  column-generation    features off the grid, added where the certificate
                       is large
  dictionary           program over a dictionary of features, on a backend

\b
Examples
  implicit-bias solve regularized data.csv --regularization 0.1
  implicit-bias solve regularized data.csv --regularization 1 --plot fit.pdf
  implicit-bias solve regularized data.csv --regularization 0.1 --x a --x b
  implicit-bias solve regularized data.csv --regularization 1 --loss hinge"""

SPLINE = """Interpolate or smooth the data with the curvature penalty 1/zeta that a network's initialisation implies.

The problem is (4) of Jin and Montufar: minimise the integral of g''^2/zeta through the data. Or (7): minimise the sum of
(g(x) - y)^2 over all rows, plus LAMBDA times that integral; rows may then share their x. The bounds are recomputed from the
answer, whatever found it. Exit code: 0 if solved to the tolerance, 1 if not, 2 for bad input.

\b
Zeta, of input weights W and biases B
  constant             1: cubic splines
  gaussian:SW,SB       W and B normal, of deviations SW and SB
  binary-uniform:AB    W = -1 or 1, B uniform on [-AB, AB]
  uniform:AW,AB        W uniform on [-AW, AW], B on [-AB, AB]

\b
Methods
  auto                 exact, or finite-difference if a backend is named
  exact                banded systems, linear time
  finite-difference    program over values on a grid, on a CVXPY backend
  dictionary           program over a density of kinks, on a CVXPY backend

\b
Examples
  implicit-bias solve spline data.csv
  implicit-bias solve spline data.csv --zeta gaussian:1,0.5 --plot fit.pdf
  implicit-bias solve spline data.csv --smoothing gcv --json -
  implicit-bias solve spline data.csv --smoothing time:1000"""

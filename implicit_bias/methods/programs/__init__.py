"""CVXPY programs: how each kind of problem is stated, and the backends that solve them."""

"""Bring a trained network as plain arrays, and learn how far it is from the least-cost fit.

You learn: ``ib.judge`` takes x ↦ Σ a_h [W_h x + b_h]₊, whatever trained it. ``value`` is what it costs as it is,
``constraint_violation`` how far it misses the data, ``upper_bound`` what it costs once repaired so that it fits, and
``gap`` how far that is above the optimum.
"""

import numpy as np

import implicit_bias as ib

x = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
y = x**2
problem = ib.RegressionProblem(x, y)


def report(name: str, network: ib.Network) -> None:
    """Print what a network costs, and what is wrong with it."""
    judged = ib.judge(problem, network)
    print(f"\n{name}: {judged.status}")
    print(f"  cost as it is    {judged.value:.6f}")
    print(f"  misses the data  {judged.constraint_violation:.6f}")
    print(f"  cost repaired    {judged.upper_bound:.6f}   (repair adds {judged.upper_bound - judged.value:.6f})")
    print(f"  least cost       {judged.lower_bound:.6f}")
    print(f"  gap              {judged.gap:.2%}")


# the construction of the paper's appendix D.1: it fits, but all its kinks face right, and its first line costs too much
measure = ib.constructed_measure(x, y)
fits = ib.Network.from_measure(measure)

# the same with every weight rescaled, as training does: a [W x + b]₊ with (W, b) doubled and a halved is the same
rescaled = ib.Network(2 * fits.W, 2 * fits.b, fits.a / 2)

# a step of careless training: cheaper as it is, but only because it does not fit
misses = ib.Network(fits.W, fits.b, 0.9 * fits.a)

# an optimum, as a network
optimum = ib.solve(problem).measure
assert isinstance(optimum, ib.Measure)
best = ib.Network.from_measure(optimum)

for name, network in [("Fits", fits), ("Fits, rescaled", rescaled), ("Misses", misses), ("Optimum", best)]:
    report(name, network)

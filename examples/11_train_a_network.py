"""Train networks with weight decay, and ask how far they are from the optimum of the convex problem.

You learn: what weight decay and λ have to do with each other, that wide networks come near the optimum, and that their many units
gather at its few kinks.
"""

import numpy as np

import implicit_bias as ib
from implicit_bias import networks
from implicit_bias.data.papers import neyshabur_fixture

sample, regularization = neyshabur_fixture(), 0.05
problem = ib.RegularizedProblem(sample.x, sample.y, regularization)
solution = ib.solve(problem)
assert isinstance(solution.measure, ib.Measure)
print(f"least objective {solution.lower_bound:.6f}, proved; kinks {np.round(solution.measure.kinks, 3)}")

# the mean of squares with decay λ = 2 ρ/n has the minima of ½ Σ (f - y)² + ρ Σ ‖a‖ ‖(W, b)‖
decay = 2 * regularization / sample.x.size
for trained in networks.train(sample.x, sample.y, hidden=100, step=0.02, epochs=50_000, weight_decay=decay, seeds=3):
    network = trained.network
    assert isinstance(network, ib.Network)  # one hidden layer
    judged = ib.judge(problem, network)
    clusters = ib.clusters(network, 0.02)
    kinks = clusters.kinks[clusters.sizes() > 0.05 * clusters.sizes().max()]
    print(f"seed {trained.seed}: objective {judged.value:.6f}, gap {judged.gap:.1e}, kinks {np.round(np.unique(kinks), 3)}")

"""What is known of optima: predicted kinks, sets of all optima, ranges of weights, proofs over the rationals, adjustments of data."""

from implicit_bias.analysis.adjustment import Adjustment, exact_adjustment, least_squares_adjustment
from implicit_bias.analysis.optimal_sets import is_minimizer, sparsest, value_ranges
from implicit_bias.analysis.theory import classification_kinks, constructed_measure, extended_dual, regression_kinks
from implicit_bias.analysis.weight_ranges import WeightRanges, weight_ranges
from implicit_bias.measures.pruning import prune
from implicit_bias.methods.exact.rational import Proof, prove

__all__ = [
    "Adjustment",
    "Proof",
    "WeightRanges",
    "classification_kinks",
    "constructed_measure",
    "exact_adjustment",
    "extended_dual",
    "is_minimizer",
    "least_squares_adjustment",
    "prove",
    "prune",
    "regression_kinks",
    "sparsest",
    "value_ranges",
    "weight_ranges",
]

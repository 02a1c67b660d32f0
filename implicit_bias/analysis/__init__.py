"""What theory says of optima: predicted kinks, sets of all optima, ranges of weights, proofs over the rationals, adjustments of data."""

"""Stochastic gradient descent in mini-batches, with momentum, of one-hidden-layer networks without biases."""

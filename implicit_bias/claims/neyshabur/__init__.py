"""Neyshabur, Tomioka and Srebro: weight decay as a convex norm, how many units it needs, and what size does to the test error."""

"""Off the grid: restricted programs over few features, to which those where the certificate is too large are added."""

"""Stewart et al.: regression and classification with networks of a hidden layer; bins, duals and supports of the optima."""

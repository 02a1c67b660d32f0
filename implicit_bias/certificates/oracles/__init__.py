"""Where a dual certificate on the sphere is largest: exactly for one and two inputs, by ascent from many starts for more."""

from implicit_bias.certificates.oracles.evaluate import distinct, eta, sizes
from implicit_bias.certificates.oracles.line_peaks import line_peaks
from implicit_bias.certificates.oracles.search import climbed_peaks, proved_peaks, spread_features

__all__ = ["climbed_peaks", "distinct", "eta", "line_peaks", "proved_peaks", "sizes", "spread_features"]

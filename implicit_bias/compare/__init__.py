"""How far apart two answers are: their supports, their measures, their functions."""

from implicit_bias.compare.clustering import clusters
from implicit_bias.compare.functions import FunctionDistance, function_distance
from implicit_bias.compare.matching import Match, match_supports
from implicit_bias.compare.side_by_side import Comparison, Held, side_by_side
from implicit_bias.compare.transport import flat_distance, transport_distance

__all__ = [
    "Comparison",
    "FunctionDistance",
    "Held",
    "Match",
    "clusters",
    "flat_distance",
    "function_distance",
    "match_supports",
    "side_by_side",
    "transport_distance",
]

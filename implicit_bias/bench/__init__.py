"""How long each method takes, and how good its answer is by the toolkit's own judgement: a file a family of problems."""

from implicit_bias.bench.base import Row, bench_classification, bench_regression

__all__ = ["Row", "bench_classification", "bench_regression"]

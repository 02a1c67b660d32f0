"""Networks ρ f whose layers have unit norm: their gradient flow, their descent, and how far they are from neural collapse."""

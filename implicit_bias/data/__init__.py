"""Data in: arrays, CSV files, and the papers' own examples."""

from implicit_bias.data.bins import bin_targets, expected_targets
from implicit_bias.data.dataset import Dataset
from implicit_bias.data.papers import (
    TEACHER_KINKS,
    Sample,
    jin_montufar,
    jin_montufar_plane,
    jin_montufar_uneven,
    neyshabur_fixture,
    teacher_grid,
    triangle_target,
    triangles,
)
from implicit_bias.data.tables import Table, read_dataset, read_table

__all__ = [
    "TEACHER_KINKS",
    "Dataset",
    "Sample",
    "Table",
    "bin_targets",
    "expected_targets",
    "jin_montufar",
    "jin_montufar_plane",
    "jin_montufar_uneven",
    "neyshabur_fixture",
    "read_dataset",
    "read_table",
    "teacher_grid",
    "triangle_target",
    "triangles",
]

"""Data are validated once, sorted, merged and frozen."""

from array import array

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias import data


class Lender:
    """Hands out its own memory, as data frames do."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    def __array__(self, dtype: object = None, copy: bool | None = None) -> np.ndarray:
        return self.values


def test_sorts_merges_and_freezes() -> None:
    given_x, given_y = np.array([3.0, 1.0, 2.0, 1.0]), np.array([30.0, 10.0, 20.0, 10.0])
    dataset = ib.Dataset(given_x, given_y)
    assert dataset.x.tolist() == [1, 2, 3]
    assert dataset.y.tolist() == [10, 20, 30]
    assert dataset.merged == 1
    with pytest.raises(ValueError, match="read-only"):
        dataset.x[0] = 5
    sorted_x = np.array([0.0, 1.0])
    kept = ib.Dataset(sorted_x, [0, 1])
    sorted_x[0] = -9
    assert kept.x[0] == 0
    writable = np.array([0.0, 1.0])
    view = writable.view()
    view.flags.writeable = False
    dataset, measure = ib.Dataset(view, view), ib.Measure(view, [1, 1], view)
    buffer = array("d", [0.0, 1.0])
    from_buffer, lent = ib.Dataset(buffer, buffer), ib.Dataset(Lender(writable), [0, 1])
    writable[:] = 7
    buffer[1] = 7
    assert from_buffer.x.tolist() == lent.x.tolist() == [0, 1]
    assert dataset.y.tolist() == measure.kinks.tolist() == measure.weights.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        ([1], [1], "At least two points"),
        ([], [], "At least two points"),
        ([1, 1], [2, 2], "All x are equal"),
        ([1, 2, 1], [2, 3, 4], r"row 0 and row 2 have the same x = 1 .* no function interpolates both"),
        ([1, 2], [1, 2, 3], r"y has shape \(3,\), expected \(2,\)"),
        ([[1, 2]], [[1, 2]], "x must have one dimension"),
        ([1, np.nan], [1, 2], r"x\[1\] is nan"),
        ([1, 2], [1, np.inf], r"y\[1\] is inf"),
        (["a", "b"], [1, 2], "x must be an array of real numbers"),
        ([1j, 2], [1, 2], "x must be an array of real numbers"),
        ([None, 2], [1, 2], "x must be an array of real numbers"),
        (np.array(["2020-01-01", "2020-01-02"], "M8[D]"), [1, 2], "x must be an array of real numbers"),
        ([1, 2e150], [1, 2], "Rescale x"),
        ([-1.7e308, 1.7e308], [1, 2], "Rescale x"),
        ([0, 1e-151], [1, 2], "Rescale x"),
        ([1, 2], [1, 2e150], "Rescale y"),
        ([1, 2], [0, 1e-151], "Rescale y"),
        (np.array([2**60, 2**60 + 1]), [1, 2], "float64 cannot hold"),
        ([2**53 + 1, 3], [1, 2], "float64 cannot hold"),
        (np.array([2**70, 2**70 + 1, 0], dtype=object), [0, 0, 1], "float64 cannot hold"),
        (np.array(["1", "2"], dtype=object), [1, 2], "x must be an array of real numbers"),
        (np.ma.masked_equal([1.0, 2.0, 3.0], 2.0), [1, 2, 3], "masked"),
        ([0, 1e-120, 1], [1, 2, 3], "only 1e-120 apart"),
        ([-4, -1e-308, 0], [1, 2, 3], "apart"),
    ],
)
def test_refuses(x: object, y: object, message: str) -> None:
    with pytest.raises(ib.DataError, match=message):
        ib.Dataset(x, y)


def test_triangles_follow_the_paper() -> None:
    sample = data.triangles(seed=1)
    assert sample.x.shape == sample.y.shape == (250,)
    labels = np.rint(sample.y * 49).astype(int)
    assert (np.bincount(labels, minlength=50) == 5).all()
    assert (np.diff(sample.x) > 0).all()
    peaks = data.triangle_target(np.array([-1, -0.5, 0, 0.5, 1, -0.6, 0.65]))
    np.testing.assert_allclose(peaks, [0, 1, 0, 1, 0, 0.8 - 0.3, 0.7 - 0.4], atol=1e-15)
    grid = np.linspace(-1, 1, 4001)
    bends = grid[1:-1][np.abs(np.diff(data.triangle_target(grid), 2)) > 1e-9]
    assert set(bends.round(6)) == set(data.TEACHER_KINKS[1:])
    with pytest.raises(ib.OptionError):
        data.triangles(bins=1)


def test_other_papers_data() -> None:
    assert data.jin_montufar().x.tolist() == [-2, -1, 0, 1, 2]
    assert data.jin_montufar_uneven().y[0] == 1.5
    assert data.jin_montufar_plane().x.shape == (5, 2)
    assert data.neyshabur_fixture().y.tolist() == [1, -1, 1, -0.5]
    grid = data.teacher_grid()
    assert grid.x.shape == (625, 2)
    assert grid.y.shape == (625,)


def test_sunspots_are_shipped() -> None:
    dataset = ib.read_dataset("examples/data/sunspots.csv")
    assert len(dataset) == 309
    assert (dataset.x[0], dataset.x[-1], dataset.merged) == (1700, 2008, 0)

"""Bins as in the paper: equal widths, ties to the left, and the expectation back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import implicit_bias as ib
from implicit_bias import data


def test_interior_midpoints_and_ties() -> None:
    labels, midpoints = ib.bin_targets([0, 0.25, 0.26, 0.5, 0.75, 1], 4, range=(0, 1))
    assert labels.tolist() == [0, 0, 1, 1, 2, 3]
    assert midpoints.tolist() == [0.125, 0.375, 0.625, 0.875]


@pytest.mark.parametrize("bins", range(2, 101))
def test_exact_ties_go_left_on_integer_ranges(bins: int) -> None:
    labels, midpoints = ib.bin_targets(np.arange(bins + 1), bins, range=(0, bins))
    assert labels.tolist() == [0, *range(bins)]
    np.testing.assert_array_equal(midpoints, np.arange(bins) + 0.5)


def test_midpoints_at_the_ends() -> None:
    labels, midpoints = ib.bin_targets([0, 0.125, 0.126, 0.375, 0.9, 1], 5, range=(0, 1), midpoints="ends")
    assert midpoints.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert labels.tolist() == [0, 0, 1, 1, 4, 4]


@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30), st.integers(2, 40), st.sampled_from(["interior", "ends"]))
def test_every_target_is_within_half_a_width(y: list[float], bins: int, midpoints: str) -> None:
    if max(y) - min(y) < 1e-6:
        return
    labels, centres = ib.bin_targets(y, bins, midpoints=midpoints)
    width = centres[1] - centres[0]
    assert np.abs(np.array(y) - centres[labels]).max() <= width / 2 * (1 + 1e-9)
    np.testing.assert_allclose(np.diff(centres), width, rtol=1e-9)
    certain = np.where(labels[:, None] == np.arange(bins), 1e4, 0.0)
    np.testing.assert_allclose(ib.expected_targets(certain, centres), centres[labels], rtol=1e-12, atol=1e-9)


def test_expectation() -> None:
    assert ib.expected_targets([[0.0, 0.0]], [1, 3]).tolist() == [2]
    assert ib.expected_targets([1000.0, 0.0], [1, 3]) == pytest.approx(1)
    with pytest.raises(ib.DataError, match="3 midpoints"):
        ib.expected_targets([[0.0, 0.0]], [1, 2, 3])


def test_paper_bins_hold_five_triangle_points_each() -> None:
    labels, _ = ib.bin_targets(data.triangles(seed=2).y, 50, range=(0, 1), midpoints="ends")
    assert (np.bincount(labels, minlength=50) == 5).all()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (([0, 1], 1), ib.OptionError, "from 2 to 10000"),
        (([0, 1], 0), ib.OptionError, "from 2 to 10000"),
        (([0, 1], 10_001), ib.OptionError, "from 2 to 10000"),
        (([0, 1], 2.5), ib.OptionError, "from 2 to 10000"),
        (([0, 1], True), ib.OptionError, "from 2 to 10000"),
        (([0, 1], 3, None, "middle"), ib.OptionError, "'interior' or 'ends'"),
        (([0, 2], 3, (0, 1)), ib.DataError, r"y\[1\] = 2 is outside"),
        (([1, 1], 3), ib.DataError, "empty or a point"),
        (([], 3), ib.DataError, "empty"),
        (([0, np.nan], 3), ib.DataError, "finite"),
    ],
)
def test_refuses(arguments: tuple[object, ...], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        ib.bin_targets(*arguments)

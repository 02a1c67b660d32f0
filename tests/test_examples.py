"""Every example runs from anywhere, without warnings, and prints what it promises."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = sorted((Path(__file__).parent.parent / "examples").glob("[0-9]*.py"))


def run(number, folder, *arguments):
    (path,) = [path for path in EXAMPLES if path.name.startswith(f"{number:02}_")]
    done = subprocess.run(
        [sys.executable, "-W", "error", path, *arguments], capture_output=True, text=True, check=False, cwd=folder, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_short_and_say_what_they_teach(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60
    assert "You learn:" in text.split('"""')[1]


def test_every_example_is_run_here():
    assert [path.name[:2] for path in EXAMPLES] == ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "13"]


def test_series_is_solved_and_drawn(tmp_path):
    said = run(1, tmp_path, "picture.png")
    assert "309 points from 1700 to 2008" in said
    assert re.search(r"^status +optimal", said, re.MULTILINE)
    assert re.search(r"^lower bound +5083\.6 ", said, re.MULTILINE)
    assert re.search(r"^upper bound +5083\.6 ", said, re.MULTILINE)
    assert re.search(r"^gap +\d\.\de[-+]\d\d", said, re.MULTILINE)
    assert re.search(r"^support +\d+ kinks, all among the 309", said, re.MULTILINE)
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_series_draws_nothing_unasked(tmp_path):
    assert "picture" not in run(1, tmp_path)
    assert not list(tmp_path.iterdir())


def test_methods_agree_and_the_proof_holds(tmp_path):
    said = run(2, tmp_path)
    rows = [line.split() for line in said.splitlines() if re.match(r"(exact|sparse|dictionary) ", line)]
    assert [(method, backend) for method, backend, *_ in rows] == [
        ("exact", "-"),
        ("sparse", "CLARABEL"),
        ("exact", "-"),
        ("sparse", "CLARABEL"),
        ("dictionary", "CLARABEL"),
    ]
    for group, expected in ((rows[:2], 40.0), (rows[2:], 33.962714483)):
        for _, _, value, gap, violation, *_ in group:
            assert float(value) == pytest.approx(expected, rel=1e-6)
            assert float(gap) < 1e-6
            assert float(violation) < 1e-8
    assert all(row[-1] == "optimal" for row in rows if row[0] == "exact")
    fits, below = (re.search(rf"{text} +(\S+)$", said, re.MULTILINE) for text in ("that fits costs", "costs less than"))
    assert fits is not None
    assert below is not None
    assert fits[1] == below[1] == "223/20"
    assert "proved optimal: True" in said


def test_networks_are_judged(tmp_path):
    said = run(3, tmp_path)
    blocks = {block.splitlines()[0].split(":")[0]: block for block in said.strip().split("\n\n")}
    assert list(blocks) == ["Fits", "Fits, rescaled", "Misses", "Optimum"]

    def number(name, label):
        found = re.search(rf"{label} +([\d.]+)", blocks[name])
        assert found is not None
        return float(found[1])

    assert {number(name, "least cost") for name in blocks} == {3.0}
    assert number("Fits", "cost as it is") == number("Fits", "cost repaired") == number("Fits, rescaled", "cost as it is") > 3
    assert number("Fits", "misses the data") == number("Optimum", "misses the data") == 0 < number("Misses", "misses the data")
    assert number("Misses", "cost repaired") > number("Misses", "cost as it is")
    assert number("Optimum", "gap") == 0 < number("Misses", "gap")
    assert [name for name, block in blocks.items() if "optimal" in block] == ["Optimum"]


def bounds(said):
    """Return the printed lower and upper bound and gap, where the status is optimal."""
    assert re.search(r"^status +optimal", said, re.MULTILINE)
    numbers = [re.search(rf"^{name} +(\S+?),?( |$)", said, re.MULTILINE) for name in ("lower bound", "upper bound", "gap")]
    return [float(number[1]) for number in numbers if number is not None]


def test_triangles_are_classified_and_drawn(tmp_path):
    said = run(4, tmp_path, "picture.png")
    lower, upper, gap = bounds(said)
    assert lower == pytest.approx(upper, rel=1e-6)
    assert gap < 1e-6
    rows = {name: [float(v) for v in re.split(r" {2,}", rest)] for name, rest in re.findall(r"^(.*, S_.) +(.*)$", said, re.MULTILINE)}
    (allowed, _, training, fresh), (few, kinks, exact, _) = rows["classification, S_C"], rows["regression, S_R"]
    assert allowed > few >= kinks
    assert exact == 0 < training < 0.1
    assert 0 < fresh < 0.1
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_series_is_classified_and_the_set_of_kinks_grows(tmp_path):
    said = run(5, tmp_path)
    assert "60 years from 1900 to 1959" in said
    sizes = [int(size) for size in re.findall(r"bins: S_C has (\d+) of the 60", said)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1] <= 60
    lower, upper, gap = bounds(said)
    assert lower == pytest.approx(upper, rel=1e-6)
    assert gap < 1e-6
    assert "right class  60 of 60" in said
    assert not list(tmp_path.iterdir())


def test_initialisations_bend_where_zeta_is_large(tmp_path):
    said = run(6, tmp_path, "zeta.svg")
    rows = [(*re.split(r" {2,}", line)[:1], *line.split()[-5:]) for line in said.splitlines() if line.startswith("W ~")]
    assert len(rows) == 6
    for part in (rows[:3], rows[3:]):
        names, statuses, energies, gaps, apart, near = zip(*part, strict=True)
        assert names[0] == "W ~ U(-1, 1), B ~ U(-2, 2)"
        assert set(statuses) == {"optimal"}
        assert all(float(energy) > 0 for energy in energies)
        assert all(float(gap) < 1e-8 for gap in gaps)
        # uniform parameters give the cubic spline; the narrower zeta is, the further from it, and the more bends near 0
        assert float(apart[0]) < 1e-12 < 0.1 < float(apart[1]) < float(apart[2])
        assert int(near[0].rstrip("%")) < int(near[1].rstrip("%")) < int(near[2].rstrip("%"))
    assert "<svg" in (tmp_path / "zeta.svg").read_text(encoding="utf-8")


def test_cycle_is_smoothed_and_longer_times_fit_better(tmp_path):
    said = run(7, tmp_path, "path.png")
    assert "298 years at 14 phases of the cycle, 1 to 28 at each" in said
    assert re.search(r"^cross-validation: optimal, λ = [\d.]+, gap ", said, re.MULTILINE)
    assert re.search(r"peaks 4\.\d years after its minimum", said)
    rows = [line.split() for line in said.splitlines() if line.endswith("optimal") and line[:8].strip()[:1].isdigit()]
    assert len(rows) == 5
    freedom, misfit = ([float(row[k]) for row in rows] for k in (2, 3))
    assert freedom == sorted(freedom)
    assert 2 < freedom[0] < freedom[-1] < 14
    assert misfit == sorted(misfit, reverse=True)
    assert all(float(row[0]) * float(row[1]) == pytest.approx(1, rel=1e-5) for row in rows)
    assert (tmp_path / "path.png").read_bytes().startswith(b"\x89PNG")


def test_weight_decay_is_a_norm(tmp_path):
    said = run(8, tmp_path)
    made, one_sided, best, values, program = (float(line.split()[-1]) for line in said.splitlines()[1:6])
    assert best == pytest.approx(values, rel=1e-8)
    assert program == pytest.approx(values, rel=1e-6)
    assert min(made, one_sided) > 1.01 * values
    drawn, balanced, pruned = (line.split()[-4:] for line in said.splitlines()[-3:])
    assert (drawn[2], balanced[2]) == ("1000", "1000")
    assert int(pruned[2]) <= 10
    assert float(drawn[0]) > float(balanced[0]) > float(pruned[0])
    assert drawn[1] == balanced[1]
    assert float(balanced[0]) == pytest.approx(float(balanced[1]), abs=1e-6)
    assert float(pruned[0]) == pytest.approx(float(pruned[1]), abs=1e-6)
    assert max(float(balanced[3]), float(pruned[3])) < 1e-13


def test_path_starts_without_atoms_and_fits_better_for_smaller_penalties(tmp_path):
    said = run(9, tmp_path, "path.png")
    rows = [line.split() for line in said.splitlines() if line.endswith("optimal")]
    assert len(rows) == 8
    level, atoms, cost, misfit, _, gap = (np.array([float(row[k]) for row in rows]) for k in range(6))
    start = re.search(r"no atoms from λ = (\S+) on", said)
    assert start is not None
    assert level[0] == pytest.approx(float(start[1]), rel=1e-5)
    assert (np.diff(level) < 0).all()
    assert atoms[0] == cost[0] == 0 < atoms[1]
    assert (np.diff(cost) > 0).all()
    assert (np.diff(misfit) < 0).all()
    assert gap.max() <= 1e-8
    assert (tmp_path / "path.png").read_bytes().startswith(b"\x89PNG")


def test_plane_is_interpolated_and_its_certificate_holds(tmp_path):
    said = run(10, tmp_path, "plane.png")
    assert "20 points of 2 inputs: optimal" in said
    names = ("lower bound", "upper bound", "gap", "misfit", "certificate  peak", "at atoms", "at random", "random net   costs")
    found = [re.search(rf"^{name} +([\d.e+-]+),?( |$)", said, re.MULTILINE) for name in names]
    lower, upper, gap, misfit, peak, atoms, others, wide = (float(number[1]) for number in found if number is not None)
    assert lower <= upper <= lower * (1 + 1e-7)
    assert max(gap, misfit) <= 1e-8
    assert peak == pytest.approx(1, abs=1e-8)
    assert atoms == pytest.approx(1, abs=1e-7)
    assert 0.99 < others <= peak + 1e-9
    assert wide > 1.1 * upper
    assert "exact" in said
    assert (tmp_path / "plane.png").read_bytes().startswith(b"\x89PNG")


def test_networks_with_weight_decay_come_near_the_optimum_and_its_kinks(tmp_path):
    out = run(11, tmp_path)
    least = float(re.search(r"least objective (\S+),", out)[1])
    seeds = re.findall(r"objective (\S+), gap (\S+), kinks \[(.*)\]", out)
    assert len(seeds) == 3
    for objective, gap, kinks in seeds:
        assert least <= float(objective) < 1.01 * least
        assert 0 <= float(gap) < 0.01
        assert set(np.round(np.array(kinks.split(), dtype=float), 2)) == {-0.3, 0.4}


def test_low_norm_needs_no_limit_on_the_rank_and_ends_at_the_convex_optimum(tmp_path):
    free, penalised = run(12, tmp_path).split("λ = 0.3\n")
    least, worst, agree, unseen = (np.array([float(line.split()[k]) for line in free.splitlines()[2:]]) for k in (1, 2, 3, 4))
    assert (np.diff(least) <= 0).all()
    assert unseen.argmin() == 1  # the true rank is 2
    assert min(unseen[2:]) > 3 * unseen[1]
    assert (worst - least)[1] > 1
    assert min(agree) < 4
    rows = [line.split() for line in penalised.splitlines()[1:]]
    value, error, bound = (np.array([float(row[k]) for row in rows[:-1]]) for k in (1, 4, 5))
    convex, fresh, proved = (float(part) for part in rows[-1][1:])
    assert rows[-1][0] == "convex"
    assert convex == pytest.approx(proved, rel=1e-5)
    assert (np.diff(value) <= 1e-6).all()
    assert (bound <= convex * (1 + 1e-6)).all()
    assert value[0] > 3 * convex
    assert value[2] > 1.0002 * convex
    np.testing.assert_allclose(value[3:], convex, rtol=1e-5)
    np.testing.assert_allclose(bound[3:], convex, rtol=1e-5)
    np.testing.assert_allclose(error[3:], fresh, atol=2e-3)
    assert all(row[3] == "12" for row in rows[3:-1])


def test_half_spaces_are_counted_and_need_a_threshold(tmp_path):
    table, values = run(13, tmp_path).split("\n\n")
    rows = [[int(part) for part in line.split()] for line in table.splitlines()[1:]]
    assert [row[0] for row in rows] == [2, 5, 8, 10, 11, 12]
    for dimension, count, units, corners, inside, least, most, wrong, mended in rows:
        assert (units, corners, least) == (2 * count, 2**dimension, count)
        assert most <= count - 1
        assert wrong == corners - inside >= corners // 2
        assert mended == 0 < inside
    assert re.search(r"^integer normals +3 values: 0, 1, 2$", values, re.MULTILINE)
    assert re.search(r"^fractions +\d\d values: ", values, re.MULTILINE)

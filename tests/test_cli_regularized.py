# ruff: noqa: F811  (fixtures are imported by name)
import numpy as np
import pytest
from test_cli import KEYS, call, folder, refused, strictly  # noqa: F401

import implicit_bias as ib
from implicit_bias.bench import base as bench
from implicit_bias.bench import regularized as bench_regularized
from implicit_bias.errors import BackendError, OptionError

RNG = np.random.default_rng(0)
X = RNG.uniform(-1, 1, size=(12, 3)).round(3)
Y = (np.sin(3 * X[:, 0]) * X[:, 1]).round(3)
# λ = .05, squared loss, features on the sphere
FOUR, VALUE = "x,y\n-1,1\n-0.3,-1\n0.4,1\n1,-0.5\n", 0.52531884577
SOLVE = ("solve", "regularized")
LAMBDA = ("--regularization", "0.05")


@pytest.fixture(autouse=True)
def files(folder):
    (folder / "four.csv").write_text(FOUR)
    (folder / "some.csv").write_text("x,y\n0,3\n1,2\n2,0\n")
    columns = np.column_stack([X, (Y > 0), np.where(Y > 0, 1, -1), Y])
    np.savetxt(folder / "many.csv", columns, delimiter=",", header="a,b,c,k,s,y", comments="", fmt="%.17g")


def solved(call, *arguments):
    code, out, err = call(*arguments, "--json", "-")
    assert (code, err) == (0, "")
    report = strictly(out)
    assert report["status"] == "optimal"
    assert report["lower_bound"] <= report["upper_bound"] * (1 + 1e-12)
    assert report["gap"] <= report["tolerance"]
    assert list(report) == list(KEYS)
    return report


# --- answers


@pytest.mark.parametrize("how", [(), ("--method", "column-generation"), ("--method", "column-generation", "--backend", "ecos")])
def test_four_points(call, how):
    report = solved(call, *SOLVE, "four.csv", *LAMBDA, *how)
    assert report["value"] == pytest.approx(VALUE, abs=1e-9)
    assert report["problem"] == {
        "kind": "regularized", "weight": "sphere", "affine": "penalized", "n": 4, "inputs": 1, "outputs": 1,
        "regularization": 0.05, "loss": "squared",
    }  # fmt: skip
    assert report["certificate"]["exact"] is True
    assert report["support"]["predicted"] is report["support"]["contained"] is None
    assert sorted(set(report["measure"]["kinks"])) == sorted(set(report["support"]["found"]))


@pytest.mark.parametrize("backend", ["CLARABEL", "SCS"])
def test_a_dictionary_is_near_and_says_by_how_much(call, backend):
    code, out, err = call(*SOLVE, "four.csv", *LAMBDA, "--backend", backend, "--tolerance", "1e-4", "--json", "-")
    assert (code, err) == (0, "")
    report = strictly(out)
    assert (report["method"], report["backend"]) == ("dictionary", backend)
    assert report["lower_bound"] <= VALUE <= report["upper_bound"] + 1e-10


def test_text_of_a_solution(call):
    code, out, err = call(*SOLVE, "four.csv", *LAMBDA)
    assert (code, err) == (0, "")
    words = " ".join(out.split())
    for part in (
        "Regularized fit on four.csv", "4 points; x from -1 to 1, y from -1 to 1", "squared loss, lambda 0.05", "kinks found",
        "column-generation", "a true supremum", "times lambda",
    ):  # fmt: skip
        assert part in words
    assert max(map(len, out.splitlines())) <= 80


def test_loss_and_cost_in_the_text_make_the_value(call):
    out = call(*SOLVE, "four.csv", *LAMBDA)[1]
    (line,) = [" ".join(part.split()) for part in out.split("\n  ") if part.startswith("loss ")]
    loss, cost = float(line.split()[1].rstrip(",")), float(line.split()[8])
    assert loss + 0.05 * cost == pytest.approx(VALUE, abs=1e-5)


def test_several_inputs(call):
    report = solved(call, *SOLVE, "many.csv", "--x", "a", "--x", "b", *LAMBDA)
    direct = ib.solve(ib.RegularizedProblem(X[:, :2], Y, 0.05))
    assert report["value"] == pytest.approx(direct.value, rel=1e-7)
    assert (report["problem"]["inputs"], report["problem"]["outputs"]) == (2, 1)
    assert set(report["measure"]) == {"features", "weights", "constant", "affine"}
    features = np.array(report["measure"]["features"])
    assert features.shape == (len(report["measure"]["weights"]), 3)
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1, rtol=1e-12)
    assert report["certificate"]["exact"] is True


def test_order_of_inputs_does_not_matter(call):
    one, other = (solved(call, *SOLVE, "many.csv", *x, *LAMBDA)["value"] for x in (("--x", "a", "--x", "b"), ("--x", "b", "--x", "a")))
    assert one == pytest.approx(other, rel=1e-7)


def test_three_inputs_are_not_certified_and_it_says_so(call):
    arguments = (*SOLVE, "many.csv", "--x", "a", "--x", "b", "--x", "c", "--y", "y", *LAMBDA)
    assert solved(call, *arguments)["certificate"]["exact"] is False
    words = " ".join(call(*arguments)[1].split())
    assert "12 points of 3 inputs; a from" in words
    assert "not proved" in words


def test_classes_and_signs(call):
    report = solved(call, *SOLVE, "many.csv", "--y", "k", "--loss", "cross-entropy", "--regularization", "0.3")
    assert (report["problem"]["loss"], report["problem"]["outputs"]) == ("cross-entropy", 2)
    report = solved(call, *SOLVE, "many.csv", "--x", "a", "--x", "b", "--y", "s", "--loss", "hinge", *LAMBDA)
    direct = ib.solve(ib.RegularizedProblem(X[:, :2], np.where(Y > 0, 1.0, -1.0), 0.05, "hinge"))
    assert report["value"] == pytest.approx(direct.value, rel=1e-7)


def test_a_large_penalty_leaves_no_atoms(call):
    report = solved(call, *SOLVE, "four.csv", "--regularization", "1000")
    assert report["support"]["found"] == []
    assert report["value"] == pytest.approx((1 + 1 + 1 + 0.25) / 2)
    assert "no kinks found" in " ".join(call(*SOLVE, "four.csv", "--regularization", "1000")[1].split())


def test_equal_points_may_have_different_targets_if_regularized_only(call, refused, folder):
    (folder / "same.csv").write_text("x,z,y\n0,0,1\n1,1,0\n0,0,2\n2,0,1\n")
    assert solved(call, *SOLVE, "same.csv", "--y", "y", *LAMBDA)["problem"]["n"] == 4
    assert solved(call, *SOLVE, "same.csv", "--x", "x", "--x", "z", *LAMBDA)["problem"]["n"] == 4
    assert "line 2 and line 4 have the same x = 0" in refused("solve", "regression", "same.csv", "--y", "y")
    err = refused("solve", "regression", "same.csv", "--x", "x", "--x", "z")
    assert "line 2 and line 4 have the same inputs (0, 0) but different y (1 and 2)" in err


def test_regression_and_classification_of_several_inputs(call):
    report = solved(call, "solve", "regression", "many.csv", "--x", "a", "--x", "b")
    assert report["problem"] == {"kind": "regression", "weight": "sphere", "affine": "penalized", "n": 12, "inputs": 2, "outputs": 1}
    assert report["value"] == pytest.approx(ib.solve(ib.RegressionProblem(X[:, :2], Y)).value, rel=1e-7)
    labelled = solved(call, "solve", "classification", "many.csv", "--x", "a", "--x", "b", "--labels", "k")
    assert (labelled["problem"]["weight"], labelled["problem"]["inputs"]) == ("sphere", 2)
    binned = solved(call, "solve", "classification", "many.csv", "--x", "a", "--x", "b", "--bins", 2)
    assert binned["problem"]["outputs"] == 2


def test_a_free_affine_part_of_several_inputs_has_a_bound_from_above(call):
    free = solved(call, "solve", "regression", "many.csv", "--x", "a", "--x", "b", "--affine", "free")
    assert free["value"] <= solved(call, "solve", "regression", "many.csv", "--x", "a", "--x", "b")["value"] * (1 + 1e-7)
    assert len(free["measure"]["affine"]) == 3


def test_unit_weight_and_a_free_affine_part_are_passed_through(call, folder):
    arguments = (*SOLVE, "many.csv", "--y", "y", *LAMBDA, "--weight", "unit", "--affine", "free")
    report = solved(call, *arguments)
    assert (report["problem"]["kind"], report["problem"]["weight"], report["problem"]["affine"]) == ("regularized", "unit", "free")
    direct = ib.solve(ib.RegularizedProblem(X[:, 0], Y, 0.05, weight="unit", affine="free"))
    assert report["value"] == pytest.approx(direct.value, rel=1e-9)
    assert call(*arguments, "--plot", "fit.svg")[0] == 0
    assert "<svg" in (folder / "fit.svg").read_text()


def test_classification_on_the_sphere(call):
    report = solved(call, "solve", "classification", "many.csv", "--labels", "k", "--weight", "sphere")
    direct = ib.solve(ib.MaxMarginProblem(X[:, 0], (Y > 0).astype(int), weight="sphere"))
    assert report["problem"]["weight"] == "sphere"
    assert report["value"] == pytest.approx(direct.value, rel=1e-7)


@pytest.mark.parametrize("inputs", [("a",), ("a", "b")])
@pytest.mark.parametrize("how", [("--y", "y"), ("--y", "s", "--loss", "hinge"), ("--y", "k", "--loss", "cross-entropy")])
def test_plot(call, folder, inputs, how):
    given = [word for name in inputs for word in ("--x", name)]
    code, _, err = call(*SOLVE, "many.csv", *given, *how, *LAMBDA, "--plot", "fit.svg")
    assert (code, err) == (0, "")
    assert "<svg" in (folder / "fit.svg").read_text()


@pytest.mark.parametrize("command", ["solve", "bench"])
def test_help(call, command):
    code, out, err = call(command, "regularized", "--help")
    assert (code, err) == (0, "")
    assert "Examples" in out
    assert "--regularization" in out
    assert max(map(len, out.splitlines())) <= 80


# --- bad input


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ["Missing option '--regularization'"]),
        (("--regularization", "0"), ["--regularization must be a positive number, not 0"]),
        (("--regularization", "-1"), ["--regularization must be a positive number, not -1"]),
        (("--regularization", "nan"), ["positive number, not nan"]),
        (("--regularization", "inf"), ["positive number, not inf"]),
        (("--regularization", "much"), ["Invalid value for '--regularization'"]),
        ((*LAMBDA, "--loss", "absolute"), ["--loss must be squared, cross-entropy or hinge, not 'absolute'"]),
        ((*LAMBDA, "--loss", "hinge"), ["some.csv: line 2, column 'y' is 3, but the hinge loss needs labels of 1 and -1"]),
        ((*LAMBDA, "--x", "y", "--y", "x", "--loss", "cross-entropy", "--affine", "free"), ["free affine part goes with"]),
        ((*LAMBDA, "--x", "z"), ["no column 'z'; it has 'x', 'y'"]),
        ((*LAMBDA, "--x", "x", "--x", "z"), ["no column 'z'; it has 'x', 'y'"]),
        ((*LAMBDA, "--y", "z"), ["no column 'z'"]),
        ((*LAMBDA, "--x", "x", "--x", "x"), ["the column 'x' is named twice with --x"]),
        ((*LAMBDA, "--x", "y"), ["x and y are both the column 'y'"]),
        ((*LAMBDA, "--x", "x", "--x", "y"), ["x and y are both the column 'y'"]),
        ((*LAMBDA, "--weight", "cube"), ["not 'cube'"]),
        ((*LAMBDA, "--affine", "some"), ["affine must be 'penalized' or 'free', not 'some'"]),
        ((*LAMBDA, "--method", "exact"), ["no exact method"]),
        ((*LAMBDA, "--method", "sparse"), ["no sparse method", "Use 'column-generation', 'dictionary'"]),
        ((*LAMBDA, "--method", "guess"), ["no method 'guess'"]),
        ((*LAMBDA, "--backend", "NONE"), ["no backend 'NONE'"]),
        ((*LAMBDA, "--tolerance", "2"), ["tolerance must be"]),
        ((*LAMBDA, "--plot", "fit.xyz"), ["no format that can be drawn"]),
        ((*LAMBDA, "--plot", "some.csv"), ["no format that can be drawn"]),
        ((*LAMBDA, "--json", "some.csv"), ["DATA and --json are the same file"]),
    ],
)
def test_bad_usage(refused, arguments, words):
    err = refused(*SOLVE, "some.csv", "--json", "out.json", *arguments)
    for word in words:
        assert word in err


FILES = {
    "a fraction": ("x,y\n0,1\n1,0.5\n", "cross-entropy", "bad.csv: line 3, column 'y' is 0.5, not a whole number from 0 to 9999"),
    "a negative label": ("x,y\n0,1\n\n1,-1\n", "cross-entropy", "bad.csv: line 4, column 'y' is -1, not a whole number"),
    "no sign": ("x,y\n0,1\n1,0\n", "hinge", "bad.csv: line 3, column 'y' is 0, but the hinge loss needs"),
    "a text": ("x,y\n0,1\n1,red\n", "squared", "bad.csv: line 3, column 'y' is 'red'"),
    "equal x": ("x,y\n1,2\n1,3\n", "squared", "bad.csv: All points have the same x"),
    "large x": ("x,y\n0,1\n1e151,0\n", "squared", "bad.csv: line 3, column 'x' is 1e+151"),
    "one column": ("x\n0\n1\n", "squared", "bad.csv has one column"),
}


@pytest.mark.parametrize(("content", "loss", "message"), FILES.values(), ids=FILES)
def test_bad_data(refused, folder, content, loss, message):
    (folder / "bad.csv").write_text(content)
    err = refused(*SOLVE, "bad.csv", *LAMBDA, "--loss", loss, "--json", "out.json")
    assert message in err
    assert len(err.splitlines()) == 1


def test_more_than_two_inputs_cannot_be_drawn_and_nothing_is_solved(refused, monkeypatch):
    monkeypatch.setattr("implicit_bias.cli.solving.solve", lambda *_, **__: pytest.fail("solved before the picture was refused"))
    err = refused(*SOLVE, "many.csv", "--x", "a", "--x", "b", "--x", "c", *LAMBDA, "--plot", "fit.svg")
    assert "pictures of one and of two inputs, not of 3" in err


def test_several_inputs_have_no_unit_weight(refused):
    assert "weight 'sphere', not 'unit'" in refused("solve", "regression", "many.csv", "--x", "a", "--x", "b", "--weight", "unit")
    arguments = ("solve", "classification", "many.csv", "--x", "a", "--x", "b", "--labels", "k")
    assert "weight 'sphere', not 'unit'" in refused(*arguments, "--weight", "unit")
    assert "the column 'k' cannot be both" in refused(*arguments, "--x", "k")


# --- bench


def test_bench(call):
    code, out, err = call("bench", "regularized", "--sizes", "10,12", "--backends", "ecos,CLARABEL,ECOS", "--json", "-")
    assert (code, err) == (0, "")
    rows = strictly(out)
    assert [(row["n"], row["backend"], row["method"]) for row in rows[:3]] == [
        (10, None, "column-generation"), (10, "ECOS", "dictionary"), (10, "CLARABEL", "dictionary"),
    ]  # fmt: skip
    assert len(rows) == 6
    for own, *others in (rows[:3], rows[3:]):
        assert (own["status"], own["ratio"]) == ("optimal", 1)
        for row in others:
            assert row["ratio"] == pytest.approx(row["seconds"] / own["seconds"])
            assert own["value"] * (1 - 1e-7) <= row["value"] <= own["value"] * 1.01


def test_bench_prints_a_table(call, folder):
    (folder / "points.csv").write_text(FOUR)
    code, out, err = call("bench", "regularized", "--sizes", "4", "--backends", "ECOS", "--data", "points.csv", *LAMBDA)
    assert (code, err) == (0, "")
    assert f"{VALUE:.7g}" in out
    assert "column generation's" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 80


def test_bench_exits_with_one_unless_column_generation_is_optimal(call, monkeypatch):
    other = bench.Row(5, "dictionary", "primal", "ECOS", "optimal", 1.0, 0.0, 1.0, "")
    for status, code in (("optimal", 0), ("limit", 1)):
        rows = [bench.Row(5, "column-generation", None, None, status, 1.0, 0.5, 1.0, ""), other]
        monkeypatch.setattr("implicit_bias.cli.benching.bench_regularized", lambda *_, rows=rows, **__: rows)
        assert call("bench", "regularized")[0] == code


def test_bench_asks_before_it_runs(monkeypatch, refused):
    monkeypatch.setattr(bench, "solve", lambda *_, **__: pytest.fail("ran"))
    for sizes in ([], [5, 1]):
        with pytest.raises(OptionError):
            bench_regularized.bench_regularized(sizes)
    with pytest.raises(BackendError):
        bench_regularized.bench_regularized([3], ["NONE"])
    assert "positive number, not -1" in refused("bench", "regularized", "--regularization", "-1")


def test_bench_skips_large_dictionaries_and_says_so(monkeypatch):
    monkeypatch.setattr(bench_regularized, "REGULARIZED_DICTIONARY_LIMIT", 5)
    own, other = bench_regularized.bench_regularized([6], ["ECOS"])
    assert (own.status, other.status, other.value) == ("optimal", "skipped", None)
    assert "n = 5" in other.reason

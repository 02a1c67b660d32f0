# ruff: noqa: F811  (fixtures are imported by name)
import numpy as np
import pytest
from scipy.interpolate import CubicSpline
from test_cli import KEYS, SUNSPOTS, call, folder, process, refused, strictly  # noqa: F401

import implicit_bias as ib
from implicit_bias.bench import base as bench
from implicit_bias.bench import splines as bench_splines
from implicit_bias.cli import splined
from implicit_bias.data import Dataset, jin_montufar
from implicit_bias.errors import BackendError, DataError, OptionError
from implicit_bias.methods.programs import backends

SOLVE = ("solve", "spline")
# the natural cubic spline of five points of a zigzag has energy 192/7
ENERGY = 192 / 7


@pytest.fixture(autouse=True)
def files(folder):
    sample = jin_montufar()
    np.savetxt(folder / "zigzag.csv", np.column_stack([sample.x, sample.y]), delimiter=",", header="x,y", comments="")
    (folder / "repeated.csv").write_text("x,y\n0,1\n1,3\n0,2\n2,2\n3,5\n1,3\n4,4\n")


def solved(call, *arguments):
    code, out, err = call(*SOLVE, *arguments, "--json", "-")
    assert (code, err) == (0, "")
    report = strictly(out)
    assert report["status"] == "optimal"
    assert report["lower_bound"] <= report["upper_bound"] * (1 + 1e-12)
    return report


def lines(out):
    """Return {label: text} of what is printed."""
    found, label = {}, ""
    for line in out.splitlines()[1:]:
        label = line[2:15].strip() or label
        found[label] = f"{found.get(label, '')} {line[15:].strip()}".strip()
    return found


# --- answers


def test_text_of_an_interpolant(call):
    code, out, err = call(*SOLVE, "zigzag.csv")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    assert out.startswith("Spline on zigzag.csv\n")
    said = lines(out)
    assert said["data"] == "5 points; x from -2 to 2, y from 0.5 to 1.5"
    assert said["problem"] == "interpolation; zeta constant, affine part free"
    assert said["status"].startswith("optimal. ")
    assert "tolerance 1e-08" in said["gap"]
    assert "|g(x) - y|" in said["violation"]
    assert said["method"] == "exact"
    for name in ("value", "lower bound", "upper bound"):
        assert len(said[name].replace(".", "")) == 15
        assert float(said[name]) == pytest.approx(ENERGY, rel=1e-13)
    assert float(said["energy"].split(",")[0]) == pytest.approx(ENERGY, rel=1e-11)
    assert not {"misfit", "freedom"} & set(said)


def test_text_of_a_smoother(call, folder):
    code, out, err = call(*SOLVE, "repeated.csv", "--smoothing", "0.25", "--zeta", "uniform:1,2")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    said = lines(out)
    x, y = np.loadtxt("repeated.csv", delimiter=",", skiprows=1).T
    direct = ib.solve(ib.SplineProblem(x, y, ib.UniformZeta(1, 2), 0.25))
    assert said["data"].startswith("5 points; 2 rows of repeated x merged; x from 0 to 4")
    assert said["problem"] == "smoothing by 0.25, as given; zeta uniform:1,2, affine part free"
    assert float(said["value"]) == pytest.approx(direct.value, rel=1e-13)
    misfit = np.sqrt(np.mean((direct.predict(x) - y) ** 2))
    assert float(said["misfit"].split(",")[0]) == pytest.approx(misfit, rel=1e-5)
    assert "over 7 rows" in said["misfit"]
    assert float(said["freedom"].split()[0]) == pytest.approx(direct.degrees_of_freedom, rel=1e-5)
    assert float(said["value"]) == pytest.approx(7 * misfit**2 + 0.25 * direct.spline.energy, rel=1e-12)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("gcv", ["chosen by cross-validation"]),
        ("time:4", ["smoothing by 0.25, one over the time 4"]),
        ("0", ["interpolation of the mean y of each x"]),
    ],
)
def test_ways_to_say_how_much(call, given, words):
    said = lines(call(*SOLVE, "repeated.csv", "--smoothing", given)[1])
    for word in words:
        assert word in said["problem"]


@pytest.mark.parametrize(
    ("given", "zeta"),
    [
        ("constant", ib.ConstantZeta()),
        ("gaussian:1,0.5", ib.GaussianZeta(1, 0.5)),
        ("binary-uniform:3", ib.BinaryUniformZeta(3)),
        ("uniform:1,1.5", ib.UniformZeta(1, 1.5)),
    ],
)
def test_every_zeta(call, given, zeta):
    report = solved(call, "zigzag.csv", "--zeta", given)
    sample = jin_montufar()
    direct = ib.solve(ib.SplineProblem(sample.x, sample.y, zeta))
    assert report["value"] == direct.value
    assert report["spline"] == direct.spline.to_dict()


def test_json_has_the_documented_shape(call):
    report = solved(call, "zigzag.csv", "--zeta", "gaussian:1,0.5")
    assert list(report) == list(KEYS)
    assert report["problem"] == {
        "kind": "spline", "weight": "gaussian:1,0.5", "affine": "free", "n": 5, "inputs": 1, "outputs": 1
    }  # fmt: skip
    assert (report["schema"], report["measure"], report["certificate"], report["support"]) == (1, None, None, None)
    assert set(report["timings"]) == KEYS["timings"]
    assert list(report["spline"]) == ["knots", "values", "second_derivatives", "energy"]
    assert report["spline"]["knots"] == [-2, -1, 0, 1, 2]
    assert report["spline"]["energy"] == pytest.approx(report["value"], rel=1e-12)
    sample = jin_montufar()
    assert np.dot(report["dual"], sample.y) == pytest.approx(report["value"], rel=1e-12)


def test_constant_zeta_is_scipys(call):
    report = solved(call, "zigzag.csv")
    sample = jin_montufar()
    np.testing.assert_allclose(
        report["spline"]["second_derivatives"], CubicSpline(sample.x, sample.y, bc_type="natural")(sample.x, 2), atol=1e-14
    )


def test_what_was_chosen_can_be_asked_for(call):
    chosen = solved(call, SUNSPOTS, "--smoothing", "gcv")
    amount = chosen["reason"].split("chose the regularization ")[1].rstrip(".")
    again = solved(call, SUNSPOTS, "--smoothing", amount)
    assert again["spline"] == chosen["spline"]


@pytest.mark.parametrize("how", [("--backend", "osqp"), ("--method", "dictionary"), ("--method", "finite-difference", "--backend", "ECOS")])
def test_programs(call, how):
    code, out, err = call(*SOLVE, "zigzag.csv", "--smoothing", "0.5", "--tolerance", "1e-3", *how, "--json", "-")
    report = strictly(out)
    assert (code, err) == (0, "")
    assert report["backend"] in {"OSQP", "CLARABEL", "ECOS"}
    exact = solved(call, "zigzag.csv", "--smoothing", "0.5")
    assert report["lower_bound"] <= exact["value"] * (1 + 1e-12)
    assert report["upper_bound"] >= exact["value"] * (1 - 1e-12)


def test_a_poor_answer_exits_with_one(call):
    code, out, err = call(*SOLVE, "zigzag.csv", "--backend", "CLARABEL", "--json", "-")
    report = strictly(out)
    assert (code, report["status"]) == (1, "inaccurate")
    assert report["gap"] > 1e-8
    assert err.startswith("implicit-bias: inaccurate: ")


def test_no_answer_exits_with_one(call, folder, monkeypatch):
    monkeypatch.setattr(backends, "run", lambda *_: backends.Outcome("failed: out of luck", 0.0, 0.0, False))
    code, out, err = call(*SOLVE, "zigzag.csv", "--backend", "SCS", "--plot", "fit.pdf")
    assert (code, err) == (1, "implicit-bias: fit.pdf was not written: there is no spline to draw.\n")
    assert "backend_failed" in out
    assert "nan" not in out
    assert not (folder / "fit.pdf").exists()
    report = strictly(call(*SOLVE, "zigzag.csv", "--backend", "SCS", "--json", "-")[1])
    assert [report[key] for key in ("value", "upper_bound", "spline", "dual")] == [None] * 4


def test_columns_and_files(call, folder):
    (folder / "more.csv").write_text("name;b;a\nred;1.5;-2\nblue;0.5;-1\ngreen;1.5;0\npink;.5;1\ngrey;1.5;2\n")
    code, out, err = call(*SOLVE, "more.csv", "--x", "a", "--y", "b", "--json", "out.json", "--plot", "fit.svg")
    assert (code, err) == (0, "")
    assert strictly((folder / "out.json").read_text())["value"] == pytest.approx(ENERGY, rel=1e-13)
    assert "<svg" in (folder / "fit.svg").read_text()
    assert "27.4285714285714" in out


def test_a_process_of_its_own(folder):
    done = process(*SOLVE, "-", "--smoothing", "gcv", "--json", "-", input=SUNSPOTS.read_text(), cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert strictly(done.stdout)["problem"]["n"] == 309


@pytest.mark.parametrize("command", ["solve", "bench"])
def test_help(call, command):
    code, out, err = call(command, "spline", "--help")
    assert (code, err) == (0, "")
    assert f"Usage: implicit-bias {command} spline" in out
    assert "Examples" in out
    assert out.isascii()
    assert max(map(len, out.splitlines())) <= 80
    options = {"solve": ("--x", "--y", "--method", "--backend", "--tolerance", "--plot"), "bench": ("--data", "--backends", "--sizes")}
    for option in (*options[command], "--zeta", "--smoothing", "--json"):
        assert option in out


# --- bad input


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--zeta", "gaussian:0,1"), ["--zeta gaussian:0,1: sigma_w must be a positive finite number, not 0.0"]),
        (("--zeta", "gaussian:1,-2"), ["sigma_b must be a positive finite number, not -2.0"]),
        (("--zeta", "gaussian:nan,1"), ["sigma_w must be a positive finite number, not nan"]),
        (("--zeta", "gaussian:inf,1"), ["sigma_w must be a positive finite number, not inf"]),
        (("--zeta", "binary-uniform:0"), ["a_b must be a positive finite number, not 0.0"]),
        (("--zeta", "uniform:1,-1"), ["a_b must be a positive finite number, not -1.0"]),
        (("--zeta", "gaussian:1e-300,1"), ["--zeta gaussian:1e-300,1", "beyond float64"]),
        (("--zeta", "gaussian:1,1e-300"), ["--zeta gaussian:1,1e-300", "beyond float64"]),
        (("--zeta", "uniform:1e200,1"), ["--zeta uniform:1e200,1", "beyond float64"]),
        (("--zeta", "binary-uniform:1e-320"), ["beyond float64"]),
        (("--zeta", "binary-uniform:0.3"), ["zeta is 0 from x = -3 to -1, so no spline bends at x = -2", "smooth"]),
        (("--zeta", "gaussian:1"), ["--zeta must be constant, gaussian:SW,SB, binary-uniform:AB or uniform:AW,AB", "'gaussian:1'"]),
        (("--zeta", "gaussian:1,2,3"), ["--zeta must be", "'gaussian:1,2,3'"]),
        (("--zeta", "gaussian:a,b"), ["--zeta must be", "'gaussian:a,b'"]),
        (("--zeta", "gaussian:"), ["--zeta must be", "'gaussian:'"]),
        (("--zeta", "constant:1"), ["--zeta must be", "'constant:1'"]),
        (("--zeta", "normal:1,1"), ["--zeta must be", "'normal:1,1'"]),
        (("--zeta", ""), ["--zeta must be", "''"]),
        (("--smoothing", "-1"), ["--smoothing must be a finite number of at least 0, not '-1'"]),
        (("--smoothing", "nan"), ["--smoothing must be a finite number"]),
        (("--smoothing", "inf"), ["--smoothing must be a finite number"]),
        (("--smoothing", "much"), ["--smoothing must be a number of at least 0, gcv or time:T, not 'much'"]),
        (("--smoothing", "time:"), ["gcv or time:T, not 'time:'"]),
        (("--smoothing", "time:soon"), ["gcv or time:T, not 'time:soon'"]),
        (("--smoothing", "gcv:1"), ["gcv or time:T, not 'gcv:1'"]),
        (("--smoothing", "time:0"), ["--smoothing time:0: The time of early stopping must be a positive finite number"]),
        (("--smoothing", "time:-3"), ["must be a positive finite number, not -3.0"]),
        (("--smoothing", "time:inf"), ["must be a positive finite number, not inf"]),
        (("--method", "sparse"), ["no sparse method for splines", "Use 'exact', 'finite-difference' or 'dictionary'"]),
        (("--method", "exact", "--backend", "OSQP"), ["exact method takes no backend", "Use '"]),
        (("--backend", "NONE"), ["no backend 'NONE'"]),
        (("--tolerance", "0"), ["tolerance must be"]),
        (("--weight", "unit"), ["No such option: --weight"]),
        (("--x", "z"), ["no column 'z'"]),
        (("--y", "x"), ["x and y are both the column 'x'"]),
        (("--smoothing", "1", "--y", "x"), ["x and y are both the column 'x'"]),
        (("--plot", "fit.xyz"), ["no format that can be drawn"]),
        (("--plot", "out.json"), ["no format that can be drawn"]),
    ],
)
def test_bad_usage(refused, folder, arguments, words):
    (folder / "wide.csv").write_text("x,y\n-3,0\n-2,1\n-1,3\n0,1\n1,1\n2,0\n")
    err = refused(*SOLVE, "wide.csv", *arguments, "--json", "out.json")
    for word in words:
        assert word in err


FILES = {
    "repeated x": ("x,y\n0,1\n1,2\n0,3\n", (), "bad.csv: line 2 and line 4 have the same x = 0 but different y (1 and 3)"),
    "one x": ("x,y\n1,2\n1,2\n", (), "bad.csv: All x are equal (1); at least two different x are needed"),
    "one x to smooth": ("x,y\n1,2\n1,3\n", ("--smoothing", "1"), "bad.csv: At least two different x are needed, not 1"),
    "one row": ("x,y\n0,1\n", (), "bad.csv: At least two points are needed"),
    "one row to smooth": ("x,y\n0,1\n", ("--smoothing", "gcv"), "bad.csv: At least two points are needed"),
    "two x to cross-validate": ("x,y\n0,1\n1,2\n", ("--smoothing", "gcv"), "Cross-validation needs three different x"),
    "text": ("x,y\n0,1\n1,red\n", ("--smoothing", "1"), "bad.csv: line 3, column 'y' is 'red'"),
    "NaN": ("x,y\n0,1\nnan,1\n", (), "bad.csv: line 3, column 'x' is 'nan'"),
    "large x": ("x,y\n0,1\n1e151,2\n", ("--smoothing", "1"), "Rescale x"),
    "missing": (None, (), "bad.csv does not exist"),
}


@pytest.mark.parametrize(("content", "options", "message"), FILES.values(), ids=FILES)
def test_bad_data(refused, folder, content, options, message):
    if content is not None:
        (folder / "bad.csv").write_text(content)
    err = refused(*SOLVE, "bad.csv", *options, "--json", "out.json", "--plot", "fit.svg")
    assert message in err
    assert len(err.splitlines()) == 1


def test_bad_places_are_found_out_before_the_work(refused, monkeypatch):
    monkeypatch.setattr("implicit_bias.cli.solving.solve", lambda *_, **__: pytest.fail("solved before the output was tried"))
    assert "no folder" in refused(*SOLVE, "zigzag.csv", "--json", "gone/out.json")


def test_smoothing_where_no_spline_bends_gives_the_line(call):
    report = solved(call, SUNSPOTS, "--zeta", "binary-uniform:1", "--smoothing", "1")
    assert max(map(abs, report["spline"]["second_derivatives"])) == 0
    x, y = np.loadtxt(SUNSPOTS, delimiter=",", skiprows=1).T
    np.testing.assert_allclose(report["spline"]["values"], np.polyval(np.polyfit(x, y, 1), x), rtol=1e-8)


def test_extreme_amounts_leave_out_what_cannot_be_told(call, monkeypatch):
    def fail(*_):
        raise DataError("no")

    monkeypatch.setattr("implicit_bias.problems.splines.smoothing.degrees_of_freedom", fail)
    code, out, err = call(*SOLVE, "zigzag.csv", "--smoothing", "1")
    assert (code, err) == (0, "")
    assert "freedom" not in out


# --- bench


def test_bench(call):
    code, out, err = call("bench", "spline", "--sizes", "12,20", "--backends", "osqp,CLARABEL,OSQP", "--json", "-")
    assert (code, err) == (0, "")
    rows = strictly(out)
    assert [(row["backend"], row["method"]) for row in rows[:6]] == [
        (None, "exact"),
        (None, "scipy"),
        ("OSQP", "dictionary"),
        ("OSQP", "finite-difference"),
        ("CLARABEL", "dictionary"),
        ("CLARABEL", "finite-difference"),
    ]
    assert len(rows) == 12
    assert all(row["status"] == "optimal" for row in rows if row["backend"] is None)
    assert all(0 < row["gap"] < 0.1 for row in rows if row["backend"] is not None)


def test_bench_prints_a_table(call):
    code, out, err = call("bench", "spline", "--sizes", "8", "--backends", "CLARABEL", "--data", SUNSPOTS, "--zeta", "uniform:1,1900")
    assert (code, err) == (0, "")
    assert out.count("CLARABEL") == 2
    assert "scipy" not in out
    assert max(map(len, out.splitlines())) <= 80


def test_bench_asks_before_it_runs(refused, monkeypatch):
    monkeypatch.setattr("implicit_bias.bench.splines.solve", lambda *_, **__: pytest.fail("ran"))
    assert "not 'gcv'" in refused("bench", "spline", "--smoothing", "gcv")
    assert "--zeta must be" in refused("bench", "spline", "--zeta", "gauss")
    assert "no spline bends" in refused("bench", "spline", "--sizes", "4,100", "--zeta", "binary-uniform:0.01")
    assert "at least 2, not 1" in refused("bench", "spline", "--sizes", "1")
    with pytest.raises(BackendError):
        bench_splines.bench_splines([3], ["NONE"])


def test_bench_skips_large_programs_and_says_so(monkeypatch):
    monkeypatch.setattr(bench_splines, "SPLINE_DICTIONARY_LIMIT", 10)
    monkeypatch.setattr(bench, "GRID_LIMIT", 20)
    rows = bench_splines.bench_splines([11, 21], ["OSQP"])
    assert [row.status == "skipped" for row in rows] == [False, False, True, False, False, False, True, True]
    assert ["10" in rows[2].reason, "20" in rows[7].reason] == [True, True]


def test_scipys_splines_are_judged(monkeypatch):
    rng = np.random.default_rng(0)
    x, y = np.sort(rng.random(40)), rng.normal(size=40)
    for zeta in (1.0, 5.0):
        for smoothing in (None, 1e-4, ib.EarlyStopping(50.0)):
            problem = ib.SplineProblem(x, y, ib.ConstantZeta(zeta), smoothing)
            found = bench_splines.scipy_solution(problem)
            assert found.status == "optimal"
            assert found.value == pytest.approx(ib.solve(problem).value, rel=1e-7)
    with pytest.raises(OptionError, match="GaussianZeta"):
        bench_splines.scipy_solution(ib.SplineProblem(x, y, ib.GaussianZeta(1, 1)))
    monkeypatch.setattr("scipy.interpolate.make_smoothing_spline", lambda *_, **__: (_ for _ in ()).throw(ValueError("singular")))
    failed = bench_splines.scipy_solution(problem)
    assert (failed.status, failed.spline, failed.gap) == ("backend_failed", None, 1.0)
    assert "singular" in failed.reason


def test_scipys_smoothing_of_many_points_is_seen_to_be_wrong():
    rng = np.random.default_rng(0)
    x = np.sort(rng.random(10_000))
    problem = ib.SplineProblem(x, np.sin(9 * x) + 0.1 * rng.normal(size=x.size), smoothing=1.0)
    theirs, ours = bench_splines.scipy_solution(problem), ib.solve(problem)
    assert (theirs.status, ours.status) == ("inaccurate", "optimal")
    assert theirs.spline is None or np.abs(theirs.predict(x) - ours.predict(x)).max() > 1e-3
    assert theirs.gap > 1e-6 > 1e-10 > ours.gap


def test_bench_of_data_too_few_for_scipy():
    rows = bench_splines.bench_splines([3], ["OSQP"], Dataset([0.0, 1.0, 3.0], [1.0, 2.0, 5.0]), smoothing=1e-9)
    assert [row.method for row in rows] == ["exact", "scipy", "dictionary", "finite-difference"]


# --- the parser


def test_numbers_may_have_spaces():
    assert splined.read_zeta("uniform:1, 2") == ib.UniformZeta(1, 2)
    assert splined.read_smoothing("time: 4") == ib.EarlyStopping(4.0)
    assert splined.read_smoothing("1e-3") == 1e-3

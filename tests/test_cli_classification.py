# ruff: noqa: F811  (fixtures are imported by name)
import numpy as np
import pytest
from test_cli import KEYS, SUNSPOTS, call, folder, process, refused, strictly  # noqa: F401

from implicit_bias import MaxMarginProblem, bin_targets, solve
from implicit_bias.bench import base as bench
from implicit_bias.data import Dataset, triangle_target
from implicit_bias.errors import BackendError, OptionError

# linspace(-1, 1, 6) with labels 000111: 5/sqrt(2)
LABELS = "x,label\n-1,0\n-0.6,0\n-0.2,0\n0.2,1\n0.6,1\n1,1\n"
SOLVE = ("solve", "classification")


@pytest.fixture(autouse=True)
def files(folder):
    (folder / "labels.csv").write_text(LABELS)
    grid = np.linspace(-1, 1, 30)
    np.savetxt(folder / "triangles.csv", np.column_stack([grid, triangle_target(grid)]), delimiter=",", fmt="%.17g")


def solved(call, *arguments):
    code, out, err = call(*SOLVE, *arguments, "--json", "-")
    assert (code, err) == (0, "")
    report = strictly(out)
    assert report["lower_bound"] <= report["upper_bound"] * (1 + 1e-12)
    assert report["status"] == "optimal"
    return report


# --- answers


def test_text_of_a_solution(call):
    code, out, err = call(*SOLVE, "labels.csv", "--labels", "label")
    assert (code, err) == (0, "")
    words = " ".join(out.split())
    for part in ("Classification on labels.csv", "6 points", "2 classes", "4 points in S_C", "column 'label'", "optimal. ", "shortfall"):
        assert part in words
    assert max(map(len, out.splitlines())) <= 80
    lines = {line[2:15].strip(): line[15:].split() for line in out.splitlines()[1:]}
    for name in ("value", "lower bound", "upper bound"):
        (digits,) = lines[name]
        assert len(digits.replace(".", "")) >= 12
        assert float(digits) == pytest.approx(5 / np.sqrt(2), rel=1e-8)


@pytest.mark.parametrize("how", [(), ("--backend", "ECOS"), ("--backend", "scs"), ("--method", "sparse"), ("--method", "dictionary")])
def test_the_fixture_by_every_method(call, how):
    report = solved(call, "labels.csv", "--labels", "label", *how)
    assert report["value"] == pytest.approx(5 / np.sqrt(2), rel=1e-7)
    assert report["lower_bound"] == pytest.approx(5 / np.sqrt(2), rel=1e-7)


def test_bins_give_the_same_classes_as_labels(call, folder):
    (folder / "targets.csv").write_text("t;x\n0.1;-1\n0;-0.6\n0.2;-0.2\n0.9;0.2\n0.8;0.6\n1;1\n")
    report = solved(call, "targets.csv", "--bins", 2, "--x", "x", "--y", "t")
    assert report["value"] == pytest.approx(5 / np.sqrt(2), rel=1e-7)
    report = solved(call, "targets.csv", "--bins", 3, "--x", "x", "--y", "t", "--range", "-1,1.4")
    assert report["problem"]["outputs"] == 3
    assert report["support"]["predicted"] == [-1, -0.2, 0.2, 1]


@pytest.mark.parametrize("midpoints", [None, "interior", "ends"])
def test_triangles(call, midpoints):
    options = () if midpoints is None else ("--midpoints", midpoints)
    report = solved(call, "triangles.csv", "--bins", 8, "--range", "0,1", *options)
    grid = np.linspace(-1, 1, 30)
    labels, _ = bin_targets(triangle_target(grid), 8, (0, 1), midpoints or "interior")
    direct = solve(MaxMarginProblem(grid, labels, 8))
    assert report["value"] == pytest.approx(direct.value, rel=1e-6)
    assert report["gap"] <= 1e-8
    assert report["constraint_violation"] <= 1e-8


def test_json_has_the_documented_shape(call):
    report = solved(call, "labels.csv", "--labels", "label", "--classes", 3)
    assert list(report) == list(KEYS)
    for key, inner in KEYS.items():
        assert inner is None or set(report[key]) == inner
    assert report["problem"] == {
        "kind": "classification", "weight": "unit", "affine": "penalized", "n": 6, "inputs": 1, "outputs": 3
    }  # fmt: skip
    assert report["spline"] is None
    assert np.shape(report["dual"]) == (6, 3)
    measure = report["measure"]
    assert np.shape(measure["weights"]) == (len(measure["kinks"]), 3)
    assert len(measure["directions"]) == len(measure["kinks"])
    assert report["certificate"]["exact"] is True
    # a class that no point has still constrains: the value is above that of two classes
    assert report["value"] > 5 / np.sqrt(2) + 1e-3


def test_json_in_a_file(call, folder):
    assert call(*SOLVE, "labels.csv", "--labels", "label", "--json", "out.json")[0] == 0
    assert strictly((folder / "out.json").read_text())["value"] == pytest.approx(5 / np.sqrt(2), rel=1e-7)


@pytest.mark.parametrize("how", [(), ("--method", "sparse"), ("--method", "dictionary"), ("--backend", "ECOS")])
@pytest.mark.parametrize(("label", "classes"), [(0, 1), (0, 2), (0, 5), (3, 4)])
def test_one_label_everywhere(call, folder, how, label, classes):
    (folder / "one.csv").write_text("x,c\n" + "".join(f"{x},{label}\n" for x in (0, 1, 2.5, 4)))
    report = solved(call, "one.csv", "--labels", "c", "--classes", classes, *how)
    # the constant (1 - 1/k, -1/k, ...) has norm sqrt((k - 1)/k); both end features, with weights of 1/4 of it, make it
    known = np.sqrt((classes - 1) / classes) * 2 / 4
    assert report["value"] == pytest.approx(known, rel=1e-7, abs=1e-12)
    assert report["upper_bound"] == pytest.approx(known, rel=1e-7, abs=1e-12)


def test_repeated_rows_are_merged_aloud(call, folder):
    (folder / "labels.csv").write_text(LABELS + "1,1\n-1,0\n")
    code, out, _ = call(*SOLVE, "labels.csv", "--labels", "label")
    assert code == 0
    assert "6 points; 2 repeated rows merged" in " ".join(out.split())


def test_different_y_in_one_bin_are_one_point(call, folder):
    (folder / "targets.csv").write_text("x,y\n0,0\n0,0.1\n1,1\n2,0.9\n2,0.8\n")
    code, out, _ = call(*SOLVE, "targets.csv", "--bins", 2)
    assert code == 0
    assert "3 points; 2 repeated rows merged" in " ".join(out.split())


def test_one_y_everywhere_with_a_range(call, folder):
    (folder / "flat.csv").write_text("0,1\n1,1\n")
    assert solved(call, "flat.csv", "--bins", 2, "--range", "0,1")["value"] > 0


def test_plot(call, folder):
    code, _, err = call(*SOLVE, "labels.csv", "--labels", "label", "--plot", "fit.svg")
    assert (code, err) == (0, "")
    assert "<svg" in (folder / "fit.svg").read_text()


@pytest.mark.parametrize("command", ["solve", "bench"])
def test_help(call, command):
    code, out, err = call(command, "classification", "--help")
    assert (code, err) == (0, "")
    assert f"Usage: implicit-bias {command} classification" in out
    assert "Examples" in out
    assert max(map(len, out.splitlines())) <= 80
    options = {
        "solve": ("--bins", "--midpoints", "--range", "--labels", "--classes", "--x", "--y", "--plot"),
        "bench": ("--bins", "--sizes"),
    }
    for option in (*options[command], "--json"):
        assert option in out


def test_a_process_of_its_own(folder):
    done = process(*SOLVE, "-", "--labels", "2", "--json", "-", input=LABELS.split("\n", 1)[1], cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert strictly(done.stdout)["value"] == pytest.approx(5 / np.sqrt(2), rel=1e-7)


# --- bad input


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ["--bins", "--labels", "one of them is needed"]),
        (("--bins", "2", "--labels", "label"), ["--bins", "--labels", "not both"]),
        (("--labels", "label", "--midpoints", "ends"), ["--midpoints goes with --bins only"]),
        (("--labels", "label", "--range", "0,1"), ["--range goes with --bins only"]),
        (("--labels", "label", "--y", "label"), ["--y goes with --bins only"]),
        (("--bins", "2", "--classes", "2"), ["--classes goes with --labels only"]),
        (("--bins", "2", "--midpoints", "middle"), ["--midpoints must be interior or ends, not 'middle'"]),
        (("--bins", "0"), ["Invalid value for '--bins'"]),
        (("--bins", "1"), ["Invalid value for '--bins'"]),
        (("--bins", "-3"), ["Invalid value for '--bins'"]),
        (("--bins", "10001"), ["Invalid value for '--bins'"]),
        (("--bins", "ten"), ["Invalid value for '--bins'"]),
        (("--bins", "2.5"), ["Invalid value for '--bins'"]),
        (("--bins", "2", "--range", "0"), ["--range", "0,1"]),
        (("--bins", "2", "--range", "0,1,2"), ["--range"]),
        (("--bins", "2", "--range", "low,high"), ["--range", "'low,high'"]),
        (("--bins", "2", "--range", "1,0"), ["--range", "increase"]),
        (("--bins", "2", "--range", "1,1"), ["--range", "increase"]),
        (("--bins", "2", "--range", "nan,1"), ["--range", "increase"]),
        (("--bins", "2", "--range", "0,inf"), ["--range", "finite"]),
        (("--bins", "2", "--range", "0.5,1"), ["line 2, column 'label' is 0, outside the range [0.5, 1]"]),
        (("--labels", "z"), ["no column 'z'", "'x', 'label'"]),
        (("--labels", "x"), ["column 'x' cannot be both"]),
        (("--labels", "label", "--x", "label"), ["column 'label' cannot be both"]),
        (("--bins", "2", "--x", "label"), ["column 'label' cannot be both"]),
        (("--labels", "label", "--classes", "1"), ["line 5, column 'label' is 1", "--classes 1"]),
        (("--labels", "label", "--classes", "0"), ["Invalid value for '--classes'"]),
        (("--labels", "label", "--classes", "10001"), ["Invalid value for '--classes'"]),
        (("--labels", "label", "--backend", "HIGHS"), ["HIGHS cannot solve this SOCP", "CLARABEL"]),
        (("--labels", "label", "--backend", "osqp"), ["OSQP cannot solve this SOCP", "ECOS"]),
        (("--labels", "label", "--backend", "NONE"), ["no backend 'NONE'"]),
        (("--labels", "label", "--method", "exact", "--backend", "ECOS"), ["exact method takes no backend", "Use '"]),
        (("--labels", "label", "--method", "best"), ["no method 'best'"]),
        (("--labels", "label", "--weight", "cube"), ["weight must be 'unit' or 'sphere', not 'cube'"]),
        (("--labels", "label", "--affine", "free"), ["No such option: --affine"]),
        (("--labels", "label", "--tolerance", "0"), ["tolerance must be"]),
    ],
)
def test_bad_usage(refused, arguments, words):
    err = refused(*SOLVE, "labels.csv", *arguments, "--json", "out.json")
    for word in words:
        assert word in err


FILES = {
    "a fraction": ("x,c\n0,1\n1,0.5\n", "bad.csv: line 3, column 'c' is 0.5, not a whole number from 0 to 9999"),
    "a negative label": ("x,c\n0,1\n\n1,-1\n", "bad.csv: line 4, column 'c' is -1, not a whole number from 0"),
    "a text": ("x,c\n0,1\n1,red\n", "bad.csv: line 3, column 'c' is 'red'"),
    "an empty cell": ("x,c\n0,1\n1,\n", "bad.csv: line 3, column 'c' is empty"),
    "NaN": ("x,c\n0,nan\n1,1\n", "bad.csv: line 2, column 'c' is 'nan'"),
    "a large label": ("x,c\n0,10000\n1,1\n", "bad.csv: line 2, column 'c' is 10000, not a whole number from 0 to 9999"),
    "a huge label": ("x,c\n0,1e300\n1,1\n", "bad.csv: line 2, column 'c' is 1"),
    "a contradiction": ("x,c\n0,1\n1,0\n0,2\n", "bad.csv: line 2 and line 4 have the same x = 0 but different labels (1 and 2)"),
    "a later contradiction": ("x,c\n0,1\n1,2\n0,1\n1,0\n", "bad.csv: line 3 and line 5 have the same x = 1"),
    "equal x": ("x,c\n1,2\n1,2\n", "bad.csv: All x are equal"),
    "one row": ("x,c\n0,1\n", "bad.csv: At least two points are needed"),
    "large x": ("x,c\n0,1\n1e151,0\n", "Rescale x"),
}


@pytest.mark.parametrize(("content", "message"), FILES.values(), ids=FILES)
def test_bad_labels(refused, folder, content, message):
    (folder / "bad.csv").write_text(content)
    err = refused(*SOLVE, "bad.csv", "--labels", "c", "--json", "out.json")
    assert message in err
    assert len(err.splitlines()) == 1
    assert ("impossible" in err) == ("same x" in err)


TARGETS = {
    "outside": ("x,y\n0,0\n1,2\n", ("--range", "0,1"), "bad.csv: line 3, column 'y' is 2, outside the range [0, 1]"),
    "a contradiction": ("x,y\n0,0\n1,1\n0,1\n", (), "bad.csv: line 2 and line 4 have the same x = 0 but different bins (0 and 1)"),
    "one y": ("x,y\n0,3\n1,3\n", (), "bad.csv: every y is 3, and bins need a range: give one with --range LO,HI"),
    "large y": ("x,y\n0,-1e308\n1,1e308\n", (), "line 2, column 'y' is -1e+308; magnitudes up to 1e+150 can be computed with. Rescale y"),
    "one column": ("x\n0\n1\n", (), "bad.csv has one column"),
    "text": ("x,y\n0,a\n1,3\n", (), "bad.csv: line 2, column 'y' is 'a'"),
}


@pytest.mark.parametrize(("content", "options", "message"), TARGETS.values(), ids=TARGETS)
def test_bad_targets(refused, folder, content, options, message):
    (folder / "bad.csv").write_text(content)
    err = refused(*SOLVE, "bad.csv", "--bins", 2, *options, "--json", "out.json")
    assert message in err
    assert len(err.splitlines()) == 1


def test_bad_places_are_found_out_before_the_work(refused, monkeypatch):
    monkeypatch.setattr("implicit_bias.cli.solving.solve", lambda *_, **__: pytest.fail("solved before the output was tried"))
    assert "no folder" in refused(*SOLVE, "labels.csv", "--labels", "label", "--json", "gone/out.json")
    assert "DATA and --json are the same file" in refused(*SOLVE, "labels.csv", "--labels", "label", "--json", "labels.csv")
    assert "no format that can be drawn" in refused(*SOLVE, "labels.csv", "--labels", "label", "--plot", "fit.xyz")


# --- bench


def test_bench(call):
    code, out, err = call("bench", "classification", "--bins", 4, "--sizes", "12,20", "--backends", "ecos,CLARABEL,ECOS", "--json", "-")
    assert (code, err) == (0, "")
    rows = strictly(out)
    assert [(row["backend"], row["method"], row["form"]) for row in rows[:6]] == [
        (None, "exact", None),
        ("ECOS", "dictionary", "primal"),
        ("ECOS", "dictionary", "dual"),
        ("ECOS", "sparse", "primal"),
        ("ECOS", "sparse", "dual"),
        ("CLARABEL", "dictionary", "primal"),
    ]
    assert len(rows) == 18
    for n in (12, 20):
        mine = [row for row in rows if row["n"] == n]
        base = mine[0]["seconds"] or min(row["seconds"] for row in mine if row["status"] == "optimal")
        assert all(row["seconds"] is None or row["ratio"] == pytest.approx(row["seconds"] / base) for row in mine)


def test_bench_prints_a_table(call):
    code, out, err = call("bench", "classification", "--sizes", "8", "--backends", "CLARABEL", "--bins", "3", "--data", SUNSPOTS)
    assert (code, err) == (0, "")
    assert out.count("CLARABEL") == 4
    assert "S_C" in out
    assert max(map(len, out.splitlines())) <= 80


def test_bench_exits_with_one_unless_something_is_optimal(call, monkeypatch):
    poor = bench.Row(5, "sparse", "dual", "SCS", "inaccurate", 1.0, 0.5, 1.0, "")
    for method, others, code in (("exact", "optimal", 1), ("sparse", "optimal", 0), ("sparse", "inaccurate", 1)):
        first = bench.Row(5, method, None, None, "inaccurate", 1.0, 0.5, 1.0, "")
        rows = [first, poor, bench.Row(5, "sparse", "primal", "ECOS", others, 1.0, 0.0, 1.0, "")]
        monkeypatch.setattr("implicit_bias.cli.benching.bench_classification", lambda *_, rows=rows, **__: rows)
        assert call("bench", "classification")[0] == code


def test_bench_skips_what_cannot_run_and_says_so(monkeypatch):
    monkeypatch.setattr(bench, "CLASSIFICATION_DICTIONARY_LIMIT", 10)
    exact, *rows = bench.bench_classification([11], ["ECOS"], bins=3)
    assert [row.status for row in rows] == ["skipped", "skipped", "optimal", "optimal"]
    assert rows[0].seconds is rows[0].gap is rows[0].ratio is None
    assert "10" in rows[0].reason
    assert exact.ratio == 1


def test_bench_asks_before_it_runs(monkeypatch, refused):
    monkeypatch.setattr(bench, "solve", lambda *_, **__: pytest.fail("ran"))
    for sizes in ([], [5, 1], [-3]):
        with pytest.raises(OptionError):
            bench.bench_classification(sizes)
    for name in ("NONE", "HIGHS", "OSQP"):
        with pytest.raises(BackendError):
            bench.bench_classification([3], [name])
    with pytest.raises(OptionError):
        bench.bench_classification([3], bins=1)
    assert "HIGHS cannot solve this SOCP" in refused("bench", "classification", "--backends", "HIGHS")
    assert "--bins" in refused("bench", "classification", "--bins", "1")
    assert "at least 2, not 1" in refused("bench", "classification", "--sizes", "1")
    assert "gone.csv does not exist" in refused("bench", "classification", "--data", "gone.csv")


def test_bench_samples():
    data = Dataset([0.0, 1.0, 3.0], [1.0, 2.0, 5.0])
    assert bench.classification_sample(3, 2, data).y.tolist() == [0, 0, 1]
    assert bench.classification_sample(6, 2, data).y.tolist() == [0, 0, 1, 0, 0, 1]
    labels, _ = bin_targets(triangle_target(np.linspace(-1, 1, 5)), 10, (0, 1), "ends")
    assert bench.classification_sample(5).y.tolist() == labels.tolist()

import dataclasses
import io
import json
import os
import stat
import subprocess
import sys
import types
from pathlib import Path

import numpy as np
import pytest

import implicit_bias
from implicit_bias.bench import base as bench
from implicit_bias.cli import main, output, run
from implicit_bias.data import Dataset, triangle_target
from implicit_bias.errors import BackendError, OptionError, OutputError
from implicit_bias.methods.programs import backends

SUNSPOTS = Path(__file__).parents[1] / "examples" / "data" / "sunspots.csv"
POINTS = "x,y\n-1,1\n0,0\n1,1\n"
SOLVE = ("solve", "regression", "data.csv")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "data.csv").write_text(POINTS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def call(capsys):
    """Run the command line in this process and return its exit code, output and errors."""

    def call(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as done:
            run([str(a) for a in arguments])
        return (done.value.code, *capsys.readouterr())

    return call


@pytest.fixture
def refused(call, folder):
    """Run what must be refused: exit code 2, one or two plain lines, nothing on stdout, nothing written."""

    def refused(*arguments):
        before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
        code, out, err = call(*arguments)
        assert (code, out) == (2, "")
        lines = err.splitlines()
        assert 1 <= len(lines) <= 2
        assert lines[0].startswith("implicit-bias: ")
        assert all(line == line.strip() and line.isprintable() for line in lines)
        assert "Traceback" not in err
        assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
        return err

    return refused


def process(*arguments, **options):
    command = [sys.executable, "-W", "error", "-m", "implicit_bias.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, **options)


# --- usage


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), ["Missing command", "solve, verify, compare, bench, reproduce, backends", "Try 'implicit-bias --help'"]),
        (("solv", "regression", "data.csv"), ["No such command 'solv'", "Did you mean 'solve'", "--help"]),
        (("nonsense",), ["No such command 'nonsense'", "solve, verify, compare, bench, reproduce, backends"]),
        (("solve",), ["Missing command", "There are regression, classification, regularized, spline"]),
        (("solve", "regresion", "data.csv"), ["Did you mean 'regression'"]),
        (("solve", "everything", "data.csv"), ["No such command 'everything'", "regression, classification, regularized, spline"]),
        (("bench", "everything"), ["No such command 'everything'"]),
        (("solve", "regression"), ["Missing argument 'DATA.csv'", "Try 'implicit-bias solve regression --help'"]),
        ((*SOLVE, "more.csv"), ["unexpected extra argument", "more.csv"]),
        ((*SOLVE, "--tolerence", "1e-6"), ["No such option: --tolerence", "--tolerance"]),
        (("--verison",), ["No such option: --verison", "--version"]),
        ((*SOLVE, "--domain", "0,1"), ["No such option: --domain"]),
        ((*SOLVE, "--backend"), ["--backend", "requires an argument"]),
        ((*SOLVE, "--tolerance", "small"), ["--tolerance", "valid"]),
        ((*SOLVE, "--tolerance", "nan"), ["tolerance must be a number between 0 and 1, not nan"]),
        ((*SOLVE, "--tolerance", "0"), ["tolerance must be", "not 0.0"]),
        ((*SOLVE, "--tolerance", "-1e-8"), ["tolerance must be", "not -1e-08"]),
        ((*SOLVE, "--tolerance", "inf"), ["tolerance must be", "not inf"]),
        ((*SOLVE, "--method", "exacly"), ["no method 'exacly'", "auto, exact, sparse or dictionary"]),
        ((*SOLVE, "--backend", "CPLEXX"), ["no backend 'CPLEXX'", "CLARABEL, ECOS, HIGHS, OSQP, SCS"]),
        ((*SOLVE, "--method", "exact", "--backend", "ECOS"), ["exact method takes no backend", "Use '"]),
        ((*SOLVE, "--weight", "circle"), ["weight must be 'unit' or 'sphere', not 'circle'"]),
        ((*SOLVE, "--affine", "none"), ["affine must be 'penalized' or 'free', not 'none'"]),
        ((*SOLVE, "--x", "z"), ["data.csv has no column 'z'", "'x', 'y'"]),
        ((*SOLVE, "--y", "a\nb\x1b[31m"), ["no column", "a\\nb"]),
        ((*SOLVE, "--x", "y"), ["x and y are both the column 'y'"]),
        (("verify", "--instances", "0"), ["--instances", "1"]),
        (("verify", "--jobs", "many"), ["--jobs", "valid"]),
        (("verify", "--seed", "-1"), ["--seed", "0"]),
        (("bench", "regression", "--sizes", "1"), ["at least 2, not 1"]),
        (("bench", "regression", "--sizes", "3,many"), ["--sizes", "'many'"]),
        (("bench", "regression", "--sizes", "3,,4"), ["--sizes", "'3,,4'"]),
        (("bench", "regression", "--sizes", "3.5"), ["--sizes", "'3.5'"]),
        (("bench", "regression", "--backends", "ECOS,NONE"), ["no backend 'NONE'"]),
        (("bench", "regression", "--backends", ""), ["--backends"]),
        (("backends", "more"), ["unexpected extra argument", "more"]),
    ],
)
def test_bad_usage(refused, arguments, words):
    err = refused(*arguments)
    for word in words:
        assert word in err


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("solve",),
        ("solve", "regression"),
        ("verify",),
        ("compare",),
        ("bench",),
        ("bench", "regression"),
        ("reproduce",),
        ("backends",),
        ("methods",),
    ],
)
def test_help(call, arguments):
    code, out, err = call(*arguments, "--help")
    assert (code, err) == (0, "")
    assert "Usage: implicit-bias" in out
    assert len(arguments) == 1 or "Examples" in out
    assert max(map(len, out.splitlines())) <= 80


def test_version(call):
    assert call("--version") == (0, f"implicit-bias {implicit_bias.__version__}\n", "")


# --- data

FILES = {
    "a missing file": (None, "does not exist"),
    "an empty file": ("", "is empty"),
    "a header only": ("x,y\n", "no data"),
    "one row": ("x,y\n0,1\n", "two points are needed"),
    "one column": ("x\n0\n1\n", "one column"),
    "text": ("x,y\n0,1\n1,red\n", "line 3, column 'y' is 'red'"),
    "an empty cell": ("x,y\n0,1\n1,\n", "line 3, column 'y' is empty"),
    "NaN": ("x,y\n0,1\nNaN,1\n", "line 3, column 'x' is 'NaN'"),
    "infinity": ("x,y\n0,1\n1,inf\n", "line 3, column 'y' is 'inf'"),
    "a contradiction": ("x,y\n0,1\n1,2\n0,2\n", "line 2 and line 4"),
    "equal x": ("x,y\n1,2\n1,2\n", "All x are equal"),
    "ragged rows": ("x,y\n0,1\n1,2,3\n", "line 3 has 3 cells"),
    "a binary file": (b"\x7fELF\x00\xff\xfe", "not UTF-8 text"),
    "a UTF-16 file": (POINTS.encode("utf-16"), "UTF-16"),
    "duplicate names": ("x,x\n0,1\n1,2\n", "names a column twice"),
    "decimal commas": ("x;y\n0,5;1\n1,5;2\n", "decimals with a point"),
    "large x": ("x,y\n0,1\n1e151,2\n", "Rescale x"),
    "large y": ("x,y\n0,1e151\n1,2\n", "Rescale y"),
}


@pytest.mark.parametrize(("content", "message"), FILES.values(), ids=FILES)
def test_bad_data(refused, folder, content, message):
    if content is not None:
        (folder / "bad.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    err = refused("solve", "regression", "bad.csv", "--json", "out.json")
    assert message in err
    assert "bad.csv" in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("arguments", [("verify", "--data"), ("bench", "regression", "--data")])
def test_bad_data_of_the_other_commands(refused, arguments):
    assert "gone.csv does not exist" in refused(*arguments, "gone.csv")


def test_files_that_cannot_be_read(refused, folder):
    assert "is a directory" in refused("solve", "regression", folder)
    assert "cannot be read: Not a directory" in refused("solve", "regression", "data.csv/x")
    (folder / "secret.csv").write_text(POINTS)
    (folder / "secret.csv").chmod(0)
    if not os.access("secret.csv", os.R_OK):  # nothing is secret to root
        assert "cannot be read: Permission denied" in refused("solve", "regression", "secret.csv")


def test_a_name_that_would_break_the_line(refused):
    assert "two\\nlines.csv does not exist" in refused("solve", "regression", "two\nlines.csv")


def test_standard_input(call, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(POINTS.encode())))
    code, out, err = call("solve", "regression", "-")
    assert (code, err) == (0, "")
    assert "standard input" in out
    assert "2.00000000000000" in out


# --- solve


def test_text_of_a_solution(call):
    code, out, err = call("solve", "regression", SUNSPOTS)
    assert (code, err) == (0, "")
    for words in ("309 points", "x from 1700 to 2008", "optimal. ", "5083.60000000000", "tolerance 1e-08", "exact", "309 predicted"):
        assert words in out
    assert max(map(len, out.splitlines())) <= 80


def test_columns_by_name(call, folder):
    (folder / "more.csv").write_text("name,b,a\nred,1,-1\nblue,0,0\ngreen,1,1\n")
    code, out, _ = call("solve", "regression", "more.csv", "--x", "a", "--y", "b")
    assert code == 0
    assert "2.00000000000000" in out


def test_repeated_rows_are_merged_aloud(call, folder):
    (folder / "data.csv").write_text(POINTS + "1,1\n-1,1\n")
    code, out, _ = call(*SOLVE)
    assert code == 0
    assert "3 points; 2 repeated rows merged" in out


KEYS = {
    "schema": None,
    "problem": {"kind", "weight", "affine", "n", "inputs", "outputs"},
    "status": None,
    "method": None,
    "backend": None,
    "reason": None,
    "tolerance": None,
    "value": None,
    "dual_value": None,
    "lower_bound": None,
    "upper_bound": None,
    "gap": None,
    "constraint_violation": None,
    "dual": None,
    "certificate": {"peak", "exact"},
    "measure": {"kinks", "directions", "weights", "constant", "affine"},
    "spline": None,
    "support": {"predicted", "found", "contained"},
    "timings": {"build", "solve", "check"},
    "versions": None,
}


def strictly(text):
    """Parse JSON that has neither NaN nor infinity."""

    def refuse(word):
        raise AssertionError(f"{word} in JSON")

    return json.loads(text, parse_constant=refuse)


def test_json_on_standard_output_is_nothing_else(call):
    code, out, err = call(*SOLVE, "--json", "-")
    assert (code, err) == (0, "")
    report = strictly(out)
    assert list(report) == list(KEYS)
    for key, inner in KEYS.items():
        assert inner is None or set(report[key]) == inner
    assert (report["schema"], report["status"], report["value"], report["backend"], report["spline"]) == (1, "optimal", 2.0, None, None)
    assert report["problem"]["n"] == len(report["dual"]) == 3


def test_json_in_a_file_comes_beside_the_text(call, folder):
    (folder / "out.json").write_text("old")
    (folder / "out.json").chmod(0o640)
    code, out, _ = call(*SOLVE, "--json", "out.json")
    assert code == 0
    assert "optimal" in out
    assert strictly((folder / "out.json").read_text())["value"] == 2.0
    assert sorted(path.name for path in folder.iterdir()) == ["data.csv", "out.json"]
    assert stat.S_IMODE((folder / "out.json").stat().st_mode) == 0o640
    assert call(*SOLVE, "--json", "new.json")[0] == 0
    assert stat.S_IMODE((folder / "new.json").stat().st_mode) == stat.S_IMODE((folder / "data.csv").stat().st_mode)


def test_a_backend_solves_it_too(call):
    code, out, _ = call(*SOLVE, "--backend", "highs", "--tolerance", "1e-6", "--json", "-")
    report = strictly(out)
    assert code == 0
    assert (report["method"], report["backend"], report["tolerance"]) == ("sparse", "HIGHS", 1e-6)


@pytest.mark.parametrize("where", ["-", "out.json"])
def test_a_poor_answer_exits_with_one(call, folder, monkeypatch, where):
    few = {"eps_abs": 1e-10, "eps_rel": 1e-10}
    monkeypatch.setattr(backends, "_first_order", lambda tolerance, limit: {**few, limit: 10})
    x = np.linspace(-1, 1, 300)
    np.savetxt("poor.csv", np.column_stack([x, triangle_target(x)]), delimiter=",")
    code, out, err = call("solve", "regression", "poor.csv", "--backend", "SCS", "--json", where)
    report = strictly(out if where == "-" else (folder / where).read_text())
    assert code == 1
    assert report["status"] in {"inaccurate", "limit"}
    assert report["gap"] > report["tolerance"]
    text = err if where == "-" else out
    assert report["status"] in text
    assert "above the tolerance" in " ".join(text.split())


def test_no_answer_exits_with_one(call, monkeypatch):
    monkeypatch.setattr(backends, "run", lambda *_: backends.Outcome("failed: out of luck", 0.0, 0.0, False))
    code, out, err = call(*SOLVE, "--backend", "SCS", "--json", "-")
    report = strictly(out)
    assert code == 1
    assert report["status"] == "backend_failed"
    assert [report[key] for key in ("value", "dual_value", "upper_bound", "measure", "dual", "certificate")] == [None] * 6
    assert err.startswith("implicit-bias: backend_failed: ")
    assert "out of luck" in err
    code, out, err = call(*SOLVE, "--backend", "SCS", "--plot", "fit.pdf")
    assert (code, err) == (1, "implicit-bias: fit.pdf was not written: there is no measure to draw.\n")
    assert not Path("fit.pdf").exists()
    assert "backend_failed" in out
    assert "nan" not in out


def test_a_missing_backend(refused, monkeypatch):
    monkeypatch.setattr(backends.Backend, "installed", property(lambda row: row.name != "SCS"))
    assert "pip install scs" in refused(*SOLVE, "--backend", "SCS")
    assert "pip install scs" in refused("bench", "regression", "--backends", "SCS")


def test_too_large_for_memory(refused, monkeypatch):
    def greedy(*_, **__):
        raise MemoryError

    monkeypatch.setattr("implicit_bias.cli.solving.solve", greedy)
    assert "not enough memory" in refused(*SOLVE)


# --- files


@pytest.mark.parametrize("option", ["--json", "--plot"])
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("gone/out.pdf", "there is no folder 'gone'"),
        ("data.csv/out.pdf", "there is no folder 'data.csv'"),
        (".", "is a directory"),
        ("", "needs the name of a file"),
        ("--method", "not '--method'"),
        ("data.csv", "DATA and {option} are the same file"),
        ("./data.csv", "DATA and {option} are the same file"),
        ("x" * 300 + ".pdf", "cannot be written: File name too long"),
        ("a\0b", "needs the name of a file, not"),
    ],
)
def test_bad_places_are_found_out_before_the_work(refused, monkeypatch, option, given, words):
    monkeypatch.setattr("implicit_bias.cli.solving.solve", lambda *_, **__: pytest.fail("solved before the output was tried"))
    words = words.format(option=option)
    err = refused(*SOLVE, option, given)
    # a name that is not a picture's is refused for that, and no less early
    assert words in err or (option == "--plot" and "has no format that can be drawn" in err)


def test_a_protected_place(refused, folder, monkeypatch):
    (folder / "out.json").write_text("old")
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "out.json")
    assert "out.json cannot be written: it is write-protected" in refused(*SOLVE, "--json", "out.json")


def test_one_place_for_two_files(refused):
    assert "--json and --plot are the same file" in refused(*SOLVE, "--json", "out.pdf", "--plot", "./out.pdf")


@pytest.mark.parametrize("command", [("verify",), ("bench", "regression", "--sizes", "3", "--backends", "HIGHS")])
def test_bad_places_of_the_other_commands(refused, command):
    assert "no folder" in refused(*command, "--json", "gone/out.json")


def test_links_are_followed(call, folder):
    (folder / "deep").mkdir()
    (folder / "out.json").symlink_to(folder / "deep" / "real.json")
    assert call(*SOLVE, "--json", "out.json")[0] == 0
    assert (folder / "out.json").is_symlink()
    assert strictly((folder / "deep" / "real.json").read_text())["value"] == 2.0


def test_devices_are_not_replaced(call):
    assert call(*SOLVE, "--json", os.devnull)[0] == 0
    assert stat.S_ISCHR(os.stat(os.devnull).st_mode)


def test_two_files_of_one_suffix(call, folder):
    assert call(*SOLVE, "--json", "a.svg", "--plot", "b.svg")[0] == 0
    assert strictly((folder / "a.svg").read_text())["value"] == 2.0
    assert "<svg" in (folder / "b.svg").read_text()


def test_all_files_or_none(folder):
    first, second = output.Destination.of("--json", "a.json"), output.Destination.of("--plot", "b.pdf")

    def fail(path):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match=r"b.pdf cannot be written: No space left"):
        output.write_files({first: lambda path: path.write_text("whole"), second: fail})
    assert [path.name for path in folder.iterdir()] == ["data.csv"]
    output.write_files({first: lambda path: path.write_text("1"), second: lambda path: path.write_text("2")})
    assert sorted(path.name for path in folder.iterdir()) == ["a.json", "b.pdf", "data.csv"]


@pytest.mark.parametrize("suffix", ["pdf", "png", "svg"])
def test_plot(call, folder, suffix):
    code, out, err = call(*SOLVE, "--plot", f"fit.{suffix}", "--json", "out.json")
    assert (code, err) == (0, "")
    assert "optimal" in out
    assert (folder / f"fit.{suffix}").stat().st_size > 1000
    assert sorted(path.name for path in folder.iterdir()) == sorted(["data.csv", f"fit.{suffix}", "out.json"])


@pytest.mark.parametrize("name", ["fit.xyz", "fit", "fit."])
def test_unknown_plot_formats(refused, monkeypatch, name):
    monkeypatch.setattr("implicit_bias.cli.solving.solve", lambda *_, **__: pytest.fail("solved before the output was tried"))
    err = refused(*SOLVE, "--plot", name, "--json", "out.json")
    assert name in err
    assert "pdf" in err


# --- verify


def test_verify_lists(call):
    code, out, err = call("verify", "--list")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    from implicit_bias import claims

    for claim in claims.CLAIMS:
        assert claim.name in out
    assert call("verify", "--list", claims.CLAIMS.names()[0])[1].count("source") == 1


def test_verify_checks(call):
    from implicit_bias import claims

    name = claims.CLAIMS.names()[0]
    code, out, err = call("verify", name, "--instances", 2)
    assert (code, err) == (0, "")
    assert name in out
    assert "rejected" in out
    assert "all as expected" in out.splitlines()[-1]
    assert max(map(len, out.splitlines())) <= 80


def test_verify_json(call):
    from implicit_bias import claims

    code, out, err = call("verify", claims.CLAIMS.names()[0], "--instances", 2, "--data", "data.csv", "--json", "-")
    assert (code, err) == (0, "")
    (verdict,) = strictly(out)
    documented = ("claim", "source", "kind", "verdict", "expected", "assumption", "instances", "worst", "tolerance", "control", "seconds")
    assert set(verdict) == set(documented)


def test_an_unknown_claim(refused):
    assert "no-such-claim" in refused("verify", "no-such-claim")


@pytest.mark.parametrize(("as_expected", "rejected", "code"), [(True, True, 0), (False, True, 1), (False, False, 1)])
def test_verify_exit_codes(call, monkeypatch, as_expected, rejected, code):
    claim = types.SimpleNamespace(
        name="a-claim", title="t", source="s", statement="st", kind="equality", expected="holds", assumption=None, tolerance=1e-9
    )
    verdict = types.SimpleNamespace(
        claim=claim,
        verdict="holds",
        worst=float("nan"),
        instances=1,
        control_rejected=rejected,
        seconds=0.1,
        as_expected=as_expected,
        available=True,
        reason="",
        to_dict=dict,
    )
    fake = types.SimpleNamespace(CLAIMS=(claim,), find=lambda names: (claim,) if not names else (), verify=lambda chosen, **_: [verdict])
    monkeypatch.setattr(implicit_bias, "claims", fake, raising=False)
    got, out, _ = call("verify")
    assert got == code
    assert ("all as expected" in out) == (code == 0)
    assert ("ACCEPTED" in out) == (rejected is False)


def test_verify_reports_what_is_unavailable_and_does_not_fail(call, monkeypatch):
    from implicit_bias import claims
    from implicit_bias.claims import run as running
    from implicit_bias.claims.base import Outcome

    def lacking():
        raise OptionError("This needs a thing; install it.")

    first, plain = claims.find(claims.CLAIMS.names()[:2])
    needing = dataclasses.replace(first, name="needing", requires=("networks",))
    monkeypatch.setattr(claims, "find", lambda names: (needing, plain))
    monkeypatch.setattr(running, "EXTRAS", {"networks": lacking})
    code, out, err = call("verify", "--instances", 2)
    assert (code, err) == (0, "")
    assert "1 unavailable" in out.splitlines()[-1]
    assert "what could be checked is as expected" in out.splitlines()[-1]
    assert out.count("This needs a thing; install it.") == 1
    assert "ACCEPTED" not in out
    code, out, _ = call("verify", "--instances", 2, "--json", "-")
    first, second = strictly(out)
    assert code == 0
    assert (first["verdict"], first["worst"], first["control"], first["instances"]) == ("unavailable", None, {"rejected": None}, 0)
    assert second["verdict"] == plain.expected
    # a surprise among the others still counts
    spoiled = dataclasses.replace(plain, check=lambda case: Outcome(1.0), expected="holds", assumption=None)
    monkeypatch.setattr(claims, "find", lambda names: (needing, spoiled))
    code, out, _ = call("verify", "--instances", 1)
    assert code == 1
    assert "1 not as expected" in out


# --- bench and backends


def test_bench(call):
    code, out, err = call("bench", "regression", "--sizes", "20", "--backends", "highs,CLARABEL,HIGHS", "--json", "-")
    assert (code, err) == (0, "")
    rows = strictly(out)
    assert [(row["backend"], row["method"], row["form"]) for row in rows[:6]] == [
        (None, "exact", None),
        ("HIGHS", "dictionary", "primal"),
        ("HIGHS", "dictionary", "dual"),
        ("HIGHS", "sparse", "primal"),
        ("HIGHS", "sparse", "dual"),
        ("CLARABEL", "dictionary", "primal"),
    ]
    assert len(rows) == 9
    assert all(set(row) == {"n", "method", "form", "backend", "status", "seconds", "gap", "ratio", "reason", "value"} for row in rows)
    assert all(row["ratio"] == pytest.approx(row["seconds"] / rows[0]["seconds"]) for row in rows)


def test_bench_prints_a_table(call):
    code, out, err = call("bench", "regression", "--sizes", "3", "--backends", "HIGHS", "--data", SUNSPOTS)
    assert (code, err) == (0, "")
    assert out.count("HIGHS") == 4
    assert max(map(len, out.splitlines())) <= 80


def test_bench_skips_dense_programs_and_says_so(monkeypatch):
    monkeypatch.setattr(bench, "DICTIONARY_LIMIT", 10)
    rows = bench.bench_regression([11], ["HIGHS"])
    assert [row.status for row in rows] == ["optimal", "skipped", "skipped", "optimal", "optimal"]
    assert rows[1].seconds is rows[1].gap is rows[1].ratio is None
    assert "10" in rows[1].reason


def test_bench_asks_before_it_runs(monkeypatch):
    monkeypatch.setattr(bench, "solve", lambda *_, **__: pytest.fail("ran"))
    for sizes in ([], [5, 1], [-3]):
        with pytest.raises(OptionError):
            bench.bench_regression(sizes)
    with pytest.raises(BackendError):
        bench.bench_regression([3], ["NONE"])


def test_bench_progress():
    seen = []
    rows = bench.bench_regression([3, 4], ["HIGHS"], progress=lambda *what: seen.append(what))
    assert [done for done, _, _ in seen] == list(range(len(rows)))
    assert {total for _, total, _ in seen} == {len(rows)}


def test_bench_samples():
    data = Dataset([0.0, 1.0, 3.0], [1.0, 2.0, 5.0])
    assert bench.regression_sample(2, data).x.tolist() == [0, 3]
    assert bench.regression_sample(3, data).x.tolist() == [0, 1, 3]
    longer = bench.regression_sample(7, data)
    assert longer.x.tolist() == [0, 1, 3, 4.5, 5.5, 7.5, 9]
    assert longer.y.tolist() == [1, 2, 5, 1, 2, 5, 1]
    assert np.array_equal(bench.regression_sample(5).y, triangle_target(np.linspace(-1, 1, 5)))


def test_backends(call, monkeypatch):
    code, out, err = call("backends")
    assert (code, err) == (0, "")
    lines = {line.split()[0]: line.split() for line in out.splitlines()[1:] if not line.startswith(" ")}
    assert lines["OSQP"][2:6] == ["yes", "yes", "no", "no"]
    assert lines["CLARABEL"][2:6] == ["yes"] * 4
    monkeypatch.setattr(backends.Backend, "installed", property(lambda row: False))
    code, out, err = call("backends")
    assert code == 0
    assert "pip install scs" in out
    assert max(map(len, out.splitlines())) <= 80


# --- as a process of its own


def test_a_process_of_its_own(folder):
    done = process(*SOLVE, "--json", "-", cwd=folder)
    assert (done.returncode, done.stderr) == (0, "")
    assert strictly(done.stdout)["value"] == 2.0
    done = process("solv", cwd=folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("implicit-bias: No such command 'solv'")
    done = process("solve", "regression", "-", input="0,1\n1,nan\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert "standard input: line 2" in done.stderr


def test_python_dash_m_package():
    done = subprocess.run([sys.executable, "-m", "implicit_bias", "--version"], capture_output=True, text=True, timeout=60)
    assert done.stdout == f"implicit-bias {implicit_bias.__version__}\n"


def test_the_reader_goes_away(folder):
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "implicit_bias.cli", *SOLVE]
    done = subprocess.run(command, cwd=folder, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("arguments", [SOLVE, ("--help",)])
def test_nowhere_to_print(folder, arguments):
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "implicit_bias.cli", *arguments]
        done = subprocess.run(command, cwd=folder, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 2
    assert done.stderr.startswith("implicit-bias: ")
    assert "No space left" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_terminal_without_unicode(folder):
    (folder / "Größe.csv").write_text(POINTS)
    done = process("solve", "regression", "Größe.csv", cwd=folder, env=os.environ | {"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "optimal" in done.stdout


def test_an_interrupt(capsys, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("implicit_bias.cli.solving.solve", interrupt)
    assert main([*SOLVE, "--json", "out.json"]) == 130
    assert capsys.readouterr() == ("", "implicit-bias: interrupted.\n")
    assert not Path("out.json").exists()


def test_the_arguments_of_the_process_are_the_default(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["implicit-bias", "--version"])
    assert main() == 0
    assert "implicit-bias" in capsys.readouterr().out


@pytest.mark.parametrize(("weight", "affine"), [("sphere", "penalized"), ("sphere", "free"), ("unit", "free")])
def test_kinks_on_the_whole_line(call, folder, weight, affine):
    data, picture = folder / "line.csv", folder / "fit.pdf"
    data.write_text("x,y\n-2,1\n-0.5,-1\n0.3,-1.2\n1,0.5\n2.5,4\n")
    options = ("--weight", weight, "--affine", affine, "--plot", str(picture))
    code, out, err = call("solve", "regression", str(data), *options, "--json", "-")
    assert code == 0, err
    report = json.loads(out)
    assert (report["problem"]["weight"], report["problem"]["affine"]) == (weight, affine)
    assert report["status"] == "optimal"
    assert report["gap"] <= 1e-8
    assert (report["measure"]["affine"] is None) == (affine == "penalized")
    assert picture.stat().st_size > 1000
    code, out, err = call("solve", "regression", str(data), "--weight", weight, "--affine", affine)
    assert code == 0, err
    assert f"weight {weight}, affine part {affine}" in out

# The options that all commands of `implicit-bias solve` share, and what is said of the methods.
# ruff: noqa: F811  (fixtures are imported by name)
import numpy as np
import pytest
from choices import PROBLEMS, problem_of
from test_cli import call, folder, process, refused, strictly  # noqa: F401

import implicit_bias as ib
from implicit_bias.cli import options, samples
from implicit_bias.errors import OptionError
from implicit_bias.fits import LOSSES
from implicit_bias.methods.base import Method
from implicit_bias.methods.programs.backends import BACKENDS
from implicit_bias.methods.table import METHODS, names, rows_for
from implicit_bias.problems import MeasureProblem, Problem

COMMANDS = ("regression", "classification", "regularized", "spline")
X, Y = np.array([-1.0, -0.3, 0.4, 1.0]), np.array([1.0, -1.0, 1.0, -0.5])
OWN = {"classification": ("--labels", "label"), "regularized": ("--regularization", "0.05")}


@pytest.fixture(autouse=True)
def files(folder):
    rows = np.column_stack([X, Y, [0, 1, 1, 0], [0, 1, 0, 1]])
    np.savetxt(folder / "four.csv", rows, delimiter=",", header="x,y,label,z", comments="", fmt="%g")


def arguments(command, *more):
    return ("solve", command, "four.csv", *OWN.get(command, ()), *more)


def stated(command):
    return {
        "regression": lambda: ib.RegressionProblem(X, Y),
        "classification": lambda: ib.MaxMarginProblem(X, [0, 1, 1, 0]),
        "regularized": lambda: ib.RegularizedProblem(X, Y, 0.05),
        "spline": lambda: ib.SplineProblem(X, Y),
    }[command]()


# --- options


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_every_shared_option(call, command):
    code, out, _ = call("solve", command, "--help")
    assert code == 0
    for option in ("--method", "--backend", "--tolerance", "--form", "--grid", "--time-limit", "--json", "--plot"):
        assert f"\n  {option} " in out


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("given", ["7", "-0.5,0.25,0.5"])
def test_a_grid(call, command, given):
    _, out, _ = call(*arguments(command, "--method", "dictionary", "--grid", given, "--json", "-"))
    grid = int(given) if "," not in given else [float(word) for word in given.split(",")]
    direct = ib.solve(stated(command), "dictionary", grid=grid)
    report = strictly(out)
    assert (report["method"], report["backend"], report["status"]) == ("dictionary", "CLARABEL", direct.status.value)
    assert report["value"] == direct.value
    assert direct.value != ib.solve(stated(command), "dictionary", grid=8).value or command in ("regression", "classification")


@pytest.mark.parametrize("command", ["regression", "classification", "regularized"])
def test_forms(call, command):
    found = {}
    for form in ("primal", "dual"):
        code, out, err = call(*arguments(command, "--method", "dictionary", "--form", form, "--tolerance", "1e-2", "--json", "-"))
        assert (code, err) == (0, "")
        found[form] = strictly(out)
        assert found[form]["value"] == ib.solve(stated(command), "dictionary", tolerance=1e-2, form=form).value
    assert found["primal"]["value"] == pytest.approx(found["dual"]["value"], rel=1e-4)
    assert found["primal"]["value"] != found["dual"]["value"]


@pytest.mark.parametrize("command", ["regression", "classification", "regularized"])
def test_a_time_limit(call, command):
    how = ("--backend", "CLARABEL", "--time-limit")
    code, out, err = call(*arguments(command, *how, "1e-9", "--json", "-"))
    assert (code, strictly(out)["status"]) == (1, "limit")
    assert err.startswith("implicit-bias: limit: ")
    assert strictly(call(*arguments(command, *how, "60", "--tolerance", "0.1", "--json", "-"))[1])["status"] == "optimal"


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_asked_for_reaches_the_solver(call, monkeypatch, command):
    asked = {}

    def spy(problem, method, **settings):
        asked.update(settings, method=method)
        return ib.solve(problem)

    monkeypatch.setattr("implicit_bias.cli.solving.solve", spy)
    given = {"method": "M", "backend": "B", "tolerance": "1e-3", "form": "dual", "grid": "3", "time-limit": "2.5"}
    code, _, err = call(*arguments(command, *(word for name, value in given.items() for word in (f"--{name}", value))))
    assert (code, err) == (0, "")
    assert asked == {"method": "M", "backend": "B", "tolerance": 1e-3, "form": "dual", "grid": 3, "time_limit": 2.5}


def test_several_inputs_take_a_number_of_features(call, refused):
    inputs = ("--x", "x", "--x", "z", "--y", "y", "--method", "dictionary", "--tolerance", "0.9")
    assert call("solve", "regression", "four.csv", *inputs, "--grid", "40")[0] == 0
    assert "--grid is a number of features" in refused("solve", "regression", "four.csv", *inputs, "--grid", "0.5,1")


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--form", "both"), ["form must be 'primal' or 'dual', not 'both'"]),
        (("--form", ""), ["form must be", "not ''"]),
        (("--grid", "many"), ["--grid is a whole number, or places with commas", "'many'"]),
        (("--grid", ""), ["--grid is a whole number"]),
        (("--grid", "0.5"), ["--grid is a whole number", "'0.5'"]),
        (("--grid", "1,,2"), ["--grid is a whole number", "'1,,2'"]),
        (("--grid", "-3"), ["--grid must be a number from 0 to 1000000, not -3"]),
        (("--grid", "1" + 20 * "0"), ["--grid must be a number from 0"]),
        (("--grid", "nan,0", "--method", "dictionary"), ["grid[0] is nan"]),
        (("--time-limit", "0"), ["time_limit must be a positive number of seconds, not 0.0"]),
        (("--time-limit", "-2"), ["time_limit must be", "not -2.0"]),
        (("--time-limit", "nan"), ["time_limit must be", "not nan"]),
        (("--time-limit", "soon"), ["--time-limit", "valid"]),
        (("--time-limit", "5", "--backend", "ECOS"), ["ECOS has no time limit"]),
        (("--grid",), ["--grid", "requires an argument"]),
    ],
)
def test_bad_values(refused, command, more, words):
    err = refused(*arguments(command, *more))
    for word in words:
        assert word in err


@pytest.mark.parametrize("option", [("--grid", "5"), ("--form", "dual"), ("--time-limit", "5")])
def test_what_a_method_does_not_take_is_refused(refused, option):
    err = refused(*arguments("regression", *option))
    assert f"The exact method takes no {option[0][2:].replace('-', '_')}. Use '" in err
    assert "spline" not in err


@pytest.mark.parametrize("more", [("--form", "both"), ("--grid", "many"), ("--time-limit", "0")])
def test_nonsense_is_refused_before_the_data_are_read(refused, more):
    assert "gone.csv" not in refused("solve", "regression", "gone.csv", *more)


def test_a_process_of_its_own(folder):
    done = process(*arguments("regression", "--method", "dictionary", "--form", "dual", "--grid", "-0.5,0.5", "--time-limit", "50"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "dictionary on CLARABEL" in done.stdout
    done = process(*arguments("regression", "--grid", "5"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "implicit-bias: The exact method takes no grid. Use 'dictionary'.\n"


def test_places_of_a_grid():
    assert options.read_grid(" 12 ") == 12
    assert options.read_grid("-1, 2.5,3e1") == [-1, 2.5, 30]
    with pytest.raises(OptionError):
        options.read_grid("1;2")


# --- what is said of the methods


class Toy(Method[MeasureProblem]):
    """Guess, and hope; see :func:`random.random`."""

    name, title, suits = "toy", "The toy", (MeasureProblem,)
    takes = frozenset({"grid"})
    cost = "nothing"
    proved = "nothing at all"

    def solve(self, problem, options):
        """Give up."""


class Unheard(Problem[ib.Solution]):
    """A kind of problem that there is no sample of."""


class ForUnheard(Toy):
    name, suits = "unheard", (Unheard,)


ForUnheard.__doc__ = None  # as under python -OO


def test_methods(call):
    code, out, err = call("methods")
    assert (code, err) == (0, "")
    assert max(map(len, out.splitlines())) <= 80
    listing, *paragraphs = out.split("\n\n")
    heading, *lines = listing.splitlines()
    assert heading.split()[0] == "problem"
    assert "regression, unit weight                       exact, sparse, dictionary" in lines
    assert [paragraph.splitlines()[0] for paragraph in paragraphs] == [row.name for row in METHODS]
    for row, paragraph in zip(METHODS, paragraphs, strict=True):
        said = " ".join(paragraph.split())
        assert row.cost in said
        assert f"proved {row.proved}" in said
        assert " does " in said
        assert all(option in said for option in row.takes)
    programs = next(paragraph for paragraph in paragraphs if paragraph.startswith("sparse"))
    assert "LP: CLARABEL, ECOS, HIGHS, OSQP, SCS; or for SOCP:" in programs
    assert "form (primal or dual)" in programs


def test_methods_as_data(call, folder):
    code, out, err = call("methods", "--json", "-")
    assert (code, err) == (0, "")
    found = {kind["problem"]: kind for kind in strictly(out)}
    kind = found["regression, unit weight"]
    assert (kind["command"], [method["method"] for method in kind["methods"]]) == ("regression", ["exact", "sparse", "dictionary"])
    exact, sparse, _ = kind["methods"]
    assert (exact["cone"], exact["backends"], exact["forms"], exact["options"]) == (None, None, None, [])
    assert (sparse["cone"], sparse["backends"]) == ("LP", list(BACKENDS.names()))
    assert (sparse["forms"], sparse["options"]) == (["primal", "dual"], ["backend", "form", "time_limit", "backend_options"])
    for kind in found.values():
        assert all(method["cost"] and method["proved"] and method["summary"] for method in kind["methods"])
    entropy = {method["method"]: method["cone"] for method in found["cross-entropy and variation"]["methods"]}
    assert entropy == {"column-generation": None, "dictionary": "EXP"}
    assert call("methods", "--json", "methods.json")[0] == 0
    assert strictly((folder / "methods.json").read_text()) == list(found.values())


def test_every_method_and_kind_of_problem_has_a_sample():
    kinds = samples.kinds()
    assert all(kind.problem is not None for kind in kinds)
    assert {row for kind in kinds for row in kind.rows} == set(METHODS)
    sampled = {(type(kind.problem), kind.problem.kind) for kind in kinds}
    assert {(type(problem), problem.kind) for problem in map(problem_of, PROBLEMS)} <= sampled
    assert {kind.problem.loss.name for kind in kinds if kind.problem.loss is not None} == set(LOSSES.names())
    assert {sample.command for sample in samples.SAMPLES} == {None, *COMMANDS}
    assert len({sample.name for sample in samples.SAMPLES}) == len(samples.SAMPLES)


@pytest.mark.parametrize("command", COMMANDS)
def test_help_lists_the_methods_of_the_problem(call, command):
    _, out, _ = call("solve", command, "--help")
    assert "METHODS" not in out
    section = out.split("  Methods\n")[1].split("\n\n")[0]
    listed = [line.split()[0] for line in section.splitlines() if line[4] != " "]
    assert listed == ["auto", *dict.fromkeys(row.name for row in METHODS if row.name in listed)]
    assert set(listed) >= set(names(stated(command)))
    assert "backend is named" in " ".join(section.split())
    assert ":mod:" not in out


def test_a_method_of_ones_own_is_listed(call):
    said = "Guess, and hope."
    with METHODS.having(Toy()):
        code, out, _ = call("methods")
        assert code == 0
        assert "exact, sparse, dictionary, toy" in out
        assert f"toy\n  does    {said}\n" in out
        assert f"    toy                {said}\n" in call("solve", "regression", "--help")[1]
        assert said in call("solve", "classification", "--help")[1]
        assert "toy" not in call("solve", "spline", "--help")[1]
        assert rows_for(stated("regression"))[-1].name == "toy"
    assert said not in call("methods")[1]
    assert "toy" not in call("solve", "regression", "--help")[1]


def test_a_method_for_other_problems_is_listed_last(call):
    with METHODS.having(ForUnheard()):
        _, out, _ = call("methods")
        listing, *_, last = out.split("\n\n")
        assert listing.splitlines()[-1].split() == ["Unheard", "unheard"]
        assert last.splitlines()[1:3] == ["  does    The toy.", "  for     Unheard"]
        *_, kind = strictly(call("methods", "--json", "-")[1])
        assert (kind["problem"], kind["command"], kind["methods"][0]["cone"]) == ("Unheard", None, None)

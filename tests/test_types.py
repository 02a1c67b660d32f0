"""Types help: the examples and the README's code pass mypy in strict mode, and common slips do not."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import implicit_bias as ib
from implicit_bias import networks

ROOT = Path(__file__).parent.parent

CORRECT = """\
import implicit_bias as ib

problem = ib.RegressionProblem([0.0, 1.0, 3.0], [2.0, -1.0, 1.0])
solution = ib.solve(problem, "exact")
measure = solution.measure
assert isinstance(measure, ib.Measure)
print(measure.kinks, measure.weights)
ib.RegularizedProblem(problem.x, problem.y, 1.0, loss="squared")
"""

SLIPS = {
    "attribute": ("measure.kinks", "measure.kinkz"),
    "attribute_of_any_measure": ("measure = solution.measure", "measure = solution.measure; solution.measure.kinkz"),
    "method": ('"exact"', '"exakt"'),
    "loss": ('"squared"', '"sqared"'),
}


def errors(path: Path) -> list[str]:
    """Return what mypy says in strict mode, with the settings and the cache of the repository."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--no-pretty", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT, timeout=600)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert done.stderr == ""
    found = re.findall(r"^.+:\d+: error: .*$", done.stdout, re.MULTILINE)
    assert bool(found) == bool(done.returncode), done.stdout
    return found


def written(name: str, text: str) -> Path:
    """Write code to a place that stays the same: for the same code elsewhere mypy would repeat from its cache where it was."""
    path = ROOT / ".mypy_cache" / "checked" / f"{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.slow
def test_examples_have_types():
    assert errors(ROOT / "examples") == []


@pytest.mark.slow
def test_code_of_the_readme_has_types():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 2
    assert errors(written("readme", "\n".join(blocks))) == []


@pytest.mark.slow
def test_correct_code_has_no_errors():
    assert errors(written("correct", CORRECT)) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", SLIPS)
def test_a_slip_is_caught_where_it_is(name):
    slip = SLIPS[name]
    assert sum(slip[0] in line for line in CORRECT.splitlines()) == 1
    (line,) = [k for k, text in enumerate(CORRECT.splitlines(), 1) if slip[0] in text]
    found = errors(written(name, CORRECT.replace(*slip)))
    assert found
    assert all(f"{name}.py:{line}: error: " in message for message in found)
    # of overloads mypy does not repeat the word that none of them takes
    assert "kinkz" not in slip[1] or any('"kinkz"' in message for message in found)


def unsaid(function, label):
    """Return the parameters whose type is left open."""
    annotations = inspect.get_annotations(function)
    return [f"{label}({name}: {kind})" for name, kind in annotations.items() if name != "return" and re.search(r"\bAny\b", str(kind))]


def unsaid_of_class(kind, label):
    """Return the attributes of a class, and the parameters of its methods, whose type is left open."""
    found = []
    for base in kind.__mro__:
        if not base.__module__.startswith("implicit_bias") and base is not kind:
            continue
        fields = [
            f"{label}.{name}" for name, text in inspect.get_annotations(base).items() if name[0] != "_" and re.search(r"\bAny\b", text)
        ]
        found += fields
        for name, member in vars(base).items():
            if name[0] == "_" and name not in ("__call__", "__init__"):
                continue
            function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
            if isinstance(member, property) and re.search(r"\bAny\b", str(inspect.get_annotations(member.fget).get("return"))):
                found.append(f"{label}.{name}")
            if inspect.isfunction(function):
                found += unsaid(function, f"{label}.{name}")
    return found


def public():
    """Return what a user imports from the package and from its groups, by name."""
    groups = [(ib, [name for name in dir(ib) if name[0] != "_"])]
    groups += [(group, group.__all__) for group in (ib.fits, ib.zetas, ib.compare, ib.analysis, networks)]
    found = {name: getattr(group, name) for group, names in groups for name in names}
    return {name: thing for name, thing in found.items() if inspect.isclass(thing) or inspect.isfunction(thing)}


def test_nothing_public_leaves_its_type_open():
    """Of problems, methods and solutions of any kind there are three names, AnyProblem, AnyMethod and AnySolution; nothing else is open."""
    things = public()
    assert len(things) > 70
    found = []
    for name, thing in things.items():
        found += unsaid_of_class(thing, name) if inspect.isclass(thing) else unsaid(thing, name)
    assert found == []


class Open:
    attribute: "Any"  # noqa: F821

    def method(self, value: "list[Any]") -> None: ...  # noqa: F821

    @property
    def fact(self) -> "Any": ...  # noqa: F821


def test_open_types_are_found():
    assert unsaid_of_class(Open, "Open") == ["Open.attribute", "Open.method(value: list[Any])", "Open.fact"]

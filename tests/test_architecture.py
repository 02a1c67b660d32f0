"""How the package is built: no circles of imports, no name hidden by a module, one meaning a name, no long modules."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "implicit_bias"

MOST_LINES = 350
LONG: set[str] = set()
"""Modules that are longer; each is to be split, and then goes from this list."""

MOST_AT_ROOT = 7
"""Modules that lie in no folder of the package."""

ONE_MEANING = ["networks", "methods"]
"""Folders in which no two modules define the same public name."""


def modules(root: Path) -> dict[str, Path]:
    """Return the modules of a package by their names; a folder's is that of its ``__init__``."""
    found = {}
    for path in sorted(root.rglob("*.py")):
        parts = [root.name, *path.relative_to(root).with_suffix("").parts]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def executed(node: ast.AST) -> Iterator[ast.AST]:
    """Walk through what may run, functions included; what only a type checker reads does not."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING"):
            for statement in child.orelse:
                yield statement
                yield from executed(statement)
        else:
            yield child
            yield from executed(child)


def outer(name: str) -> list[str]:
    """Return the packages that a module lies in."""
    parts = name.split(".")
    return [".".join(parts[:k]) for k in range(1, len(parts))]


def source(node: ast.ImportFrom, name: str, path: Path) -> str:
    """Return the module that a from-import names, the dots of a relative one resolved."""
    if not node.level:
        return node.module or ""
    parts = name.split(".")
    base = parts[: len(parts) - node.level + (path.name == "__init__.py")]
    return ".".join(base + ([node.module] if node.module else []))


def needed(name: str, known: dict[str, Path]) -> set[str]:
    """Return the modules that a module imports, wherever it does, with the packages that they lie in and it does not.

    Importing a module runs the ``__init__`` of its packages first, so that a circle may pass through one.
    """
    named: set[str] = set()
    for node in executed(ast.parse(known[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            named |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = source(node, name, known[name])
            # 'from package import module' needs the module, 'from module import name' the module before it
            named |= {full if (full := f"{base}.{alias.name}") in known else base for alias in node.names}
    around = {package for target in named for package in outer(target)} - set(outer(name))
    return ((named | around) & set(known)) - {name}


def circles(root: Path) -> list[list[str]]:
    """Return the sets of modules of which each needs every other one, directly or not."""
    known = modules(root)
    needs = {name: needed(name, known) for name in known}
    reached = {}
    for name in known:
        seen, ahead = set(), list(needs[name])
        while ahead:
            other = ahead.pop()
            if other not in seen:
                seen.add(other)
                ahead += needs[other]
        reached[name] = seen
    found = {tuple(sorted({other for other in reached[name] if name in reached[other]})) for name in known if name in reached[name]}
    return [list(circle) for circle in sorted(found)]


def hidden(root: Path) -> list[str]:
    """Return the names that a package gives and that importing its module of the same name later would replace by that module."""
    known, found = modules(root), []
    for name, path in known.items():
        if path.name != "__init__.py":
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                given = {node.name: name}
            elif isinstance(node, ast.ImportFrom):
                base = source(node, name, path)
                # a module that the name itself comes from has been imported by then, and is not bound again
                given = {alias.asname or alias.name: base for alias in node.names if f"{base}.{alias.name}" not in known}
            else:
                continue
            found += [full for one, base in given.items() if (full := f"{name}.{one}") in known and full not in (base, *outer(base))]
    return found


def repeated(folder: Path) -> dict[str, list[str]]:
    """Return the public names that several modules of a folder define, with those modules."""
    places: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(path.relative_to(folder).as_posix())
    return {name: found for name, found in places.items() if len(found) > 1}


def made(root: Path, texts: dict[str, str]) -> Path:
    """Write a package 'made' of modules by their places, with semicolons for ends of lines."""
    for place, text in ({"__init__": ""} | texts).items():
        path = root / "made" / f"{place}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace(";", "\n"))
    return root / "made"


def test_no_module_needs_itself() -> None:
    assert circles(PACKAGE) == []


def test_no_module_hides_a_name() -> None:
    assert hidden(PACKAGE) == []


@pytest.mark.parametrize(
    ("texts", "circle"),
    [
        ({"a": "from made.b import f", "b": "def f():;    from made.a import g"}, ["made.a", "made.b"]),
        ({"a": "import made.b", "b": "class B:;    from made import c", "c": "from .a import f"}, ["made.a", "made.b", "made.c"]),
        ({"a": "if True:;    from .b import f", "b": "try:;    from . import a;except ImportError:;    pass"}, ["made.a", "made.b"]),
        (
            {"a": "import typing;if typing.TYPE_CHECKING:;    pass;else:;    import made.b", "b": "import made.a"},
            ["made.a", "made.b"],
        ),
        # importing p.x runs p's __init__ first
        (
            {"a": "import made.p.x", "p/x": "", "p/y": "import made.a", "p/__init__": "from .y import f"},
            ["made.a", "made.p", "made.p.y"],
        ),
    ],
)
def test_a_circle_is_found(texts: dict[str, str], circle: list[str], tmp_path: Path) -> None:
    assert circles(made(tmp_path, texts)) == [circle]


def test_a_chain_and_what_a_type_checker_reads_are_no_circle(tmp_path: Path) -> None:
    checked = "from typing import TYPE_CHECKING;if TYPE_CHECKING:;    from made.a import f"
    assert circles(made(tmp_path, {"a": "import made.b;import made.c", "b": "import made.c;import os", "c": checked})) == []


@pytest.mark.parametrize(
    ("init", "names"),
    [
        ("from made.a import b", ["made.b"]),
        ("def b(): ...", ["made.b"]),
        ("from made.b import b", []),
        ("from made import b", []),
    ],
)
def test_a_hidden_name_is_found(init: str, names: list[str], tmp_path: Path) -> None:
    assert hidden(made(tmp_path, {"__init__": init, "a": "def b(): ...", "b": "def b(): ..."})) == names


@pytest.mark.parametrize("folder", ONE_MEANING)
def test_a_name_has_one_meaning_in_a_folder(folder: str) -> None:
    assert repeated(PACKAGE / folder) == {}


def test_a_name_with_two_meanings_is_found(tmp_path: Path) -> None:
    root = made(tmp_path, {"a": "def f(): ...;def g(): ...;def _h(): ...", "p/b": "class f: ...;def _h(): ...", "c": "g = 1"})
    assert repeated(root) == {"f": ["a.py", "p/b.py"]}


def test_modules_are_short() -> None:
    long = {
        path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if path.read_text(encoding="utf-8").count("\n") > MOST_LINES
    }
    assert long == LONG


def test_few_modules_lie_at_the_root() -> None:
    assert len(list(PACKAGE.glob("*.py"))) <= MOST_AT_ROOT


KINDS = {"Problem", "OverMeasures", "Constrained", "Line", "Interpolation", "RoughnessProblem"}
TARGETS = {"Target", "Fit", "Loss", "Values", "Margins", "Boxes", "Balls", "HalfSpaces", "Squared", "CrossEntropy", "Hinge"}
MOST_KINDS, MOST_TARGETS = 10, 5
"""Tests of what class a problem is, and of what class its sets or loss are, in the whole package; a fact or a method serves elsewhere."""


def class_tests(root: Path) -> tuple[list[str], list[str]]:
    """Return where a package tests for classes of problems, and of targets; of problems also where the class is not spelt out."""
    problems, targets = [], []
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance"):
                continue
            classes = {part.id for part in ast.walk(node.args[1]) if isinstance(part, ast.Name)}
            place = f"{path.relative_to(root)}:{node.lineno}"
            if any(name.endswith("Problem") for name in classes) or classes & KINDS or ast.unparse(node.args[0]) == "problem":
                problems.append(place)
            if classes & TARGETS or ast.unparse(node.args[0]).endswith(".fit"):
                targets.append(place)
    return problems, targets


def test_problems_and_targets_are_asked_for_facts_not_for_classes() -> None:
    problems, targets = class_tests(PACKAGE)
    assert len(problems) <= MOST_KINDS, problems
    assert len(targets) <= MOST_TARGETS, targets


def test_tests_of_classes_are_counted(tmp_path: Path) -> None:
    code = "isinstance(p, (SphereProblem, int))\nisinstance(problem, kinds)\nisinstance(p.fit, Margins)\nisinstance(x, float)\n"
    (tmp_path / "wrong.py").write_text(code, encoding="utf-8")
    assert class_tests(tmp_path) == (["wrong.py:1", "wrong.py:2"], ["wrong.py:3"])


REFERENCE = re.compile(r"(?<![\w./])implicit_bias(?:\.[A-Za-z_]\w*)+")


def there(name: str) -> bool:
    """Whether a dotted name is that of a module or of what one has."""
    parts = name.split(".")
    for k in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:k]))
        except ModuleNotFoundError:
            continue
        for part in parts[k:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


def test_every_name_that_a_text_refers_to_is_there() -> None:
    root = PACKAGE.parent
    texts = [*PACKAGE.rglob("*.py"), *(root / "docs").rglob("*.md"), root / "README.md", root / "CONTRIBUTING.md"]
    named = {(name, path.name) for path in texts for name in REFERENCE.findall(path.read_text(encoding="utf-8"))}
    assert [pair for pair in sorted(named) if not there(pair[0])] == []


@pytest.mark.parametrize(("name", "known"), [("implicit_bias.solve.judge", True), ("implicit_bias.none", False)])
def test_a_name_that_is_not_there_is_found(name: str, known: bool) -> None:
    assert there(name) is known

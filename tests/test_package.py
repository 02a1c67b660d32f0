"""The house itself: errors, imports, names."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import implicit_bias as ib
from implicit_bias import errors

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "implicit_bias"

# the flow of the house: each part imports only from parts above it
ORDER = [
    *("errors", "registry", "numerics", "data", "measures", "certificates", "solution", "fits", "zetas", "problems"),
    *("methods", "solve", "analysis", "networks", "compare", "report"),
    *("experiments", "claims", "bench", "plots", "cli"),
]


def test_errors_are_one_small_tree() -> None:
    found = [value for value in vars(errors).values() if isinstance(value, type)]
    assert all(issubclass(error, ib.ImplicitBiasError) for error in found)
    assert all(error.__doc__ for error in found)
    assert len(found) <= 6
    assert issubclass(ib.DataError, ValueError)


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(node: ast.AST) -> Iterator[ast.AST]:
    """Return what is imported when a module runs; what only type checkers read is not."""
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return
    yield node
    for inner in ast.iter_child_nodes(node):
        yield from imports(inner)


def test_parts_import_only_from_parts_above() -> None:
    seen = 0
    for path in PACKAGE.rglob("*.py"):
        here = part_of(path)
        if here in ("__init__", "__main__"):
            continue
        for node in imports(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("implicit_bias"):
                continue
            parts = (node.module or "").split(".")
            for other in [parts[1]] if len(parts) > 1 else [alias.name for alias in node.names]:
                seen += 1
                assert other == here or ORDER.index(other) < ORDER.index(here), f"{path.name} imports {other}"
    assert seen > 30


def test_public_names_exist_and_are_documented() -> None:
    for name in ib.__all__:
        assert getattr(ib, name).__doc__


def test_importing_is_light() -> None:
    code = "import sys, implicit_bias; print([m for m in ('cvxpy', 'matplotlib', 'scipy', 'typer', 'joblib') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"


def test_docstring_example_runs() -> None:
    import doctest

    assert doctest.testmod(ib).failed == 0
    assert doctest.testmod(ib).attempted > 0

"""What is written down beside the code agrees with it: version, changelog, citation, links between pages."""

import re
import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import implicit_bias as ib
from implicit_bias import cli

ROOT = Path(__file__).parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_version_is_written_in_one_place_and_cited():
    project = tomllib.loads(read("pyproject.toml"))
    assert "version" in project["project"]["dynamic"]
    assert project["tool"]["hatch"]["version"]["path"] == "implicit_bias/__init__.py"
    assert re.findall(r"^version: (.+)$", read("CITATION.cff"), re.MULTILINE) == [ib.__version__]


def test_changelog_has_what_is_to_come_first_and_then_this_version():
    sections = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", read("CHANGELOG.md"), re.MULTILINE)
    assert sections[0] == ("Unreleased", "")
    assert sections[1][0] == ib.__version__
    assert all(date for _, date in sections[1:])


def blocks(name: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```$", read(name), re.MULTILINE | re.DOTALL)


def test_first_steps_run_and_give_what_they_say():
    names: dict[str, Any] = {}
    exec(blocks("README.md")[0], names)
    solution, measure = names["solution"], names["measure"]
    assert (solution.status.value, solution.lower_bound, solution.upper_bound) == ("optimal", 3.0, 3.0)
    assert np.abs(measure.weights).sum() == pytest.approx(3)
    assert ib.prove([0, 1, 3], [2, -1, 1]).value == Fraction(9, 2)
    assert names["spline"].status == "optimal"


def test_the_table_of_methods_in_the_docs_is_the_one_that_is_printed(capsys):
    assert cli.main(["methods"]) == 0
    printed = capsys.readouterr().out.strip()
    [written] = re.findall(r"^```text\n(.*?)^```$", read("docs/methods.md"), re.MULTILINE | re.DOTALL)
    assert written.strip() == printed, "write what `implicit-bias methods` prints into docs/methods.md"


def test_the_way_through_the_package_is_code_that_runs(tmp_path, monkeypatch, capsys):
    [code] = blocks("docs/architecture.md")
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    exec(code, {})
    bounds, status, inside, certificate = capsys.readouterr().out.splitlines()
    assert float(bounds.split()[2]) < 1e-12
    assert status.startswith("optimal ")
    assert inside == "True"
    assert "'exact': True" in certificate
    assert "<svg" in (tmp_path / "sunspots.svg").read_text(encoding="utf-8")
    steps = re.findall(r"# ([\d, ]+)$", code, re.MULTILINE)
    assert [int(number) for step in steps for number in step.split(",")] == list(range(1, 11))


def test_files_of_the_architecture_exist():
    """The tables name files and folders of the package, and files at the root of the repository."""
    rows = [line for line in read("docs/architecture.md").splitlines() if line.startswith("| ")]
    named = [name for row in rows for name in re.findall(r"`([\w/]+(?:\.py|\.toml|/))`", row)]
    assert len(named) > 30
    missing = [name for name in named if not (ROOT / "implicit_bias" / name).exists() and not (ROOT / name).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if not link.startswith("https://") and not (page.parent / link).exists()]
    assert missing == []


def test_pages_are_found_and_part_of_the_source_distribution():
    assert {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "architecture.md", "mathematics.md"} <= {page.name for page in PAGES}
    included = tomllib.loads(read("pyproject.toml"))["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert {page.relative_to(ROOT).parts[0] for page in PAGES} <= set(included)

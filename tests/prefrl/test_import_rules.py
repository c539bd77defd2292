"""Tests of who may import whom, for the preference core."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

CORE = Path(__file__).parents[2] / "prefrl"
FILES = sorted(CORE.rglob("*.py"))


def imported_modules(path: Path) -> Iterator[str]:
    """Yield the absolute name of each module, or part of one, that a file of the core imports."""
    package = ["prefrl", *path.parent.relative_to(CORE).parts]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def test_the_rules_see_files_and_imports() -> None:
    assert CORE / "segments.py" in FILES
    assert "prefrl.trees.tree_map" in imported_modules(CORE / "segments.py")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_core_imports_neither_environments_nor_agents(path: Path) -> None:
    forbidden = ("envs", "agents", "prefrl.envs", "prefrl.agents")
    for module in imported_modules(path):
        assert not any(f"{module}.".startswith(f"{name}.") for name in forbidden), module


def test_importing_the_package_is_light() -> None:
    code = "import prefrl, sys; assert not {'torch', 'gymnasium', 'sqlalchemy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)

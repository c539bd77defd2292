"""Tests of what importing prefrl.envs does, and of what envs/ may import."""

import ast
import subprocess
import sys
from pathlib import Path

import gymnasium
import pytest

import prefrl.envs  # noqa: F401  # registers the ids

ENVS = Path(__file__).parents[2] / "envs"
FILES = sorted(ENVS.rglob("*.py"))
LIGHT = """
import sys
import prefrl.envs
import gymnasium
assert "prefrl/HalfCheetah-v0" in gymnasium.registry
heavy = {"mujoco", "torch", "sqlalchemy", "tokenizers"} & set(sys.modules)
assert not heavy, heavy
"""


def test_importing_registers_ids_and_imports_nothing_heavy() -> None:
    subprocess.run([sys.executable, "-c", LIGHT], check=True)


def test_entry_points_are_strings() -> None:
    specs = [spec for name, spec in gymnasium.registry.items() if name.startswith("prefrl/")]
    assert len(specs) >= 8
    assert all(isinstance(spec.entry_point, str) for spec in specs)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_environments_import_no_other_part_of_the_project(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            roots = {alias.name.split(".")[0] for alias in node.names}
            assert not roots & {"prefrl", "envs", "agents"}
        elif isinstance(node, ast.ImportFrom):
            depth = len(path.parent.relative_to(ENVS).parts)
            assert node.level <= depth + 1, "reaches out of the folder"
            root = (node.module or "").split(".")[0]
            assert node.level or root not in {"prefrl", "envs", "agents"}

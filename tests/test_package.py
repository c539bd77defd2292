"""The package as it is installed."""

import ast
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = {"prefrl": "prefrl", "envs": "prefrl/envs", "agents": "prefrl/agents"}


def modules(folder: str) -> list[Path]:
    return sorted(path for path in (ROOT / folder).rglob("*.py"))


def test_the_wheel_holds_every_module(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, source / folder)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run([*build, str(source)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        installed = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = {
        f"{target}/{path.relative_to(ROOT / folder)}"
        for folder, target in FOLDERS.items()
        for path in modules(folder)
    }
    data = {
        "py.typed",
        "agents/report/report.html.jinja",
        "agents/report/report.css",
        "envs/text/tokenizer.json",
        "language/copyist/config.json",
        "language/copyist/generation_config.json",
        "language/copyist/model.safetensors",
        "language/tiny/config.json",
        "language/tiny/generation_config.json",
        "language/tiny/model.safetensors",
        "labelling/page/label.html",
        "labelling/page/label.css",
        "labelling/page/label.js",
        "labelling/page/live.html",
        "labelling/page/live.js",
        "labelling/page/common.js",
    }
    assert installed == expected | {f"prefrl/{name}" for name in data}


def imported(path: Path) -> set[str]:
    """Return the absolute names of the modules that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
    return names


@pytest.mark.parametrize("path", [p for folder in FOLDERS for p in modules(folder)], ids=str)
def test_no_module_is_imported_by_its_folder(path: Path) -> None:
    """At the repository's root `import envs` would succeed, and give classes a second time."""
    assert not {name.split(".")[0] for name in imported(path)} & {"envs", "agents"}


@pytest.mark.parametrize("path", modules("agents"), ids=lambda path: path.name)
def test_nothing_imports_the_command_line(path: Path) -> None:
    relative = {
        node.module
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.level > 0
    }
    assert "cli" not in relative

"""The code of the README and of docs/ runs, and their commands parse."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from prefrl.agents.cli import parse

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
PAGES = {
    path: path.read_text() for path in [ROOT / "README.md", *sorted((ROOT / "docs").iterdir())]
}
ALL = "\n".join(PAGES.values())


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", ALL, flags=re.DOTALL)


def commands() -> list[str]:
    lines = [line for block in blocks("sh") for line in _joined(block).splitlines()]
    found = [line.split("#")[0].strip() for line in lines if line.startswith("prefrl ")]
    found += re.findall(r"`(prefrl (?:train|resume|watch|report|label|labels) [^`]+)`", ALL)
    return [command for command in found if "--help" not in command]


def _joined(block: str) -> str:
    return block.replace("\\\n", " ")


@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_python_blocks_run(number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = blocks("python")[number]
    shortened = code.replace("20_000", "600").replace("10_000", "400")
    exec(compile(shortened, "README.md", "exec"), {"__name__": "readme"})
    assert code.strip()


@pytest.mark.parametrize("command", commands())
def test_commands_parse(command: str) -> None:
    _, *arguments = shlex.split(command)
    assert parse(arguments) is not None


def test_there_are_blocks_and_commands_to_test() -> None:
    assert blocks("python")
    assert commands()


def test_no_place_was_left_to_fill_in() -> None:
    assert not re.findall(r"\b(?:SUMMARY|NLPOTEXT|SPEEDTEXT)\b", ALL)


def test_every_module_is_in_the_layout() -> None:
    listed = set(re.findall(r"^\s+(\w+\.py) ", README, flags=re.MULTILINE))
    there = {
        path.name
        for folder in ("prefrl", "envs", "agents")
        for path in (ROOT / folder).rglob("*.py")
    }
    assert there - {"__init__.py"} <= listed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", PAGES[page]):
        assert link.startswith("http") or (page.parent / link).exists(), link


@pytest.mark.parametrize("script", sorted((ROOT / "scripts").iterdir()), ids=lambda p: p.name)
def test_scripts_are_valid_shell(script: Path) -> None:
    subprocess.run(["sh", "-n", str(script)], check=True)
    assert script.stat().st_mode & 0o100, "a script must be executable"

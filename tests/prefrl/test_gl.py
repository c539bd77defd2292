"""Tests of prefrl.gl."""

import os
import subprocess
import sys

import pytest

from prefrl.gl import choose_gl


@pytest.mark.parametrize(
    ("said", "found", "chosen"),
    [
        (None, ("EGL", "OSMesa"), "egl"),
        (None, ("OSMesa",), "osmesa"),
        (None, (), None),
        ("", ("EGL",), "egl"),
        ("glfw", ("EGL",), "glfw"),
        ("disabled", ("EGL",), "disabled"),
        ("OSMesa", ("EGL", "OSMesa"), "OSMesa"),
        ("osmesa", ("EGL",), "egl"),
        ("egl", (), "disabled"),
        ("nonsense", ("EGL",), "egl"),
    ],
)
def test_the_library_that_can_be_loaded_is_chosen(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    said: str | None,
    found: tuple[str, ...],
    chosen: str | None,
) -> None:
    monkeypatch.setattr("ctypes.util.find_library", lambda name: name if name in found else None)
    monkeypatch.setenv("MUJOCO_GL", said or "")  # so that it is put back after the test
    if said is None:
        monkeypatch.delenv("MUJOCO_GL")
    choose_gl()
    assert os.environ.get("MUJOCO_GL") == chosen
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == bool(said and said != chosen)
    assert all(f"MUJOCO_GL={chosen}" in line for line in lines)


DRAW_TWICE = """
import ctypes.util
ctypes.util.find_library = lambda name: None
from prefrl.drawing import make_drawer
from prefrl.environments import make
for _ in range(2):
    env = make("Reacher-v5")
    print(make_drawer(env, 16)([0] * 4).shape)
"""


@pytest.mark.parametrize("said", ["", "egl", "osmesa"])
def test_robots_are_drawn_without_any_library(said: str) -> None:
    environment = {**os.environ, "MUJOCO_GL": said}
    run = [sys.executable, "-c", DRAW_TWICE]
    done = subprocess.run(run, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["(16, 16, 3)"] * 2
    assert done.stderr.count("installing one gives nicer pictures") == 1
    assert done.stderr.count("prefrl: MUJOCO_GL is") == bool(said)
    assert len(done.stderr.splitlines()) == 1 + bool(said)

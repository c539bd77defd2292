"""Checkpoints are whole or not there."""

from pathlib import Path

import pytest

from prefrl.checkpoints import (
    damaged_checkpoints,
    newest_checkpoint,
    whole_checkpoints,
    write_checkpoint,
)
from prefrl.errors import UserError


def write(folder: Path, number: int) -> Path:
    return write_checkpoint(folder, number, lambda path: _write(path, f"number {number}"))


def _write(path: Path, text: str) -> None:
    (path / "content").write_text(text)


def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    for number in range(1, 5):
        write(tmp_path, number)
    assert [path.name for path in whole_checkpoints(tmp_path)] == ["000003", "000004"]
    assert (newest_checkpoint(tmp_path) / "content").read_text() == "number 4"


def test_a_failed_write_leaves_nothing_behind(tmp_path: Path) -> None:
    write(tmp_path, 1)

    def fail(folder: Path) -> None:
        _write(folder, "half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_checkpoint(tmp_path, 2, fail)
    assert newest_checkpoint(tmp_path).name == "000001"


@pytest.mark.parametrize("damage", ["truncate", "remove", "manifest"])
def test_a_damaged_checkpoint_is_passed_over(tmp_path: Path, damage: str) -> None:
    write(tmp_path, 1)
    broken = write(tmp_path, 2)
    if damage == "truncate":
        (broken / "content").write_text("num")
    elif damage == "remove":
        (broken / "content").unlink()
    else:
        (broken / "manifest.json").write_text("{")
    assert newest_checkpoint(tmp_path).name == "000001"
    assert damaged_checkpoints(tmp_path) == [broken]


def test_without_a_whole_checkpoint_the_user_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no whole checkpoint"):
        newest_checkpoint(tmp_path)


def test_a_run_that_falls_back_behind_damaged_checkpoints_keeps_its_own(tmp_path: Path) -> None:
    for number in (4, 5):
        (write(tmp_path, number) / "content").write_text("damaged")
    write(tmp_path, 1)
    assert [path.name for path in whole_checkpoints(tmp_path)] == ["000001"]
    assert damaged_checkpoints(tmp_path) == []

"""Copies of the policy over training: which are kept, and that they load after resuming too."""

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from prefrl.agents import load
from prefrl.agents.policy_snapshots import (
    MOST_BYTES,
    MOST_SNAPSHOTS,
    load_snapshot,
    snapshot_rounds,
    snapshot_steps,
)
from prefrl.agents.run_folder import create_run_folder
from prefrl.agents.settings import RunSettings
from prefrl.agents.training import Training
from prefrl.checkpoints import newest_checkpoint
from prefrl.errors import UserError


@pytest.mark.parametrize("rounds", [1, 2, 5, 19, 20, 31, 1000])
def test_snapshots_are_spread_evenly_over_the_rounds(rounds: int) -> None:
    chosen = sorted(snapshot_rounds(rounds, 1))
    assert (chosen[0], chosen[-1]) == (0, rounds)
    assert len(chosen) == min(rounds + 1, MOST_SNAPSHOTS)
    gaps = {later - earlier for earlier, later in itertools.pairwise(chosen)}
    assert max(gaps) - min(gaps) <= 1


def test_of_big_policies_fewer_copies_are_kept() -> None:
    assert len(snapshot_rounds(30, MOST_BYTES // 8)) == 8
    assert sorted(snapshot_rounds(30, MOST_BYTES)) == [0, 15, 30]


def contents(folder: Path) -> dict[str, list[float]]:
    return {
        f"{path.name} {name}": tensor.flatten().tolist()
        for path in (folder / "policies").iterdir()
        for name, tensor in load_file(path).items()
    }


def test_the_first_policy_and_the_last_are_kept(
    settings: RunSettings, folder: Path, silent: Any
) -> None:
    training = Training(settings, folder, silent)
    first = {name: value.clone() for name, value in training.agent.policy.state_dict().items()}
    training.run()
    assert snapshot_steps(folder) == [0, *(row["steps"] for row in silent.rows)]
    for steps, expected in ((0, first), (1280, training.agent.policy.state_dict())):
        loaded = load(folder, steps).policy.state_dict()
        assert all(torch.equal(loaded[name], value) for name, value in expected.items())


def test_a_resumed_run_keeps_the_same_snapshots(
    settings: RunSettings, tmp_path: Path, silent: Any
) -> None:
    for name in ("whole", "stopped"):
        create_run_folder(tmp_path / name, settings)
    Training(settings, tmp_path / "whole", silent).run()
    stopped = Training(settings, tmp_path / "stopped", silent, checkpoint_share=1e-9)
    rounds, advance = iter(range(9)), silent.finish_round

    def interrupt(row: Any) -> None:
        advance(row)
        if next(rounds) == 2:
            raise KeyboardInterrupt

    silent.finish_round = interrupt
    with pytest.raises(KeyboardInterrupt):
        stopped.run()
    resumed = Training(settings, tmp_path / "stopped", silent)
    resumed.load(newest_checkpoint(tmp_path / "stopped"))
    assert resumed.rounds_done == 1, "rounds without a checkpoint are run again"
    resumed.run()
    assert contents(tmp_path / "stopped") == contents(tmp_path / "whole")


def test_a_snapshot_that_is_not_there(settings: RunSettings, folder: Path, silent: Any) -> None:
    training = Training(dataclasses.replace(settings, rounds=1), folder, silent)
    with pytest.raises(UserError, match="no policy of 7 steps; choose one of: none"):
        load(folder, 7)
    training.run()
    with pytest.raises(UserError, match=r"no policy of 7 steps; choose one of: 0, \d+"):
        load_snapshot(folder, 7, training.agent.policy)


def test_a_damaged_snapshot(settings: RunSettings, folder: Path, silent: Any) -> None:
    training = Training(settings, folder, silent)
    training.run()
    path = folder / "policies" / "0000000000.safetensors"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError, match="cannot be read"):
        load(folder, 0)

"""Films of agents."""

import subprocess
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import imageio_ffmpeg
import numpy as np
import pytest

from prefrl.agents.run_folder import create_run_folder
from prefrl.agents.settings import PPOSettings, RunSettings
from prefrl.agents.training import Training
from prefrl.agents.watching import film_progress, film_run
from prefrl.captions import HEIGHT
from prefrl.errors import UserError


def decode(film: Path, height: int) -> np.ndarray:
    """Return the frames of an H.264 film of 25 frames a second, `[frames, height, 64, 3]`."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(film), "-f", "rawvideo"]
    decoded = subprocess.run([*command, "-pix_fmt", "rgb24", "-"], capture_output=True, check=True)
    assert b"h264" in decoded.stderr
    assert b"25 fps" in decoded.stderr
    return np.frombuffer(decoded.stdout, np.uint8).reshape(-1, height, 64, 3)


def test_a_trained_robot_is_filmed_in_real_time(tmp_path: Path, silent: Any) -> None:
    ppo = PPOSettings(num_envs=2, n_steps=50, batch_size=50, n_epochs=1)
    settings = RunSettings(
        env="prefrl.envs:prefrl/Reacher-v0", run="r", steps=200, reward="true", rounds=1, ppo=ppo
    )
    create_run_folder(tmp_path / "run", settings)
    Training(settings, tmp_path / "run", silent).run()
    film = tmp_path / "film.mp4"
    film_run(tmp_path / "run", film, seconds=0.4, size=64)
    frames = decode(film, height=64)
    assert len(frames) == 11  # 0.4 seconds at 25 frames a second, and how it ends
    assert frames[0].std() > 5, "the frame is blank"

    progress = Mock()
    film_progress(tmp_path / "run", film, seconds=0.4, size=64, progress=progress)
    frames = decode(film, height=64 + HEIGHT)
    assert len(frames) == 2 * (11 + 12)  # of the first policy and the last, each held at its end
    assert [call.args[0] for call in progress.call_args_list] == [0.5, 1.0]


def test_a_run_without_policies_over_training(folder: Path) -> None:
    with pytest.raises(UserError, match="kept no policies over training"):
        film_progress(folder, folder / "film.mp4")

"""Films of agents."""

import subprocess
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import numpy as np

from prefrl.agents.run_folder import create_run_folder
from prefrl.agents.settings import PPOSettings, RunSettings
from prefrl.agents.training import Training
from prefrl.agents.watching import film_run


def test_a_trained_robot_is_filmed_in_real_time(tmp_path: Path, silent: Any) -> None:
    ppo = PPOSettings(num_envs=2, n_steps=50, batch_size=50, n_epochs=1)
    settings = RunSettings(
        env="prefrl.envs:prefrl/Reacher-v0", run="r", steps=200, reward="true", rounds=1, ppo=ppo
    )
    create_run_folder(tmp_path / "run", settings)
    Training(settings, tmp_path / "run", silent).run()
    film = tmp_path / "film.mp4"
    film_run(tmp_path / "run", film, seconds=0.4, size=64)
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(film), "-f", "rawvideo"]
    decoded = subprocess.run([*command, "-pix_fmt", "rgb24", "-"], capture_output=True, check=True)
    assert b"h264" in decoded.stderr
    assert b"25 fps" in decoded.stderr
    frames = np.frombuffer(decoded.stdout, np.uint8).reshape(-1, 64, 64, 3)
    assert len(frames) == 11  # 0.4 seconds at 25 frames a second, and how it ends
    assert frames[0].std() > 5, "the frame is blank"

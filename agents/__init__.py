"""Who learns: stock PPO on preference rewards, the training loop and the command line."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stable_baselines3 import PPO


def load(folder: Path | str) -> "PPO":
    """Return the agent of a run, a stock `stable_baselines3.PPO`, as of its newest checkpoint.

    Args:
        folder: The run's folder.

    Raises:
        UserError: If the folder is no run, or has no whole checkpoint.
    """
    from .ppo import load_agent  # only here, so that the command line can say what is not installed

    return load_agent(Path(folder))

"""Who learns: stock PPO on preference rewards, the training loop and the command line."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stable_baselines3 import PPO


def load(folder: Path | str, steps: int | None = None) -> "PPO":
    """Return the agent of a run, a stock `stable_baselines3.PPO`.

    Args:
        folder: The run's folder.
        steps: As of how many environment steps, one of those that the files in `policies/` are
            named by; by default as of the newest checkpoint.

    Raises:
        UserError: If the folder is no run, or has no whole checkpoint or no such policy.
    """
    from .ppo import load_agent  # only here, so that the command line can say what is not installed

    return load_agent(Path(folder), steps)

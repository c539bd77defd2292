"""Filming TAMER at play."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from prefrl.clips import film_episode
from prefrl.seeding import integer_seed

from .model import load_model
from .player import make_tetris
from .training import read_tamer_settings


def film_tamer(
    folder: Path,
    path: Path,
    *,
    seconds: float = 10.0,
    progress: Callable[[float], None] = lambda share: None,
) -> None:
    """Film a game of a run of TAMER, as of its last finished game.

    Args:
        folder: The run's folder.
        path: The mp4 file to write.
        seconds: The longest duration of the film.
        progress: Called with the share done, in (0, 1].

    Raises:
        UserError: If the folder holds no model.
    """
    settings, model = read_tamer_settings(folder), load_model(folder)
    seed = integer_seed(settings.seed, "film")
    env = make_tetris(
        settings.env, settings.env_kwargs
    )  # the game that is filmed, since the model looks at the board
    env.reset(seed=seed)

    def act(_: Any) -> int:
        action = int(model.choose(env.games)[0])
        env.step(action)
        return action

    film_episode(
        path,
        settings.env,
        act,
        env_kwargs=settings.env_kwargs,
        seed=seed,
        seconds=seconds,
        progress=progress,
    )

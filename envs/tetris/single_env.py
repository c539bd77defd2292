"""One game of Tetris as a Gymnasium environment."""

from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from .actions import rewards, to_placements
from .errors import TetrisError
from .games import Games
from .observations import Observations, Observer, observation_space
from .pictures import Frame, draw_scene, write_scene
from .ratings import rate_placements
from .sequence import ALL
from .settings import Settings
from .snapshots import read_snapshot, take_snapshots

FIRST = np.zeros(1, np.int64)
"""The only board's index."""

RENDER_MODES = ["rgb_array", "ansi"]
METADATA: dict[str, Any] = {"render_modes": RENDER_MODES, "render_fps": 4}


class TetrisEnv(gymnasium.Env[dict[str, Any], np.int64]):
    """Tetris, a placement at a time.

    An action is the number of one of the current piece's placements, ordered by orientation and
    then by column; `prefrl.envs.tetris` has the rules and `Settings` the options. Observations are
    those of `observation_space`; `info` has action_mask, the lines and pieces so far, and
    segment_reward where a synthetic teacher judges by something else than the reward.

    Args:
        render_mode: "rgb_array", "ansi" or None.
        **settings: Fields of `Settings`.

    Raises:
        TetrisError: If a setting is impossible.
    """

    metadata = METADATA

    def __init__(self, render_mode: str | None = None, **settings: Any) -> None:
        """Set up an empty board."""
        self.settings = Settings(**settings)
        self.render_mode = check_render_mode(render_mode)
        self.games = Games(1, self.settings)
        self._observer = Observer(self.games)
        self._started = False
        self._rating = 0.0
        self.observation_space = observation_space(self.settings, self.games.placements)
        self.action_space = spaces.Discrete(self.games.placements.most)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Start a game; a seed determines the pieces of this and all following games."""
        super().reset(seed=seed, options=options)
        self.games.start(FIRST, [self.np_random])
        self._started, self._rating = True, 0.0
        return self._look()

    def step(
        self, action: np.int64 | int
    ) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """Place the current piece.

        Raises:
            IllegalPlacementError: If the action is not in the action space, or, with
                `illegal="raise"`, not among the piece's placements.
            gymnasium.error.ResetNeeded: If the game has not been started, or is lost.
        """
        if not self._started or self.games.lost[0]:
            raise gymnasium.error.ResetNeeded("the game is over or was never begun; call reset()")
        actions = np.asarray(action, np.int64).reshape(1)
        actions = to_placements(self.games, ALL, actions)
        if self.settings.judged_by == "dellacherie":
            self._rating = float(rate_placements(self.games, ALL, actions)[0])
        self.games.place(ALL, actions)
        observation, info = self._look()
        return observation, float(rewards(self.games)[0]), bool(self.games.lost[0]), False, info

    def action_masks(self) -> NDArray[np.bool_]:
        """Return which actions are placements of the current piece, `[K]`, for sb3-contrib."""
        masks: NDArray[np.bool_] = self._observer.masks()[0].astype(np.bool_)
        return masks

    def snapshot(self) -> NDArray[np.int32]:
        """Return what is needed to draw the board later."""
        snapshot: NDArray[np.int32] = take_snapshots(self.games)[0]
        return snapshot

    def draw(self, snapshot: NDArray[Any]) -> Frame:
        """Draw a snapshot of this or another environment with boards of this size.

        Raises:
            TetrisError: If its board is of another size.
        """
        return draw_scene(read_snapshot(snapshot, self.settings.width, self.settings.height))

    def render(self) -> Any:
        """Return the board as an image or as text, by the render mode."""
        if self.render_mode is None:
            return None
        return render_snapshot(self.snapshot(), self.settings, self.render_mode)

    def _look(self) -> tuple[dict[str, Any], dict[str, Any]]:
        observations: Observations = self._observer.observe()
        observation: dict[str, Any] = {key: value[0] for key, value in observations.items()}
        info: dict[str, Any] = {
            "action_mask": observation["action_mask"].astype(np.bool_),
            "lines": int(self.games.lines[0]),
            "pieces": int(self.games.count[0]),
        }
        if self.settings.judged_by == "dellacherie":
            info["segment_reward"] = self._rating
        return observation, info


def check_render_mode(mode: str | None) -> str | None:
    """Return a render mode.

    Raises:
        TetrisError: If it is unknown.
    """
    if mode is not None and mode not in RENDER_MODES:
        raise TetrisError(f"render_mode={mode!r} is impossible; it must be rgb_array or ansi")
    return mode


def render_snapshot(snapshot: NDArray[Any], settings: Settings, mode: str) -> Frame | str:
    """Render a snapshot as an image or as text."""
    scene = read_snapshot(snapshot, settings.width, settings.height)
    return draw_scene(scene) if mode == "rgb_array" else write_scene(scene)

"""Many games of Tetris as one Gymnasium vector environment, computed together."""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from .actions import rewards, to_placements
from .errors import TetrisError
from .games import Games, Indices
from .observations import Observations, Observer, observation_space
from .pictures import Frame, draw_scene
from .ratings import rate_placements
from .sequence import ALL, Selection
from .settings import Settings
from .single_env import METADATA, check_render_mode, render_snapshot
from .snapshots import read_snapshot, take_snapshots

Seeds = int | Sequence[int | None] | None
Infos = dict[str, Any]


class TetrisVectorEnv(VectorEnv[Observations, NDArray[np.int64], NDArray[Any]]):
    """Tetris on many boards at once; board i plays as `TetrisEnv` does with its seed.

    Args:
        num_envs: How many boards.
        render_mode: "rgb_array", "ansi" or None.
        max_episode_steps: Pieces after which a game is truncated, or None.
        autoreset_mode: What happens to boards whose game has ended; the values of Gymnasium's
            `AutoresetMode`.
        **settings: Fields of `Settings`.

    Raises:
        TetrisError: If a setting is impossible.
    """

    metadata = METADATA

    def __init__(
        self,
        num_envs: int = 1,
        render_mode: str | None = None,
        max_episode_steps: int | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        **settings: Any,
    ) -> None:
        """Set up empty boards."""
        if num_envs < 1:
            raise TetrisError(f"num_envs={num_envs} must be at least 1")
        self.settings = Settings(**settings)
        self.num_envs = num_envs
        self.render_mode = check_render_mode(render_mode)
        self.metadata = {**self.metadata, "autoreset_mode": AutoresetMode(autoreset_mode)}
        self._mode = AutoresetMode(autoreset_mode)
        self._horizon = max_episode_steps
        self.games = Games(num_envs, self.settings)
        self._observer = Observer(self.games)
        self._generators = [seeding.np_random()[0] for _ in range(num_envs)]
        self._ended = np.ones(num_envs, np.bool_)
        self._ratings = np.zeros(num_envs)
        self.single_observation_space = observation_space(self.settings, self.games.placements)
        self.single_action_space = spaces.Discrete(self.games.placements.most)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)

    def reset(
        self, *, seed: Seeds = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, Infos]:
        """Start games.

        Args:
            seed: One for each board, or a number from which they count up; None goes on with the
                random numbers as they are.
            options: `reset_mask`, `[num_envs]` bool, restricts the reset to some boards.

        Raises:
            TetrisError: If there are too few seeds, or the mask is none.
        """
        seeds = [None] * self.num_envs if seed is None else seed
        if isinstance(seeds, int | np.integer):
            seeds = [int(seeds) + board for board in range(self.num_envs)]
        if len(seeds) != self.num_envs:
            raise TetrisError(f"there are {len(seeds)} seeds for {self.num_envs} boards")
        mask = self._reset_mask(options or {})
        for board, own in enumerate(seeds):
            if mask[board] and own is not None:
                self._generators[board] = seeding.np_random(own)[0]
        self._restart(mask)
        return self._observer.observe(), self._infos(mask)

    def step(
        self, actions: NDArray[np.int64]
    ) -> tuple[Observations, NDArray[Any], NDArray[Any], NDArray[Any], Infos]:
        """Place every board's piece; with `NEXT_STEP`, start ended games instead.

        Raises:
            IllegalPlacementError: If an action is not in the action space, or, with
                `illegal="raise"`, not among its piece's placements.
            gymnasium.error.ResetNeeded: If a game has ended that is not started by itself.
        """
        actions = np.asarray(actions, np.int64)
        if actions.shape != (self.num_envs,):
            raise TetrisError(f"actions have the shape {actions.shape}, not ({self.num_envs},)")
        resting = self._ended
        if resting.any():
            if self._mode != AutoresetMode.NEXT_STEP:
                raise gymnasium.error.ResetNeeded("games have ended; call reset() with their mask")
            boards: Selection = np.flatnonzero(~resting)
            actions = actions[boards]
        else:
            boards = ALL
        actions = to_placements(self.games, boards, actions)
        if self.settings.judged_by == "dellacherie":
            self._ratings[boards] = rate_placements(self.games, boards, actions)
        self.games.place(boards, actions)
        earned = np.where(resting, 0.0, rewards(self.games))
        terminations = self.games.lost & ~resting
        truncations = np.zeros(self.num_envs, np.bool_)
        if self._horizon is not None:
            truncations = (self.games.count >= self._horizon) & ~resting
        self._restart(resting)
        self._ended = terminations | truncations
        observations, infos = self._finish()
        return observations, earned, terminations, truncations, infos

    def action_masks(self) -> NDArray[np.bool_]:
        """Return which actions are placements of the boards' pieces, `[num_envs, K]`."""
        return self._observer.masks().astype(np.bool_)

    def snapshot(self) -> NDArray[np.int32]:
        """Return what is needed to draw each board later, `[num_envs, S]`."""
        return take_snapshots(self.games)

    def draw(self, snapshot: NDArray[Any]) -> Frame:
        """Draw a snapshot of one board of this size.

        Raises:
            TetrisError: If it is of another size.
        """
        return draw_scene(read_snapshot(snapshot, self.settings.width, self.settings.height))

    def render(self) -> tuple[Any, ...] | None:
        """Return every board as an image or as text, by the render mode."""
        if self.render_mode is None:
            return None
        mode = self.render_mode
        return tuple(render_snapshot(one, self.settings, mode) for one in self.snapshot())

    def _finish(self) -> tuple[Observations, Infos]:
        # With SAME_STEP, ended games are looked at once more before they start again.
        everywhere = np.ones(self.num_envs, np.bool_)
        if self._mode != AutoresetMode.SAME_STEP or not self._ended.any():
            return self._observer.observe(), self._infos(everywhere)
        ended, boards = self._ended, np.flatnonzero(self._ended)
        last, last_infos = self._observer.observe(boards), self._infos(ended)
        final = np.full(self.num_envs, None, dtype=object)
        for row, board in enumerate(boards):
            final[board] = {key: value[row] for key, value in last.items()}
        self._restart(ended)
        infos = self._infos(everywhere)
        infos |= {"final_obs": final, "_final_obs": ended.copy()}
        infos |= {"final_info": last_infos, "_final_info": ended}
        return self._observer.observe(), infos

    def _restart(self, boards: NDArray[np.bool_]) -> None:
        chosen: Indices = np.flatnonzero(boards)
        if len(chosen):
            self.games.start(chosen, [self._generators[board] for board in chosen])
            self._ended = self._ended & ~boards
            self._ratings[chosen] = 0

    def _infos(self, boards: NDArray[np.bool_]) -> Infos:
        infos: Infos = {
            "action_mask": self.action_masks() & boards[:, None],
            "lines": self.games.lines * boards,
            "pieces": self.games.count * boards,
        }
        if self.settings.judged_by == "dellacherie":
            infos["segment_reward"] = self._ratings * boards
        return infos | {f"_{key}": boards.copy() for key in infos}

    def _reset_mask(self, options: dict[str, Any]) -> NDArray[np.bool_]:
        mask = options.get("reset_mask")
        if mask is None:
            return np.ones(self.num_envs, np.bool_)
        if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_ or not mask.any():
            raise TetrisError("reset_mask must be an array of bool with at least one True")
        if mask.shape != (self.num_envs,):
            raise TetrisError(f"reset_mask has the shape {mask.shape}, not ({self.num_envs},)")
        return mask

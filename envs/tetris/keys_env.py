"""One game of Tetris as a Gymnasium environment, a key at a time."""

from enum import IntEnum
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from .actions import rewards
from .boards import Columns, unpack
from .errors import IllegalPlacementError, TetrisError
from .games import Games
from .pictures import Frame, draw_scene
from .settings import Settings
from .single_env import FIRST, METADATA, check_render_mode, render_snapshot
from .snapshots import FALLING, HEADER, read_snapshot, take_snapshots


class Key(IntEnum):
    """The actions."""

    LEFT = 0
    RIGHT = 1
    ROTATE = 2
    SOFT_DROP = 3
    HARD_DROP = 4


class TetrisKeysEnv(gymnasium.Env[dict[str, Any], np.int64]):
    """Tetris by single moves of the falling piece, on the rules of `prefrl.envs.tetris`.

    - A piece enters lying just above the board, in the middle.
    - `Key.LEFT` and `Key.RIGHT` move it by a column. `Key.ROTATE` turns it clockwise about its
      lower left corner, moved left where the wall asks for it. What there is no room for does
      nothing.
    - `Key.SOFT_DROP` lowers it by a row, `Key.HARD_DROP` down to where it rests. A piece that
      cannot be lowered becomes part of the wall. So pieces can be slid under overhangs.
    - With gravity, every other key lowers the piece by a row afterwards.

    Observations: board and falling, `[height, width]` of 0 and 1, the uppermost row first; piece;
    orientation; left, the column of the piece's left edge; row, that of its lower edge, from 0;
    and next_piece, if it is shown. Reward and end are those of `TetrisEnv`, when a piece settles.

    Args:
        render_mode: "rgb_array", "ansi" or None.
        gravity: Whether pieces fall by themselves.
        **settings: Fields of `Settings` but features and illegal, which mean nothing here.

    Raises:
        TetrisError: If a setting is impossible.
    """

    metadata = METADATA | {"render_fps": 15}

    def __init__(
        self, render_mode: str | None = None, gravity: bool = True, **settings: Any
    ) -> None:
        """Set up an empty board."""
        if found := {"features", "illegal"} & settings.keys():
            raise TetrisError(f"{min(found)} means nothing to single keys; leave it out")
        self.settings = Settings(**settings)
        self.render_mode = check_render_mode(render_mode)
        self._gravity = gravity
        self.games = Games(1, self.settings)
        self._started = False
        self._orientation = self._left = self._row = 0
        self.action_space = spaces.Discrete(len(Key))
        self.observation_space = self._space()

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Start a game; a seed determines the pieces of this and all following games."""
        super().reset(seed=seed, options=options)
        self.games.start(FIRST, [self.np_random])
        self._started = True
        self._enter()
        return self._look(), self._info()

    def step(
        self, action: np.int64 | int
    ) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        """Press a key.

        Raises:
            IllegalPlacementError: If the action is no `Key`.
            gymnasium.error.ResetNeeded: If the game has not been started, or is lost.
        """
        if not self._started or self.games.lost[0]:
            raise gymnasium.error.ResetNeeded("the game is over or was never begun; call reset()")
        if not 0 <= int(action) < len(Key):
            raise IllegalPlacementError(f"action {action} is no key; keys are 0 to {len(Key) - 1}")
        before = int(self.games.count[0])
        self._press(Key(int(action)))
        settled = int(self.games.count[0]) > before
        earned = float(rewards(self.games)[0]) if settled else 0.0
        return self._look(), earned, bool(self.games.lost[0]), False, self._info()

    def snapshot(self) -> NDArray[np.int32]:
        """Return what is needed to draw the board and the falling piece later."""
        snapshot: NDArray[np.int32] = take_snapshots(self.games)[0]
        falling = unpack(self._cells(), self.settings.height).ravel()
        snapshot[HEADER:][falling > 0] = FALLING
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

    def _press(self, key: Key) -> None:
        if key is Key.HARD_DROP:
            while self._move(self._orientation, self._left, self._row - 1):
                pass
            self._settle()
            return
        if key is Key.LEFT:
            self._move(self._orientation, self._left - 1, self._row)
        elif key is Key.RIGHT:
            self._move(self._orientation, self._left + 1, self._row)
        elif key is Key.ROTATE:
            self._turn()
        if (key is Key.SOFT_DROP or self._gravity) and not self._move(
            self._orientation, self._left, self._row - 1
        ):
            self._settle()

    def _turn(self) -> None:
        turned = (self._orientation + 1) % len(self._placements_of_piece())
        room = int(self._placements_of_piece()[turned])
        self._move(turned, min(self._left, room - 1), self._row)

    def _move(self, orientation: int, left: int, row: int) -> bool:
        # Moves the piece if there is room for it, and says whether there was.
        if row < 0 or not 0 <= left < self._placements_of_piece()[orientation]:
            return False
        if (self._cells_at(orientation, left, row) & self.games.columns).any():
            return False
        self._orientation, self._left, self._row = orientation, left, row
        return True

    def _settle(self) -> None:
        self.games.settle(self._cells())
        self._enter()

    def _enter(self) -> None:
        self._orientation, self._row = 0, self.settings.height
        self._left = int(self._placements_of_piece()[0] - 1) // 2

    def _placements_of_piece(self) -> NDArray[np.int64]:
        # How many columns each orientation of the current piece fits in.
        placements, piece = self.games.placements, self.games.piece[0]
        first = placements.first[piece]
        return np.bincount(placements.orientation[first : first + placements.counts[piece]])

    def _cells(self) -> Columns:
        return self._cells_at(self._orientation, self._left, self._row)

    def _cells_at(self, orientation: int, left: int, row: int) -> Columns:
        before = int(self._placements_of_piece()[:orientation].sum())
        index = int(self.games.placements.first[self.games.piece[0]]) + before + left
        cells: Columns = self.games.placements.bits[:, index : index + 1] << row
        return cells

    def _look(self) -> dict[str, Any]:
        height = self.settings.height
        observation: dict[str, Any] = {
            "board": unpack(self.games.columns, height)[0],
            "falling": unpack(self._cells(), height)[0],
            "piece": self.games.piece[0],
            "orientation": np.int64(self._orientation),
            "left": np.int64(self._left),
            "row": np.int64(self._row),
        }
        if self.settings.next_piece:
            observation["next_piece"] = self.games.next_piece[0]
        return observation

    def _info(self) -> dict[str, Any]:
        return {"lines": int(self.games.lines[0]), "pieces": int(self.games.count[0])}

    def _space(self) -> spaces.Dict:
        height, width = self.settings.height, self.settings.width
        parts: dict[str, spaces.Space[Any]] = {
            "board": spaces.MultiBinary((height, width)),
            "falling": spaces.MultiBinary((height, width)),
            "piece": spaces.Discrete(len(self.settings.pieces)),
            "orientation": spaces.Discrete(4),
            "left": spaces.Discrete(width),
            "row": spaces.Discrete(height + 1),
        }
        if self.settings.next_piece:
            parts["next_piece"] = spaces.Discrete(len(self.settings.pieces))
        return spaces.Dict(parts)

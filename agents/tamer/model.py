"""TAMER's linear model of the reinforcement that people give."""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from prefrl.candidates import chosen_rows
from prefrl.envs.tetris.afterstates import boards_as_they_are
from prefrl.envs.tetris.boards import Columns, column_dtype, pack
from prefrl.envs.tetris.controllers import best_placements
from prefrl.envs.tetris.features import feature_set
from prefrl.envs.tetris.games import Games, Indices
from prefrl.errors import UserError
from prefrl.trees import Array, Tree

FILE = "reinforcement.json"
"""The model's file in the folder of a run."""

FEATURES = "knox"
"""The features that a model reads unless it is told otherwise."""


class ReinforcementModel:
    """Predicts reinforcement from what a placement changes: a weighted sum of φ(s') − φ(s).

    Args:
        width: Columns of the board.
        features: The name of the feature set φ.

    Attributes:
        weights: One for each feature, `[F]`, 0 at first.
        bias: What is added, 0 at first.
    """

    def __init__(self, width: int = 10, features: str = FEATURES) -> None:
        """Predict nothing yet."""
        self.width, self.features = width, features
        self._describe = feature_set(features).compute
        self.forget()

    def forget(self) -> None:
        """Predict 0 for everything."""
        self.weights = np.zeros(len(feature_set(self.features).names(self.width)))
        self.bias = 0.0

    def values(self, changes: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the reinforcement predicted for changes, `[...]` for `[..., F]`."""
        values: NDArray[np.float64] = changes.astype(np.float64) @ self.weights + self.bias
        return values

    def learn(self, change: NDArray[np.float32], label: float, step_size: float) -> None:
        """Move the prediction for a change towards a label, by one step down the squared error.

        Args:
            change: `[F]`.
            label: The reinforcement that was given.
            step_size: How far; w ← w + step_size (label − prediction) x.
        """
        exact = change.astype(np.float64)
        move = step_size * (label - (exact @ self.weights + self.bias))
        self.weights += move * exact
        self.bias += float(move)

    def board_features(self, columns: Columns, height: int) -> NDArray[np.float32]:
        """Return φ(s) of boards as they are, `[B, F]`.

        Args:
            columns: The boards, `[width, B]`.
            height: Their rows.
        """
        rows: NDArray[np.float32] = self._describe(boards_as_they_are(columns, height)).T
        return rows

    def candidates(self, games: Games) -> NDArray[np.float32]:
        """Return φ(s') of all placements of all games' pieces, `[F, N]`."""
        return self._describe(games.afterstates)

    def choose(self, games: Games) -> Indices:
        """Choose the placement with the highest prediction on every board, `[B]`.

        One that loses is chosen only where all do; in Knox's Tetris, pieces cannot be placed so.
        φ(s) and the bias are the same for all placements of a piece, so they are left out.
        """
        return best_placements(self.weights @ self.candidates(games), games)

    def predict(self, observations: Tree, actions: Array) -> NDArray[np.float32]:
        """Return the reinforcement predicted for actions, as a reward.

        Args:
            observations: Of Tetris with this model's φ: board `[..., height, width]`, candidates
                `[..., K, F]`.
            actions: `[...]`; those that the piece has not are taken as the game does, wrapped.

        Returns:
            `[...]`.
        """
        assert isinstance(observations, dict)
        boards = np.asarray(observations["board"])
        shape, (height, width) = boards.shape[:-2], boards.shape[-2:]
        columns = pack(boards.reshape(-1, height, width), column_dtype(height))
        before = self.board_features(columns, height).reshape(*shape, -1)
        taken = np.asarray(actions) % observations["action_mask"].sum(axis=-1)
        return self.values(chosen_rows(observations, taken) - before).astype(np.float32)

    def save(self, folder: Path) -> None:
        """Write the model to a folder, as JSON; numbers are read back to the last bit."""
        described = {
            "features": self.features,
            "width": self.width,
            "weights": self.weights.tolist(),
            "bias": self.bias,
        }
        partial = folder / f"{FILE}.partial"
        partial.write_text(json.dumps(described, indent=1) + "\n")
        partial.replace(folder / FILE)


def load_model(folder: Path | str) -> ReinforcementModel:
    """Return the model of a run of TAMER, as of its last game.

    Args:
        folder: The run's folder.

    Raises:
        UserError: If there is no readable model in the folder.
    """
    path = Path(folder) / FILE
    try:
        described = json.loads(path.read_text())
        model = ReinforcementModel(described["width"], described["features"])
        weights = np.array(described["weights"], np.float64)
        if weights.shape != model.weights.shape:
            raise ValueError(f"{weights.shape} weights for {model.weights.shape} features")
        model.weights, model.bias = weights, float(described["bias"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} is no readable model of TAMER ({type(error).__name__}: {error}); "
            "name the folder of a run with --agent tamer that has finished a game"
        ) from error
    return model

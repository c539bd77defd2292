"""What goes wrong when Tetris is asked for something that it has not got."""

import gymnasium


class TetrisError(gymnasium.error.Error, ValueError):
    """An impossible board, an unknown name or a foreign snapshot; says what is right."""


class IllegalPlacementError(gymnasium.error.InvalidAction, ValueError):
    """A placement that the current piece has not got."""

"""The worlds; importing this registers their ids with Gymnasium."""

from .mujoco import register_robots
from .tetris.registration import register_tetris

register_robots()
register_tetris()

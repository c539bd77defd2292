"""The worlds; importing this registers their ids with Gymnasium."""

from .mujoco import register_robots
from .tetris.registration import register_tetris
from .text.registration import register_text

register_robots()
register_tetris()
register_text()

"""The worlds; importing this registers their ids with Gymnasium."""

from .mujoco import register_robots

register_robots()

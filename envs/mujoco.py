"""The eight robots of Christiano et al. 2017 with episodes of fixed length.

Appendix A.1 of the paper removes early ends, replacing them by a penalty, and the costs of
control. Here that is done by keyword arguments of Gymnasium's v5 environments: Hopper and Walker2d
lose their healthy reward while they are down, which is the penalty; an Ant's healthy reward is
dropped, since standing idle would earn it in full.
"""

from dataclasses import dataclass, field
from typing import Any

import gymnasium
from gymnasium.envs.registration import WrapperSpec


@dataclass(frozen=True)
class Robot:
    """A task: Gymnasium's environment, its arguments, and the steps of an episode."""

    entry_point: str
    kwargs: dict[str, Any] = field(default_factory=dict)
    horizon: int = 1000
    drop_terminated: bool = False


_GYMNASIUM = "gymnasium.envs.mujoco"
_FREE = {"ctrl_cost_weight": 0.0}
_STAYING = {"terminate_when_unhealthy": False, **_FREE}

ROBOTS = {
    "HalfCheetah": Robot(f"{_GYMNASIUM}.half_cheetah_v5:HalfCheetahEnv", _FREE),
    "Hopper": Robot(f"{_GYMNASIUM}.hopper_v5:HopperEnv", _STAYING),
    "Walker2d": Robot(f"{_GYMNASIUM}.walker2d_v5:Walker2dEnv", _STAYING),
    "Ant": Robot(f"{_GYMNASIUM}.ant_v5:AntEnv", {"healthy_reward": 0.0, **_STAYING}),
    "Swimmer": Robot(f"{_GYMNASIUM}.swimmer_v5:SwimmerEnv", _FREE),
    "Reacher": Robot(
        f"{_GYMNASIUM}.reacher_v5:ReacherEnv", {"reward_control_weight": 0.0}, horizon=50
    ),
    "InvertedPendulum": Robot(
        f"{_GYMNASIUM}.inverted_pendulum_v5:InvertedPendulumEnv", drop_terminated=True
    ),
    "InvertedDoublePendulum": Robot(
        f"{_GYMNASIUM}.inverted_double_pendulum_v5:InvertedDoublePendulumEnv", drop_terminated=True
    ),
}


def register_robots() -> None:
    """Register each robot as `prefrl/NAME-v0`; nothing heavy is imported until one is made."""
    for name, robot in ROBOTS.items():
        gymnasium.register(
            f"prefrl/{name}-v0",
            robot.entry_point,
            max_episode_steps=robot.horizon,
            kwargs=robot.kwargs,
            additional_wrappers=(_FIXED_HORIZON,) if robot.drop_terminated else (),
        )


_FIXED_HORIZON = WrapperSpec("FixedHorizon", "prefrl.envs.fixed_horizon:FixedHorizon", {})

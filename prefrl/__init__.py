"""Reinforcement learning from preferences."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prefrl.learned_reward import LearnedReward
    from prefrl.online_reward import OnlineReward
    from prefrl.reward_files import load_reward, save_reward
    from prefrl.vector_learned_reward import VectorLearnedReward

__all__ = ["LearnedReward", "OnlineReward", "VectorLearnedReward", "load_reward", "save_reward"]

_HOMES = {
    "LearnedReward": "learned_reward",
    "OnlineReward": "online_reward",
    "VectorLearnedReward": "vector_learned_reward",
    "load_reward": "reward_files",
    "save_reward": "reward_files",
}


def __getattr__(name: str) -> Any:
    # Only when asked for, since they import torch, which registering environments need not.
    if name not in _HOMES:
        raise AttributeError(f"module 'prefrl' has no attribute {name!r}")
    return getattr(importlib.import_module(f"prefrl.{_HOMES[name]}"), name)

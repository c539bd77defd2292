"""Replay buffers whose rewards are those of the reward model as it is now."""

from typing import Any

from gymnasium import spaces
from stable_baselines3.common.buffers import DictReplayBuffer, ReplayBuffer

from prefrl.reward_source import RewardPredictor
from prefrl.trees import Array, tree_map


class _Relabelling(ReplayBuffer):
    """Computes rewards when a batch is drawn, so that none is older than the last fit.

    PEBBLE (Lee et al. 2021, arXiv 2106.05091) relabels its whole buffer after every
    fit; this gives an off-policy agent the same rewards. Not for VecNormalize, under which batches
    do not hold what the environment gave.

    Args:
        reward: What gives the rewards.
    """

    def __init__(self, *args: Any, reward: RewardPredictor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reward = reward

    def _get_samples(self, batch_inds: Array, env: Any = None) -> Any:
        # Off-policy agents of Stable-Baselines3 store actions scaled to [-1, 1].
        samples: Any = super()._get_samples(batch_inds, env)
        observations: Any = samples.observations
        if isinstance(observations, dict):
            observations = tree_map(lambda leaf: leaf.numpy(force=True), observations)
        else:
            observations = observations.numpy(force=True)
        actions = self._unscaled(samples.actions.numpy(force=True))
        rewards = self.to_torch(self._reward.predict(observations, actions)[:, None])
        return samples._replace(rewards=rewards)

    def _unscaled(self, actions: Array) -> Array:
        space = self.action_space
        if isinstance(space, spaces.Box):
            unscaled: Array = space.low + 0.5 * (actions + 1) * (space.high - space.low)
            return unscaled.clip(space.low, space.high)
        return actions.reshape(-1, *space.shape) if space.shape else actions[:, 0]


class RelabellingReplayBuffer(_Relabelling):
    """For observations that are one array."""


class RelabellingDictReplayBuffer(_Relabelling, DictReplayBuffer):
    """For observations that are a dictionary of arrays."""

"""What becomes of rewards between the reward model and the agent."""

from typing import Any, Protocol

from stable_baselines3 import PPO

from prefrl.trees import Array

from .metrics import Metrics
from .policies.causal_lm import CausalLMPolicy
from .recording_env import Rollout
from .return_scaling import ReturnScaler
from .settings import RunSettings
from .text.penalties import TextPenalties
from .text.token_rollout_buffer import TokenRolloutBuffer


class RewardShaping(Protocol):
    """What becomes of rewards before the agent trains on them: scaled, or less penalties."""

    def __call__(self, rewards: Array, rollout: Rollout) -> Array:
        """Return what the agent gets for a rollout, `[T, N]`, of rewards `[T, N]`."""

    def restart(self) -> None:
        """Start new episodes, after a reset of the environments."""

    def metrics(self) -> Metrics:
        """Return what is worth knowing of the rollouts since the last restart."""

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint between rounds needs, as JSON values."""

    def load_state(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned."""


def make_shaping(settings: RunSettings, agent: PPO) -> RewardShaping:
    """Return what suits a run: texts have penalties, all other rewards are scaled.

    Args:
        settings: The run's.
        agent: Whose rewards they are.
    """
    if settings.language is None:
        return ReturnScaler(settings.ppo.num_envs, settings.ppo.gamma)
    assert agent.env is not None
    end_token = agent.env.get_attr("task")[0].tokenizer.end
    buffer = agent.rollout_buffer
    assert isinstance(buffer, TokenRolloutBuffer)
    policy = agent.policy
    assert isinstance(policy, CausalLMPolicy)
    return TextPenalties(
        settings.language,
        settings.ppo.num_envs,
        end_token,
        lambda: buffer.log_ratios(policy),
    )

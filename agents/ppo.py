"""Stock PPO, set up for rewards that come at the end of a rollout."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import RolloutBuffer
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.policies import ActorCriticPolicy
from stable_baselines3.common.vec_env import VecEnv

from prefrl.candidates import row_space
from prefrl.checkpoints import newest_checkpoint
from prefrl.environments import make
from prefrl.tensors import load_module
from prefrl.text_spaces import is_text
from prefrl.trees import Array

from .observation_features import features_class, update_features
from .policies.candidates import CandidatePolicy
from .policies.causal_lm import CausalLMPolicy
from .policy_snapshots import load_snapshot
from .rollout_buffer import DeferredRewardBuffer, DeferredRewardDictBuffer
from .run_folder import read_settings
from .settings import PPOSettings
from .single_envs import SingleEnvs
from .text.policy import text_policy_kwargs
from .text.settings import LanguageSettings
from .text.starting_model import located_language
from .text.token_rollout_buffer import TokenRolloutBuffer


def make_ppo(
    env: VecEnv,
    settings: PPOSettings,
    *,
    rewards: Callable[[], Array],
    language: LanguageSettings | None = None,
    seed: int = 0,
) -> PPO:
    """Return a Stable-Baselines3 PPO whose rewards are asked for once per rollout.

    Args:
        env: Training environments that give reward 0.
        settings: PPO's hyper-parameters.
        rewards: Returns the rewards of the rollout that has just ended, `[T, N]`.
        language: How a language model is trained, where the environments write texts.
        seed: Determines the initial weights.

    Raises:
        UserError: If there is no language model in its folder.
    """
    buffer_kwargs: dict[str, Any] = {"rewards": rewards}
    if language is None:
        policy_kwargs = _policy_kwargs(env.observation_space, env.action_space, settings)
    else:
        policy_kwargs = text_policy_kwargs(language, env.action_space)
        buffer_kwargs["masks"] = lambda: agent.policy.last_masks
    agent: PPO = PPO(
        _policy(env.observation_space, env.action_space),
        env,
        learning_rate=_learning_rate(settings),
        n_steps=settings.n_steps,
        batch_size=settings.batch_size,
        n_epochs=settings.n_epochs,
        gamma=settings.gamma,
        gae_lambda=settings.gae_lambda,
        clip_range=settings.clip_range,
        ent_coef=settings.ent_coef,
        vf_coef=settings.vf_coef,
        max_grad_norm=settings.max_grad_norm,
        rollout_buffer_class=_buffer(env.observation_space, env.action_space),
        rollout_buffer_kwargs=buffer_kwargs,
        policy_kwargs=policy_kwargs,
        seed=seed,
        device="cpu",
    )
    agent.set_logger(Logger(None, []))  # the default one leaves an empty folder behind
    return agent


def _learning_rate(settings: PPOSettings) -> float | Callable[[float], float]:
    if not settings.annealed:
        return settings.learning_rate
    return lambda remaining: remaining * settings.learning_rate


def update_normalisation(agent: PPO) -> None:
    """Take the rollout just trained on into the policy's observation statistics, if it has any."""
    policy = agent.policy
    if isinstance(policy, CausalLMPolicy):
        return
    update_features(
        policy.features_extractor, policy.observation_space, agent.rollout_buffer.observations
    )


def load_agent(folder: Path, steps: int | None = None) -> PPO:
    """Return the agent of a run.

    Args:
        folder: The run's folder.
        steps: As of which of the run's policy snapshots (see `snapshot_steps`); by default as of
            the newest checkpoint.

    Raises:
        UserError: If the folder is no run, or has no whole checkpoint or no such snapshot.
    """
    settings = read_settings(folder)
    env = SingleEnvs([make(settings.env, settings.env_kwargs)])
    # One environment fills one n-th of the run's rollout, which its minibatches need not fit.
    ppo = dataclasses.replace(settings.ppo, batch_size=settings.ppo.n_steps)
    language = located_language(settings, folder)
    agent = make_ppo(env, ppo, rewards=lambda: np.zeros(()), language=language, seed=settings.seed)
    if steps is None:
        load_module(newest_checkpoint(folder) / "policy.safetensors", agent.policy)
    else:
        load_snapshot(folder, steps, agent.policy)
    return agent


def _policy(
    observation_space: gymnasium.Space[Any], action_space: gymnasium.Space[Any]
) -> str | type[ActorCriticPolicy]:
    if is_text(observation_space, action_space):
        return CausalLMPolicy
    if row_space(observation_space, action_space) is not None:
        return CandidatePolicy
    return "MultiInputPolicy" if isinstance(observation_space, spaces.Dict) else "MlpPolicy"


def _buffer(
    observation_space: gymnasium.Space[Any], action_space: gymnasium.Space[Any]
) -> type[RolloutBuffer]:
    if is_text(observation_space, action_space):
        return TokenRolloutBuffer
    is_dict = isinstance(observation_space, spaces.Dict)
    return DeferredRewardDictBuffer if is_dict else DeferredRewardBuffer


def _policy_kwargs(
    observation_space: gymnasium.Space[Any],
    action_space: gymnasium.Space[Any],
    settings: PPOSettings,
) -> dict[str, Any]:
    kwargs: dict[str, Any] = {"net_arch": list(settings.hidden)}
    if row_space(observation_space, action_space) is None:
        kwargs["features_extractor_class"] = features_class(observation_space)
    if isinstance(action_space, spaces.Box):
        kwargs["log_std_init"] = settings.log_std_init
    return kwargs

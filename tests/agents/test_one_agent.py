"""One agent for robots, Tetris and texts."""

import gymnasium
import numpy as np
import pytest
from stable_baselines3 import PPO

import prefrl.envs  # noqa: F401  # registers the ids
from prefrl.agents.policies.candidates import CandidatePolicy
from prefrl.agents.policies.causal_lm import CausalLMPolicy
from prefrl.agents.ppo import make_ppo
from prefrl.agents.recording_env import RecordingVecEnv
from prefrl.agents.settings import PPOSettings
from prefrl.agents.text.settings import LanguageSettings
from prefrl.agents.worlds import make_worlds

SETTINGS = PPOSettings(num_envs=2, n_steps=8, batch_size=16, n_epochs=1)


@pytest.mark.parametrize(
    ("env_id", "policy"),
    [
        ("prefrl/HalfCheetah-v0", None),
        ("prefrl/Tetris-v0", CandidatePolicy),
        ("prefrl/Sentiment-v0", CausalLMPolicy),
    ],
)
def test_the_agent_is_stock_ppo(env_id: str, policy: type | None) -> None:
    env = RecordingVecEnv(make_worlds(gymnasium.make(env_id), env_id, {}, 2, drawn=False))
    language = LanguageSettings() if policy is CausalLMPolicy else None
    agent = make_ppo(env, SETTINGS, rewards=lambda: np.zeros((8, 2)), language=language)
    assert type(agent) is PPO
    assert policy is None or type(agent.policy) is policy
    agent.learn(16)
    assert agent._n_updates == 1

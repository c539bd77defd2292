"""What the policy reads of images and dictionaries."""

from typing import Any

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from stable_baselines3 import PPO
from stable_baselines3.common.buffers import DictRolloutBuffer

from prefrl.agents.normalized_features import NormalizedFeatures
from prefrl.agents.observation_features import ObservationFeatures
from prefrl.agents.ppo import make_ppo, update_normalisation
from prefrl.agents.recording_env import RecordingVecEnv
from prefrl.agents.settings import PPOSettings
from prefrl.agents.single_envs import SingleEnvs
from prefrl.recording import SegmentRecorder
from prefrl.segments import Segment

IMAGE = spaces.Box(0, 255, (40, 44, 3), np.uint8)
SYMBOLS = spaces.Box(0, 255, (5, 5, 3), np.uint8)
VECTOR = spaces.Box(-np.inf, np.inf, (2,))
SPACES: list[spaces.Space[Any]] = [
    IMAGE,
    spaces.Box(0, 255, (210, 160), np.uint8),
    SYMBOLS,
    VECTOR,
    spaces.Box(-1, 1, (2, 3)),
    spaces.Discrete(4),
    spaces.Dict({"image": IMAGE, "symbols": SYMBOLS, "vector": VECTOR, "n": spaces.Discrete(3)}),
]


class Sampling(gymnasium.Env[Any, Any]):
    """Observes samples of its space."""

    action_space = spaces.MultiBinary(2)

    def __init__(self, space: spaces.Space[Any]) -> None:
        self.observation_space = space

    def reset(self, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        self.observation_space.seed(kwargs.get("seed"))
        return self.observation_space.sample(), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        return self.observation_space.sample(), 0.0, False, False, {}


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_stock_ppo_trains_on_it_and_segments_are_as_the_environment_gave(
    space: spaces.Space[Any],
) -> None:
    segments = list[Segment]()
    recorder = SegmentRecorder(2, 4, segments.append)
    env = RecordingVecEnv(SingleEnvs([Sampling(space), Sampling(space)]), recorder=recorder)
    settings = PPOSettings(num_envs=2, n_steps=8, batch_size=16, n_epochs=1, hidden=(8,))
    agent = make_ppo(env, settings, rewards=lambda: np.ones((8, 2)))
    agent.learn(16)
    update_normalisation(agent)
    assert type(agent) is PPO
    observation = env.reset()
    assert agent.predict(observation)[0].shape == (2, 2)
    seen = segments[0].observations
    parts = seen.items() if isinstance(seen, dict) else [("", seen)]
    for key, frames in parts:
        expected = space[key] if isinstance(space, spaces.Dict) else space
        assert frames.shape == (4, *(expected.shape or ()))


def test_the_vector_of_a_dictionary_is_normalised_between_rollouts() -> None:
    space = spaces.Dict({"vector": VECTOR, "n": spaces.Discrete(3)})
    env = RecordingVecEnv(SingleEnvs([Sampling(space), Sampling(space)]))
    settings = PPOSettings(num_envs=2, n_steps=8, batch_size=16, n_epochs=1, hidden=(8,))
    agent = make_ppo(env, settings, rewards=lambda: np.ones((8, 2)))
    agent.learn(16)
    features = agent.policy.features_extractor
    assert isinstance(features, ObservationFeatures)
    vectors = features.parts[features.names.index("vector")]
    assert isinstance(vectors, NormalizedFeatures)
    assert vectors.count == 0
    update_normalisation(agent)
    assert vectors.count == 16
    buffer = agent.rollout_buffer
    assert isinstance(buffer, DictRolloutBuffer)
    seen = buffer.observations["vector"].reshape(-1, 2)
    np.testing.assert_allclose(vectors.mean.numpy(), seen.mean(0), 1e-5)
